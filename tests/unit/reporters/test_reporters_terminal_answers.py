"""Answers side by side on a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from synthetic_run import synthetic_run

from pytest_arena.results import Finding, Response, RunResult, Trial, Verdict
from pytest_arena_reporters.terminal import TerminalReporter


def answered(*texts: str, verdict: Verdict = "passed") -> RunResult:
    """One case, with one answer for each column."""
    run = synthetic_run(1, len(texts), rich=False)
    found = Finding("contains", verdict, None, "did not find it")
    asked = ({"role": "user", "content": "Say it"},)
    cells = tuple(
        replace(
            cell,
            case="Greeting",
            provider="abcdefgh"[i],
            variant=None,
            verdict=verdict,
            trials=(Trial(asked, (Response(text),), verdict=verdict, assertions=(found,)),),
        )
        for i, (cell, text) in enumerate(zip(run.cells, texts, strict=True))
    )
    return replace(run, cells=cells)


def render(run: RunResult, width: int = 60, color: bool = False) -> list[str]:
    return TerminalReporter().answers(run, width=width, color=color)


def test_answers_to_a_case_stand_beside_each_other() -> None:
    assert render(answered("hello there", "bye")) == [
        "Greeting",
        "Say it",
        "✓ a                            ✓ b",
        "hello there                    bye",
        "",
    ]


def test_why_a_cell_failed_stands_above_its_answer() -> None:
    lines = render(answered("no", verdict="failed"), 80)
    assert lines[2:] == ["✗ a", "contains: did not find it", "no", ""]


def test_columns_that_would_be_too_narrow_stand_below() -> None:
    lines = render(answered("one", "two", "three"), 60)
    assert [line.split() for line in lines[2:6]] == [
        ["✓", "a", "✓", "b"],
        ["one", "two"],
        ["✓", "c"],
        ["three"],
    ]


def test_a_long_answer_is_cut_and_says_so() -> None:
    lines = render(answered("word\n" * 40))
    assert lines[-2] == "… 28 more lines"


@pytest.mark.parametrize("width", [40, 61, 120])
@pytest.mark.parametrize("hostile", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, hostile: bool) -> None:
    lines = render(synthetic_run(8, 4, hostile=hostile), width)
    assert max(len(line) for line in lines) <= width
    assert not any("\x1b" in line for line in lines)


def test_colours_do_not_move_the_columns() -> None:
    run = answered("hello there", "bye")
    colored = render(run, color=True)
    assert colored[3].replace("\x1b[0m", "") == render(run)[3]
