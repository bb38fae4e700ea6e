"""A trace that an application returns: kept with its answer, judged, and free of secrets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from conftest import Project
from servers.service import BotService

BOT = """
import json, os, sys

def spans(key):
    return [
        {"name": "agent", "id": "1", "duration_ms": 30},
        {"name": "search", "id": "2", "parent": "1", "duration_ms": 5, "error": "key " + key},
    ]

def answer(prompt):
    return {"output": "hello", "trace": spans(os.environ["BOT_API_KEY"])}

def none(prompt):
    return {"output": "hello"}

def bad(prompt):
    return {"output": "hello", "trace": "4bf92f35"}

if __name__ == "__main__":
    print(json.dumps(answer(sys.stdin.read())))
"""
CASE = """\
tests:
  - name: A
    prompt: you
    assertions:
      - {type: span_count, min: 2, max: 2}
      - {type: span_duration, name: agent, max_ms: 30}
      - {type: no_error_spans, name: agent}
"""


@pytest.fixture
def service() -> Iterator[BotService]:
    with BotService() as started:
        yield started


def test_every_kind_of_application_returns_a_trace(
    project: Project, service: BotService, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "canary-of-the-bot"
    monkeypatch.setenv("BOT_API_KEY", secret)
    project.pytester.makepyfile(bot=BOT)
    sent = json.dumps({"said": "{{ prompt }}", "spans": [{"name": "agent", "duration_ms": 3}] * 2})
    project.write(
        arena=f"""\
providers:
  - {{name: function, provider: python, call: "bot:answer"}}
  - {{name: other, provider: python, call: "bot:answer", venv: {sys.executable}}}
  - {{name: program, provider: exec, command: [{sys.executable}, bot.py]}}
  - {{name: service, provider: http, url: "{service.url}/mirror", output: said, trace: spans,
      body: {sent}}}
  - {{name: untold, provider: python, call: "bot:none"}}
  - {{name: odd, provider: python, call: "bot:bad"}}
"""
        + CASE
    )
    project.run("--arena-report=html,json").assert_outcomes(passed=4, errors=2)
    trials = project.first_trials()
    for name in ("function", "other", "program"):
        first, second = trials[name]["responses"][0]["trace"]["spans"]
        assert (first["name"], second["parent"], second["error"][:3]) == ("agent", "1", "key")
    reasons = {one["reason"] for one in trials["untold"]["assertions"]}
    assert reasons == {"the application returned no trace"}
    assert trials["odd"]["error"]["message"].startswith(
        "bot:bad returned a trace that holds no span: '4bf92f35'"
    )
    for file in project.path.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_a_python_test_checks_the_trace_of_its_own_answer(project: Project) -> None:
    project.pytester.makepyfile(
        """
        import pytest

        SPANS = [{"name": "search", "duration_ms": 5}]

        def test_it(arena):
            arena.check({"output": "hello", "trace": SPANS}, span_count={"max": 1})

        def test_no_trace(arena):
            with pytest.raises(Exception, match="the application returned no trace"):
                arena.check("hello", span_count={"max": 1})

        def test_odd(arena):
            arena.check({"output": "hello", "trace": 7}, span_count={"max": 1})
        """
    )
    result = project.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*the answer returned a trace that holds no span: int"])
