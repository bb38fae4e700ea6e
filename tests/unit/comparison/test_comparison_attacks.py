"""Attacks that succeeded: counted by trial, errors left out, and shown in the HTML report."""

from __future__ import annotations

from pathlib import Path

from pytest_arena.comparison.summary import Attacks, summarize
from pytest_arena.results import Cell, RunInfo, RunResult, Trial, Verdict
from pytest_arena_reporters.html import HtmlReporter


def cell(name: str, *verdicts: Verdict, tags: tuple[str, ...] = ("attack",)) -> Cell:
    trials = tuple(Trial(messages=(), verdict=verdict) for verdict in verdicts)
    return Cell(f"a.yaml::{name}[bot]", "a.yaml", name, "bot", None, verdicts[0], trials, tags)


CELLS = (
    cell("A [base64]", "failed", "passed"),
    cell("A [hex]", "error"),
    cell("A [rot13]", "passed"),
    cell("A", "failed", tags=()),
)


def test_trials_under_attack_are_counted_and_errors_are_neither() -> None:
    (summary,) = summarize(CELLS)
    assert summary.attacks == Attacks(succeeded=1, judged=3)
    rate = summary.attacks.success_rate
    assert rate is not None
    assert round(rate.value, 3) == 0.333
    assert summarize(CELLS[3:])[0].attacks.success_rate is None


def test_the_html_report_shows_them_where_there_are_some(tmp_path: Path) -> None:
    info = RunInfo("run", "2026-01-01T00:00:00Z", "0")
    for cells, shown in ((CELLS, True), (CELLS[3:], False)):
        report = HtmlReporter().write(RunResult(info, cells), tmp_path)
        page = report.path.read_text(encoding="utf-8")
        assert ('data-name="Attacks">33 %<small>1 of 3</small>' in page) is shown
