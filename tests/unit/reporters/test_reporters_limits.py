"""How reports tell what became of `gates:`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from results_files import make_cell

from pytest_arena.comparison import compare
from pytest_arena.results import RunInfo, RunResult
from pytest_arena.results.run import ThresholdFinding
from pytest_arena_reporters import markdown
from pytest_arena_reporters.html import HtmlReporter
from pytest_arena_reporters.terminal import TerminalReporter
from pytest_arena_reporters.thresholds import limits_of

HELD = ThresholdFinding(
    "a.yaml", "fast", "response_time_p95", "passed", "fail", "fast: 80 ms", 80.0
)
WARNS = ThresholdFinding(
    "a.yaml", "money", "total_cost", "error", "warn", "money: no price is known"
)
BROKEN = ThresholdFinding(
    "a.yaml", "right", "pass_rate", "failed", "fail", "right: <b>50 %</b>", 0.5
)


@pytest.fixture
def run() -> RunResult:
    info = RunInfo("r", "2026-11-20T10:00:00Z", "0.1.0")
    return RunResult(info, (make_cell("A"),), "2026-11-20T10:01:00Z", limits=(HELD, WARNS, BROKEN))


def test_broken_limits_come_first(run: RunResult) -> None:
    assert limits_of(run) == [BROKEN, WARNS, HELD]


def test_the_terminal_tells_them_in_a_line_each(run: RunResult) -> None:
    lines = TerminalReporter().render(run, width=100, color=True)
    red = "\x1b[31ma gate of a.yaml is broken: right: <b>50 %</b>\x1b[0m"
    yellow = "\x1b[33ma gate of a.yaml could not be checked (a warning): money: no price is known"
    assert red in lines
    assert yellow + "\x1b[0m" in lines
    assert "a gate of a.yaml holds: fast: 80 ms" in lines


def test_markdown_marks_them_and_the_title(run: RunResult) -> None:
    text = markdown.render(compare(run))
    assert text.splitlines()[1].startswith("## ❌ ")
    start = text.index("**Gates**")
    assert [line[:3] for line in text[start:].splitlines()[2:5]] == ["- ❌", "- ⚠", "- ✅"]
    assert "<b>" not in text[start:]


def test_a_warning_does_not_mark_the_title(run: RunResult) -> None:
    text = markdown.render(compare(replace(run, limits=(HELD, WARNS))))
    assert text.splitlines()[1].startswith("## ✅ ")


def test_html_lists_them_safely(run: RunResult, tmp_path: Path) -> None:
    page = HtmlReporter().write(run, tmp_path).path.read_text()
    assert "<h2>Gates</h2>" in page
    assert "right: &lt;b&gt;50 %&lt;/b&gt;" in page
    assert "a warning only" in page
    without = HtmlReporter().write(replace(run, limits=()), tmp_path).path.read_text()
    assert "<h2>Gates</h2>" not in without
