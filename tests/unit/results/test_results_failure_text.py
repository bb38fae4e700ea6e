"""What a person reads of a cell that did not pass."""

from __future__ import annotations

import pytest

from pytest_arena.results import Cell, Finding, Response, ToolCall, Trial, TrialError
from pytest_arena.results.failure_text import headline, report_text


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


@pytest.mark.parametrize("said", ["", "\n \n", "\nno words"])
def test_who_gives_no_reason_is_said_to_give_none(said: str) -> None:
    told = said.strip() or "no reason given"
    finding = Finding("mute", "failed", 0.0, said)
    failed = Trial((), (Response("a"),), verdict="failed", assertions=(finding,))
    assert headline(Cell("a::b[c]", "a", "b", "c", None, "failed", (failed,))) == (
        f"failed: mute: {told}"
    )
    broken = Trial((), verdict="error", error=TrialError("bad_request", said))
    assert headline(Cell("a::b[c]", "a", "b", "c", None, "error", (broken,))) == (
        f"error: bad_request: {told}"
    )
