"""What a person reads of a cell that did not pass."""

from __future__ import annotations

import pytest

from pytest_arena.results import Cell, Finding, Response, ToolCall, Trial, TrialError
from pytest_arena.results.call_runs import trajectory
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


def test_calls_that_were_made_again_and_again_are_told_once() -> None:
    calls = (
        *(ToolCall("find", {"id": 7}, result="lost") for _ in range(5)),
        ToolCall("find", {"id": 7}, error="not run"),
        *(ToolCall("look", {"id": number}) for number in range(20)),
    )
    stopped = "limit tool_calls: at most 25 calls of tools"
    trial = Trial((), (Response("", tool_calls=calls, stopped=stopped),), verdict="failed")
    text = report_text(Cell("a::b[c]", "a", "b", "c", None, "failed", (trial,)))
    assert "find({'id': 7}) → lost (5 times)" in text
    assert "find({'id': 7}) failed: not run\n" in text
    assert "… and 10 more tool calls" in text
    assert f"stopped   {stopped}" in text
    assert trajectory(calls[:6]) == "find × 5 → find (error)"
    assert trajectory(calls).endswith("look → 10 more calls")
    assert trajectory(()) == ""


def test_a_message_of_parts_is_told_as_a_prompt() -> None:
    parts = [{"type": "text", "text": "Which colour?"}, {"type": "file", "path": "a.pdf"}]
    trial = Trial(({"role": "user", "content": parts},), (Response("Red."),), verdict="failed")
    text = report_text(Cell("a::b[c]", "a", "b", "c", None, "failed", (trial,)))
    assert "prompt    Which colour?" in text
