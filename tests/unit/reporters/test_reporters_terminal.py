"""The terminal summary: aligned, cut to the width, plain without colour, safe always."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from synthetic_run import synthetic_run

from pytest_arena.reporting.base import TerminalSummary
from pytest_arena.results import Response, RunResult, Trial
from pytest_arena_reporters.terminal import TerminalReporter


def render(run: RunResult, width: int = 100, color: bool = False) -> list[str]:
    return TerminalReporter().render(run, width=width, color=color)


def small_run() -> RunResult:
    run = synthetic_run(3, 2, rich=False)
    response = Response("x", latency_ms=812.4, input_tokens=21, output_tokens=80, cost_usd=0.000051)
    verdicts = ("passed", "failed", "passed", "passed", "passed", "error")
    cells = tuple(
        replace(cell, verdict=verdict, trials=(Trial((), (response,), verdict=verdict),))
        for cell, verdict in zip(run.cells, verdicts, strict=True)
    )
    return replace(run, cells=cells, notes=("A note of a plug-in.",))


def test_it_is_a_terminal_summary() -> None:
    assert issubclass(TerminalReporter, TerminalSummary)
    assert TerminalReporter.format == "terminal"


def test_it_has_a_line_a_provider_and_says_what_differs() -> None:
    assert render(small_run()) == [
        "provider  passed  failed  error  pass rate    95 %      p50      p95  tokens       cost",
        "haiku          3       0      0      100 %  44–100  ~812 ms  ~812 ms     303  $0.000153",
        "gpt-mini       1       1      1       50 %    9–91  ~812 ms  ~812 ms     303  $0.000153",
        "",
        "1 of 6 cells failed and 1 reached no verdict; haiku leads: 100 % of 3 cases passed",
        "No clear difference from gpt-mini on these cases. 1 cell reached no verdict and counts in "
        "no pass",
        "rate.",
        "~ from too few samples to be sure of (p95: under 59).",
        "A note of a plug-in.",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("hostile", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, hostile: bool) -> None:
    lines = render(synthetic_run(12, 4, hostile=hostile), width)
    assert max(len(line) for line in lines) <= width


def test_the_columns_are_aligned() -> None:
    header, *rows = render(synthetic_run(30, 3))[:4]
    for title in ("passed", "pass rate", "p95", "cost"):
        end = header.index(title) + len(title)
        assert all(row[end - 1] != " " and row[end : end + 1] in ("", " ") for row in rows)


def test_narrow_terminals_lose_the_spare_columns_first() -> None:
    header = render(synthetic_run(12, 2), 50)[0]
    assert "pass rate" in header
    assert "tokens" not in header


@pytest.mark.parametrize("hostile", [False, True])
def test_without_color_there_is_no_escape_sequence(hostile: bool) -> None:
    text = "\n".join(render(synthetic_run(12, 4, hostile=hostile)))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", text)


def test_with_color_only_our_own_styles_are_left() -> None:
    text = "\n".join(render(synthetic_run(12, 4, hostile=True), color=True))
    assert set(re.findall(r"\x1b[^m]*m?", text)) <= {f"\x1b[{n}m" for n in (0, 1, 2, 31, 32, 33)}


def test_color_changes_nothing_but_the_styles() -> None:
    run = synthetic_run(12, 3)
    plain = [re.sub(r"\x1b\[\d+m", "", line) for line in render(run, color=True)]
    assert plain == render(run)


def test_hostile_notes_do_not_command_a_ci_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    run = replace(small_run(), notes=("x\n::error::PWNED", "##[error]PWNED"))
    text = "\n".join(render(run))
    assert "\n::error" not in text
    assert "##[" not in text


def test_a_wide_name_is_cut_to_its_columns() -> None:
    run = small_run()
    wide = tuple(replace(cell, provider="世界" * 40) for cell in run.cells[:1])
    lines = render(replace(run, cells=wide), 60)
    assert "…" in lines[1]
    assert lines[1].startswith("世界")


def test_an_empty_run_says_so() -> None:
    assert render(replace(small_run(), cells=(), notes=())) == ["arena: no cell was run"]
