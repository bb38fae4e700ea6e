"""The trace of a trial goes on in whatever is asked: services, functions, programs, tools."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from conftest import Project
from servers import mcp_raw
from servers.service import BotService

from pytest_arena.results.trace_ids import tool_span_id, traceparent, turn_span_id

BOT = """
import os

from opentelemetry import trace


def current():
    span = trace.get_current_span().get_span_context()
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"

def told(traceparent):
    return traceparent

def sync(prompt):
    return current()

async def coroutine(prompt):
    return current()

async def pieces(prompt):
    yield current()

def tool() -> str:
    return current()

async def async_tool() -> str:
    return current()
"""
LINES = """
import json, sys
for line in sys.stdin:
    given = json.loads(line)
    print(json.dumps({"id": given["id"], "output": given["traceparent"]}), flush=True)
"""
ONCE = "import os; print(os.environ['TRACEPARENT'])"
RAW = ", ".join(mcp_raw.COMMAND)
ARENA = """\
mcp_servers:
  - {id: raw, command: [RAW, meta]}
providers:
  - {name: told, provider: python, without: [history], call: "bot:told"}
  - {name: sync, provider: python, without: [history], call: "bot:sync"}
  - {name: coroutine, provider: python, without: [history], call: "bot:coroutine"}
  - {name: pieces, provider: python, without: [history], call: "bot:pieces"}
  - {name: venv, provider: python, without: [history], call: "bot:sync", venv: "PYTHON"}
  - {name: lines, provider: exec, without: [history], persistent: true, command: [PYTHON, lines.py]}
  - {name: once, provider: exec, without: [history], command: [PYTHON, once.py]}
  - {name: filled, provider: exec, without: [history], command: [echo, "{{ traceparent }}"]}
  - {name: mcp, provider: mcp, server: raw, tool: echo}
tests:
  - name: Part
    conversation: [{user: one}, {user: two}]
    assertions: [{type: min_length, value: 1}]
"""


@pytest.fixture
def bots(project: Project) -> Project:
    for name, text in {"bot": BOT, "lines": LINES, "once": ONCE}.items():
        (project.path / f"{name}.py").write_text(text)
    return project


def parts(trial: dict[str, Any]) -> list[str]:
    trace_id = trial["trace_id"]
    return [traceparent(trace_id, turn_span_id(trace_id, turn)) for turn in (0, 1)]


def test_every_kind_of_application_takes_part(bots: Project, monkeypatch: Any) -> None:
    monkeypatch.setenv("TRACEPARENT", "00-" + "1" * 32 + "-" + "2" * 16 + "-01")
    bots.write(arena=ARENA.replace("PYTHON", sys.executable).replace("RAW", RAW))
    bots.run().assert_outcomes(passed=9)
    seen = set()
    for cell in bots.cells().values():
        (trial,) = cell["trials"]
        said = [one["output"] for one in trial["responses"]]
        assert said == parts(trial), cell["provider"]
        seen.add(trial["trace_id"])
    assert len(seen) == 9


def test_a_service_gets_the_header_unless_the_entry_has_its_own(bots: Project) -> None:
    arena = """\
providers:
  - {name: plain, provider: http, without: [history], url: "URL/chat", output: reply.text}
  - {name: own, provider: http, without: [history], url: "URL/text", headers: {Traceparent: mine}}
tests:
  - name: Part
    conversation: [{user: one}, {user: two}]
    assertions: [{type: min_length, value: 1}]
"""
    with BotService() as service:
        bots.write(arena=arena.replace("URL", service.url))
        bots.run().assert_outcomes(passed=2)
        plain = [headers["traceparent"] for _, _, headers, _ in service.asked("/chat")]
        own = [headers["traceparent"] for _, _, headers, _ in service.asked("/text")]
    (trial,) = bots.cells()["arena.yaml::Part[plain]"]["trials"]
    assert plain == parts(trial)
    assert own == ["mine", "mine"]


def test_an_agents_tools_take_part_each_by_its_own_span(bots: Project) -> None:
    arena = """\
mcp_servers:
  - {id: raw, command: [RAW, meta]}
tools:
  sync: {python: "bot:tool"}
  coroutine: {python: "bot:async_tool"}
  program: {exec: {command: [PYTHON, once.py]}}
  service: {description: Ask., http: {url: "URL/chat", body: {prompt: hello}}}
targets:
  agent: {type: agent, tools: [sync, coroutine, program, service, "mcp:raw"]}
providers: [{name: one, provider: mock}]
tests:
  - name: Works
    target: agent
    conversation: [{user: Go.}, {user: Again.}]
    assertions: [{type: no_tool_errors}]
    mock: STEPS
"""
    named: list[Any] = [{"name": name} for name in ("sync", "coroutine", "program", "service")]
    named.append({"name": "echo", "arguments": {"text": "hello"}})
    steps = json.dumps({"steps": [{"tool_calls": named}, "ok"]})
    text = arena.replace("STEPS", steps).replace("PYTHON", sys.executable).replace("RAW", RAW)
    with BotService() as service:
        bots.write(arena=text.replace("URL", service.url))
        bots.run().assert_outcomes(passed=1)
        asked = [headers["traceparent"] for _, _, headers, _ in service.asked("/chat")]
    (trial,) = bots.cells()["arena.yaml::Works[one]"]["trials"]
    trace_id = trial["trace_id"]
    for turn, response in enumerate(trial["responses"]):
        for call in response["tool_calls"]:
            wanted = traceparent(trace_id, tool_span_id(trace_id, turn, call["id"]))
            given = asked[turn] if call["name"] == "service" else call["result"]
            assert given == wanted, call["name"]
