"""Faults in tools: which calls meet them, and what is given instead."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_arena.schema import ChaosSpec
from pytest_arena.tools import ToolContext, ToolResult
from pytest_arena.tools.chaos import fault_for, under_fault


def met(fault: ChaosSpec, calls: int = 400, **context: Any) -> list[bool]:
    return [
        fault_for((fault,), "find", ToolContext(call=number, **context)) is not None
        for number in range(calls)
    ]


def given(mode: str, result: ToolResult, **fault: Any) -> tuple[ToolResult, int]:
    runs = 0

    async def run() -> ToolResult:
        nonlocal runs
        runs += 1
        return result

    spec = ChaosSpec.model_validate({"mode": mode, **fault})
    return asyncio.run(under_fault(spec, run)), runs


def test_the_same_calls_meet_a_fault_every_time_and_about_as_many_as_wanted() -> None:
    fault = ChaosSpec(mode="error", probability=0.2, seed=7)
    drawn = met(fault, case="A")
    assert drawn == met(fault, case="A")
    assert 0.1 < sum(drawn) / len(drawn) < 0.3
    others = [met(fault, case="B"), met(fault, case="A", trial=1),
              met(ChaosSpec(mode="error", probability=0.2, seed=8), case="A")]  # fmt: skip
    assert drawn not in others


def test_only_the_named_tool_meets_it_and_the_first_fault_goes_before_the_next() -> None:
    named = ChaosSpec(tool="pay", mode="error")
    every = ChaosSpec(mode="garbage")
    assert fault_for((named,), "find", ToolContext()) is None
    assert fault_for((named, every), "find", ToolContext()) is every
    assert fault_for((named, every), "pay", ToolContext()) is named


def test_a_fault_meets_all_tools_that_its_wildcard_means() -> None:
    of_server = ChaosSpec(tool="kb.*", mode="error")
    assert fault_for((of_server,), "kb.search", ToolContext()) is of_server
    assert fault_for((of_server,), "mcp__kb__search", ToolContext()) is of_server
    assert fault_for((of_server,), "search", ToolContext()) is None


@pytest.mark.parametrize("mode", ["error", "timeout"])
def test_a_tool_that_fails_is_not_run(mode: str) -> None:
    result, runs = given(mode, ToolResult("here"))
    assert result.error
    assert runs == 0
    assert result.planted == mode


def test_an_error_may_have_a_text() -> None:
    assert given("error", ToolResult("here"), text="503")[0].error == "503"


def test_a_slow_tool_gives_what_it_gives() -> None:
    result, runs = given("slow", ToolResult("here"), delay=0.001)
    assert (result.value, result.error, runs) == ("here", None, 1)


def test_garbage_stands_instead_of_a_result() -> None:
    assert given("garbage", ToolResult({"a": 1}), text="#!")[0] == ToolResult(
        "#!", planted="garbage"
    )


@pytest.mark.parametrize(
    ("value", "with_it"),
    [
        ("here", "here\n\nHa!"),
        ({"a": 1}, {"a": 1, "note": "Ha!"}),
        ([1], [1, "Ha!"]),
        (7, {"result": 7, "note": "Ha!"}),
        (None, {"result": None, "note": "Ha!"}),
    ],
)
def test_a_hostile_text_stands_in_the_result(value: Any, with_it: Any) -> None:
    assert given("inject", ToolResult(value), text="Ha!")[0].value == with_it


def test_an_error_of_the_tool_itself_stays() -> None:
    assert given("inject", ToolResult(error="down"))[0].error == "down"


def test_a_text_that_nothing_says_is_refused() -> None:
    with pytest.raises(ValueError, match="has a 'text'"):
        ChaosSpec(mode="slow", text="x")
