"""What a person reads of a cell that did not pass."""

from __future__ import annotations

from pytest_arena.results import Cell, Response, ToolCall, Trial
from pytest_arena.results.failure_text import report_text


def test_tool_calls_are_told_with_what_came_of_them() -> None:
    calls = (
        ToolCall("find", {"id": 7}),
        ToolCall("find", {"id": 8}, result="lost"),
        ToolCall("refund", {}, error="no such order"),
    )
    trial = Trial((), (Response("Sorry.", tool_calls=calls),), verdict="failed")
    text = report_text(Cell("a::b[c]", "a", "b", "c", None, "failed", (trial,)))
    shown = [line.split(maxsplit=2)[2] for line in text.splitlines() if "tool call" in line]
    assert shown == [
        "find({'id': 7})",
        "find({'id': 8}) → lost",
        "refund({}) failed: no such order",
    ]
