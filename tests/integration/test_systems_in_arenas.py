"""What an arena does for applications, whatever kind they are: keys, recordings, budgets, load."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Project
from servers.service import BotService

BOT = """
import asyncio


def hello(prompt):
    return f"hello {prompt}"


async def later(prompt):
    await asyncio.sleep(0)
    return f"hello {prompt}"


def whole(prompt):
    return {"output": "hello", "usage": {"cost_usd": 0.25}}


def curt(prompt):
    return "no"
"""
LINES = """
import json, sys
for line in sys.stdin:
    given = json.loads(line)
    print(json.dumps({"id": given["id"], "output": "hello " + given["prompt"]}), flush=True)
"""


def arena(name: str, *, further: str = "", case: str = "") -> str:
    return (
        f'providers:\n  - {{name: x, provider: python, call: "bot:{name}"{further}}}\n'
        f"tests:\n  - name: Hi\n    prompt: you\n{case}"
        "    assertions: [{type: contains, value: hello}]\n"
    )


@pytest.fixture
def bots(project: Project) -> Project:
    project.pytester.makepyfile(bot=BOT)
    (project.path / "lines.py").write_text(LINES)
    return project


def trial_of(project: Project) -> dict[str, Any]:
    (cell,) = project.cells().values()
    found: dict[str, Any] = cell["trials"][0]
    return found


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("model: gpt-4o", "'model' of provider 'x' is for models, and 'python' is an application"),
        ("params: {temperature: 0}", "'params' of provider 'x' is for models"),
        ("headers: {A: b}", "'headers' of provider 'x' is for models"),
        ("pyton_path: [src]", "did you mean 'python_path'?"),
        ("temperature: 0", "fix: write it under config:, which the application is given"),
        ("version: git", "'version: git' of provider 'x' finds no files in git"),
    ],
)
def test_keys_that_an_application_does_not_have_are_refused(
    bots: Project, keys: str, said: str
) -> None:
    bots.write(arena=arena("hello", further=f", {keys}"))
    result = bots.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert said in result.stdout.str()


def test_answers_are_recorded_under_a_version_alone(bots: Project) -> None:
    bots.write(arena=arena("hello", further=", version: '1'"))
    bots.run("--arena-record=once").assert_outcomes(passed=1)
    bots.run("--arena-record=none").assert_outcomes(passed=1)
    assert trial_of(bots)["source"] == "recording"
    bots.write(arena=arena("hello", further=", version: '2'"))
    bots.run("--arena-record=none").assert_outcomes(errors=1)
    bots.write(arena=arena("hello"))
    bots.run("--arena-record=none").assert_outcomes(errors=1)
    message = str(trial_of(bots)["error"]["message"])
    assert message.startswith("provider 'x' has no version, so that no recording can stand")
    bots.run("--arena-record=new").assert_outcomes(passed=1)
    assert trial_of(bots)["source"] == "call"


def test_another_version_stands_beside_a_cell_that_regressed(
    bots: Project, spread: tuple[str, ...]
) -> None:
    bots.write(arena=arena("hello", further=", version: '1', config: {tone: kind}"))
    bots.run("--arena-update-baseline").assert_outcomes(passed=1)
    changed = arena("hello", further=", version: '2', config: {tone: curt}")
    bots.write(arena=changed.replace("bot:hello", "bot:curt"))
    options = ("--arena-baseline=.arena/baseline.jsonl", "--arena-fail-on=regression")
    result = bots.run(*options, *spread)
    result.assert_outcomes(failed=1)
    (cell,) = bots.cells().values()
    assert cell["standing"]["status"] == "regressed"
    assert cell["standing"]["differences"] == [
        "config.tone: kind → curt", "version: 1 → 2", "call: bot:hello → bot:curt",
    ]  # fmt: skip
    assert "version: 1 → 2" in " ".join(result.stdout.str().split())


def test_the_cache_answers_under_a_version_alone(bots: Project) -> None:
    for version, source in (("", "call"), (", version: '1'", "cache")):
        bots.write(arena=arena("hello", further=f", cache: {{ttl: 1h}}{version}"))
        for _ in range(2):
            bots.run("--arena-cache=on", "--arena-cache-dir=kept").assert_outcomes(passed=1)
        assert trial_of(bots)["source"] == source


def test_a_budget_in_dollars_holds_by_what_the_application_says(bots: Project) -> None:
    more = "    trials: 6\n"
    bots.write(arena=arena("whole", case=more, further=", budget: {max_cost_usd: 0.5}"))
    bots.run()
    spent = [t["cost_usd"] for t in next(iter(bots.cells().values()))["trials"] if t["cost_usd"]]
    assert spent == [0.25, 0.25]


def test_a_budget_in_dollars_is_an_error_where_the_application_says_no_cost(bots: Project) -> None:
    bots.write(arena=arena("hello", further=", budget: {max_cost_usd: 1}"))
    bots.run().assert_outcomes(errors=1)
    message = str(trial_of(bots)["error"]["message"])
    assert "max_cost_usd of provider 'x' needs" in message


def test_an_async_function_answers_many_calls_at_once(bots: Project) -> None:
    bots.write(arena=arena("later", case="    trials: 30\n"))
    bots.run().assert_outcomes(passed=1)


@pytest.fixture
def kinds(bots: Project) -> Iterator[str]:
    """Entries of every kind of application."""
    with BotService() as service:
        yield f"""\
providers:
  - {{name: function, provider: python, call: "bot:hello"}}
  - {{name: other, provider: python, call: "bot:hello", venv: {sys.executable}}}
  - {{name: program, provider: exec, command: [sh, -c, 'read p; echo "hello $p"']}}
  - {{name: lines, provider: exec, command: [{sys.executable}, -S, lines.py], persistent: true}}
  - {{name: service, provider: http, url: "{service.url}/chat", output: reply.text}}
"""


def test_trials_and_guardrails_are_those_of_any_column(bots: Project, kinds: str) -> None:
    bots.write(
        arena=kinds + "guardrails: {banned_words: [hello secret]}\n"
        "tests:\n"
        "  - name: Well\n    prompt: you\n    trials: 3\n"
        "    assertions: [{type: equals, value: hello you}]\n"
        "  - name: Blocked\n    prompt: secret\n"
        "    assertions: [{type: validation_error, direction: output}]\n"
    )
    bots.run_apart().assert_outcomes(passed=10)
    assert {len(cell["trials"]) for key, cell in bots.cells().items() if "Well" in key} == {3}


def test_load_is_put_on_every_kind(bots: Project, kinds: str) -> None:
    bots.write(
        arena=kinds + "load_tests:\n"
        "  - name: Rush\n    prompt: you\n    concurrent_users: 4\n    messages_per_user: 3\n"
        "    assertions: [{type: contains, value: hello}, {type: success_rate, min: 1.0}]\n"
    )
    bots.run_apart().assert_outcomes(passed=5)


def test_calls_of_a_conversation_have_all_that_was_said(bots: Project, kinds: str) -> None:
    asked_each_alone = kinds.replace("}\n", ", without: [history]}\n")
    bots.write(
        arena=asked_each_alone + "tests:\n  - name: Talk\n    conversation:\n"
        "      - {user: one, assertions: [{type: equals, value: hello one}]}\n"
        "      - {user: two, assertions: [{type: equals, value: hello two}]}\n"
    )
    bots.run_apart().assert_outcomes(passed=5)
    messages = {len(cell["trials"][0]["messages"]) for cell in bots.cells().values()}
    assert messages == {3}


def test_the_mock_stands_for_every_kind(bots: Project, kinds: str) -> None:
    bots.write(
        arena=kinds.replace("sh, -c", "no-such-program").replace(sys.executable, "/no/such")
        + "tests: [{name: A, prompt: Hi, mock: an a, assertions: [{type: contains, value: a}]}]\n"
    )
    bots.run("--arena-mock").assert_outcomes(passed=5)
