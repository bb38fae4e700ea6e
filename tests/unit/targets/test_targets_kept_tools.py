"""Calls of tools that an interrupted run had made: what is taken, and what is made again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import Location, ProviderError
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.recording.trial_calls import KeptCall, TrialCalls
from pytest_arena.results.request_response import ToolCall
from pytest_arena.schema import ToolSpec
from pytest_arena.targets.agent.kept_tools import KeptTools
from pytest_arena.tools import ToolContext, ToolResult

Change = Callable[[dict[str, Any]], None]


class Tools:
    """Stands for a toolbox: each tool changes the state in its own way."""

    def __init__(self, **changes: Change) -> None:
        self.changes = changes
        self.made: list[str] = []
        self.code = ""

    def plan(self, name: str) -> ToolPlan:
        offered = {"type": "function", "function": {"name": name, "parameters": {}}}
        place = Location("arena.yaml", 1, 1)
        spec, takes_state = ToolSpec(mock="x"), name != "pay"
        return ToolPlan(name, offered, spec, place, Path(), Path(), self.code, takes_state)

    async def run(
        self, name: str, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResult:
        self.made.append(name)
        self.changes[name](context.state)  # type: ignore[arg-type]
        if arguments.get("fails"):
            return ToolResult(error="down", planted="error")
        return ToolResult({"done": name})


class Run:
    """One run of a trial, over the lines that the runs before it left."""

    def __init__(self, tools: Tools, lines: list[str]) -> None:
        left: list[KeptCall] = []
        for line in lines:
            KeptCall.of(json.loads(line)).join(left)

        def keep(record: Mapping[str, Any]) -> None:
            lines.append(json.dumps(record))

        calls = TrialCalls(left, keep, lambda: None)
        self.context = ToolContext()
        toolbox: Any = tools
        self.kept = KeptTools(toolbox, calls, self.context, lambda: 0.0)

    def call(self, place: int, name: str, **given: Any) -> ToolResult:
        call = ToolCall(name, given, irreversible=name in ("refund", "pay"))
        at = (0, 0, place)
        found = self.kept.finished(call, at)
        return (found or asyncio.run(self.kept.run(call, at, self.context))).result


def counts(state: dict[str, Any]) -> None:
    state["calls"] = state.get("calls", 0) + 1


def leaves(value: Any) -> Change:
    return lambda state: state.update(left=value)


def test_what_was_made_is_given_with_the_state_that_it_left() -> None:
    tools, lines = Tools(find=counts, refund=counts), []
    before = Run(tools, lines)
    first = [before.call(0, "find"), before.call(1, "refund", fails=True)]
    after = Run(tools, lines)
    assert [after.call(0, "find"), after.call(1, "refund", fails=True)] == first
    assert first[1] == ToolResult(error="down", planted="error")
    assert tools.made == ["find", "refund"]
    assert after.context.state == {"calls": 2}
    after.call(2, "find")
    assert after.context.state == {"calls": 3}


def test_the_state_is_that_of_the_last_call_that_ended_whatever_their_order() -> None:
    tools, lines = Tools(find=counts, look=counts), []
    before = Run(tools, lines)
    before.call(1, "look")
    before.call(0, "find")
    after = Run(tools, lines)
    after.call(0, "find")
    after.call(1, "look")
    assert after.context.state == {"calls": 2}


@pytest.mark.parametrize("change", ["argument", "code"])
def test_a_call_that_is_made_otherwise_is_made_again(change: str) -> None:
    tools, lines = Tools(find=counts), []
    Run(tools, lines).call(0, "find", number="7")
    tools.code = "another" if change == "code" else ""
    Run(tools, lines).call(0, "find", number="8" if change == "argument" else "7")
    assert tools.made == ["find", "find"]


NO_JSON = [object(), {1: "one"}, (1, 2), float("nan"), {"a", "b"}, "x" * 1_000_001]


@pytest.mark.parametrize("left", NO_JSON, ids=lambda value: type(value).__name__)
def test_a_state_that_is_no_json_is_made_again_unless_it_cannot_be(left: Any) -> None:
    tools, lines = Tools(find=leaves(left), refund=leaves(left)), []
    Run(tools, lines).call(0, "find")
    after = Run(tools, lines)
    after.call(0, "find")
    assert tools.made == ["find", "find"]
    assert after.context.state["left"] is left
    after.call(1, "refund")
    last = Run(tools, lines)
    last.call(0, "find")
    with pytest.raises(ProviderError, match="what it left in the tools' state is no JSON"):
        last.call(1, "refund")
    assert tools.made.count("refund") == 1


def test_a_call_that_is_handed_no_state_is_taken_whatever_others_left_there() -> None:
    tools, lines = Tools(find=leaves({"a"}), pay=lambda state: None), []
    before = Run(tools, lines)
    before.call(0, "find")
    before.call(1, "pay")
    after = Run(tools, lines)
    after.call(0, "find")
    assert after.call(1, "pay") == ToolResult({"done": "pay"})
    assert tools.made == ["find", "pay", "find"]
