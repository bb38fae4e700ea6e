"""Workflows of packs: over two processes, replayed, resumed, and asked by Python tests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Project

PACK = {
    "id": "desk",
    "name": "Desk",
    "version": "1.0.0",
    "prompts": {
        "intake": {
            "system_template": "Ask {{who}}.",
            "tools": ["find"],
            "tool_policy": {"tool_choice": "required"},
            "model_overrides": {"big": {"system_template": "Big for {{who}}."}},
            "evals": [{"id": "i", "type": "contains", "params": {"patterns": ["moment"]}}],
        },
        "desk": {"system_template": "Solve. {{workflow_context}}"},
        "closed": {"system_template": "Bye."},
    },
    "tools": {
        "find": {
            "name": "find",
            "description": "Find",
            "parameters": {"type": "object", "properties": {}},
        }
    },
    "workflow": {
        "version": 1,
        "entry": "intake",
        "states": {
            "intake": {"prompt_task": "intake", "on_event": {"Go": "desk"}},
            "desk": {"prompt_task": "desk", "on_event": {"Done": "closed"}},
            "closed": {"prompt_task": "closed", "terminal": True},
        },
    },
}
ARENA = """\
providers: [{name: small, provider: local, model: small}, {name: big, provider: local, model: big}]
variables: {who: Ann}
tools: {find: {mock: shipped}}
targets: {desk: {type: workflow, pack: desk.pack.json}}
tests:
  - name: Lost
    target: desk
    conversation: [{user: find it}, {user: go on}]
    assertions:
      - {type: workflow_path, path: [intake, desk, closed]}
      - {type: tools_called, tools: [find, workflow__transition]}
      - {type: contains, value: Solved of lost}
"""
CONFTEST = """\
import json, os
from pytest_arena import Provider, Response, ToolCall

class Local(Provider):
    type = "local"

    async def complete(self, request):
        params = {**self.spec.params, **request.params}
        kept = {"system": request.messages[0]["content"], "choice": params.get("tool_choice"),
                "tools": [tool["function"]["name"] for tool in request.tools or ()]}
        with open("calls", "a") as file:
            file.write(json.dumps(kept) + "\\n")
        called = [one for one in request.messages if one["role"] == "tool"]
        if kept["system"].startswith("Solve"):
            if called:
                return Response(output="Solved of " + kept["system"].split()[-1])
            return Response("", tool_calls=(call("workflow__transition", event="Done"),))
        if kept["choice"] == "required":
            go = call("workflow__transition", event="Go", context="lost")
            return Response("", tool_calls=(call("find"), go))
        return Response(output="One moment")

def call(name, **arguments):
    return ToolCall(name, arguments, id=name)

def pytest_arena_register(registry):
    registry.provider(Local)
"""


@pytest.fixture
def desk(project: Project) -> Project:
    project.pytester.makepyfile(conftest=CONFTEST)
    (project.path / "desk.pack.json").write_text(json.dumps(PACK))
    project.write(arena=ARENA)
    return project


def calls(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.path / "calls").read_text().splitlines()]


def facts(project: Project) -> list[Any]:
    trials = [cell["trials"][0] for cell in project.cells().values()]
    return [
        (trial["messages"], [one["output"] for one in trial["responses"]], trial["assertions"])
        for trial in trials
    ]


def test_a_workflow_is_recorded_and_replayed_whole(desk: Project) -> None:
    desk.run("--arena-record=once").assert_outcomes(passed=2)
    asked, before = calls(desk), facts(desk)
    assert sorted({one["system"] for one in asked}) == [
        "Ask Ann.",
        "Big for Ann.",
        "Solve. lost",
    ]
    # a tool must be called once in a turn, and then the model may answer
    assert [one["choice"] for one in asked if one["system"] == "Ask Ann."] == ["required", "auto"]
    assert {tuple(one["tools"]) for one in asked if "Solve" in one["system"]} == {
        ("workflow__transition",)
    }
    desk.run("--arena-record=none", "--arena-block-network").assert_outcomes(passed=2)
    assert len(calls(desk)) == len(asked) == 8
    assert facts(desk) == before


def test_the_evals_of_a_prompt_hold_where_its_state_answers(desk: Project) -> None:
    desk.run().assert_outcomes(passed=2)
    (trial,) = desk.cells()["arena.yaml::Lost[small]"]["trials"]
    found = [(one["turn"], one["verdict"], one.get("file")) for one in trial["assertions"][:2]]
    assert found == [(0, "passed", "desk.pack.json"), (1, "skipped", "desk.pack.json")]


def test_python_tests_ask_a_workflow_with_the_texts_of_each_model(desk: Project) -> None:
    desk.pytester.makepyfile(
        test_app="""
import pytest

@pytest.mark.parametrize("column", ["small", "big"])
def test_asks(arena, column):
    answer = arena.ask(column, "find it", target="desk")
    assert answer.tool_calls[0].result == "shipped"
    arena.check(answer, transitioned_to="desk", contains="moment")

def test_goes_on(arena):
    answer = arena.ask("small", "find it", target="desk", variables={"who": "Bob"})
    arena.check(answer, state_is="desk")

def test_application(arena):
    arena.ask({"provider": "python", "call": "test_app:bot"}, "find it", target="desk")

def bot(prompt):
    return prompt
"""
    )
    result = desk.run("test_app.py")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*has a workflow as its target, and runs on*"])
    assert {one["system"] for one in calls(desk)} == {"Ask Ann.", "Big for Ann.", "Ask Bob."}
    shown = [cell["trials"][0].get("messages") for cell in desk.cells().values()]
    assert ["Big for Ann.", "find it"] in [[one["content"] for one in said] for said in shown]
