"""What judging took stands apart in every report, with the judge's calibration."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.comparison import compare
from pytest_arena.comparison.trial_rows import trial_rows
from pytest_arena.results import Cell, Finding, Response, RunInfo, RunResult, Trial
from pytest_arena.results.judging import Calibration, Judging, Vote
from pytest_arena.results.serialize import ShapeError, cell_from_line, cell_line, record_of
from pytest_arena_reporters import figures
from pytest_arena_reporters.html import HtmlReporter
from pytest_arena_reporters.html.records import CellWriter
from pytest_arena_reporters.html.texts import Texts
from pytest_arena_reporters.markdown import render
from pytest_arena_reporters.terminal import TerminalReporter

GOOD = Calibration(120, 0.95, 0.9, 0.81, 0.97, 4, 2, 0, "2026-01-01")
POOR = Calibration(40, 0.7, 0.4, 0.1, 0.7, 6, 6, 2)
VOTE = Vote("grader", "passed", "Kind.", 1.0, ("Hello",), "large", 2, 800.0, 100, 20, 0.003, "call")
SHARED = replace(VOTE, calls=0, latency_ms=0.0, input_tokens=0, output_tokens=0, cost_usd=0)


def judged(kind: str, *votes: Vote, calibration: Calibration | None = None) -> Finding:
    judging = Judging(f"{kind}/1", f"key of {kind}", votes, calibration)
    return Finding(kind, "passed", 1.0, "Kind.", judge=judging)


def run_of(*findings: Finding) -> RunResult:
    answer = Response("Hello", cost_usd=0.5, latency_ms=10.0)
    trial = Trial(
        ({"role": "user", "content": "Hi"},), (answer,), verdict="passed", assertions=findings
    )
    cell = Cell("a::b[p]", "a", "b", "p", None, "passed", (trial,))
    return RunResult(RunInfo("r", "2026-01-01T00:00:00Z", "1"), (cell,), finished_at="x")


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (None, "not calibrated"),
        (GOOD, "κ 0.90 (0.81 to 0.97) on 120 labels"),
        (
            POOR,
            "κ 0.40 (0.10 to 0.70) on 38 labels: only 38 labels were judged, kappa may be as low "
            "as 0.10",
        ),
        (
            replace(POOR, kappa=None, kappa_low=None, kappa_high=None, labels=1, undecided=0),
            "κ not defined on 1 label: only 1 label was judged, kappa has no interval",
        ),
    ],
)
def test_a_calibration_in_words(known: Calibration | None, text: str) -> None:
    assert figures.calibration(known) == text


@pytest.mark.parametrize(
    ("findings", "text"),
    [
        ([Finding("contains", "passed", 1.0, "x")], ""),
        ([judged("refusal", calibration=GOOD)], ""),
        (
            [judged("tone", VOTE), judged("bias", SHARED, calibration=GOOD)],
            "Judging: 2 calls to grader, $0.00300, apart from the answers. Not calibrated: tone.",
        ),
        (
            [judged("tone", VOTE, replace(VOTE, judge="other", cost_usd=None), calibration=POOR)],
            "Judging: 4 calls to grader, other, $0.00300+, apart from the answers. "
            "Calibrated, but not well: tone.",
        ),
        (
            [judged("tone", replace(VOTE, cost_usd=None), calibration=GOOD)],
            "Judging: 2 calls to grader, at unknown cost, apart from the answers.",
        ),
    ],
)
def test_judging_in_a_sentence(findings: list[Finding], text: str) -> None:
    comparison = compare(run_of(*findings))
    assert figures.judging(comparison.judges) == text
    for whole in (
        " ".join(TerminalReporter().render(comparison.run, width=400, color=False)),
        render(comparison).replace("\\", ""),
    ):
        assert text in whole
        assert ("Judging" in whole) == bool(text)


def test_what_judges_cost_is_in_no_figure_of_a_provider() -> None:
    run = run_of(judged("tone", VOTE))
    (summary,) = compare(run).summaries
    assert summary.spending.total_usd == 0.5
    assert (run.totals["cost_usd"], run.totals["judge_cost_usd"]) == (0.5, 0.003)
    (row,) = trial_rows(run)
    assert (row["cost_usd"], row["judge_cost_usd"], row["judge_calls"]) == (0.5, 0.003, 2)
    assert row["latency_ms"] == 10.0


def test_the_html_report_has_a_table_of_judges(tmp_path: Path) -> None:
    HtmlReporter().write(run_of(judged("tone", VOTE, calibration=GOOD)), tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<h2>Judges</h2>" in page
    assert "tone<small>tone/1</small>" in page
    assert "κ 0.90 (0.81 to 0.97) on 120 labels" in page
    HtmlReporter().write(run_of(Finding("contains", "passed", 1.0, "x")), tmp_path)
    assert "<h2>Judges</h2>" not in (tmp_path / "report.html").read_text()


def test_a_cells_record_holds_votes_and_quotes() -> None:
    (cell,) = run_of(judged("tone", VOTE, calibration=GOOD)).cells
    record = CellWriter(Texts({})).cell(cell)
    assert record["trials"][0]["assertions"][0]["judge"] == {
        "prompt": "tone/1",
        "votes": [
            {
                "judge": "grader",
                "verdict": "p",
                "reason": "Kind.",
                "score": 1.0,
                "quotes": ["Hello"],
                "model": "large",
                "calls": 2,
                "latency_ms": 800,
                "input_tokens": 100,
                "output_tokens": 20,
                "cost_usd": 0.003,
                "source": "call",
            }
        ],
        "calibration": "κ 0.90 (0.81 to 0.97) on 120 labels",
    }


@pytest.mark.parametrize(
    "finding",
    [
        judged("tone", VOTE, SHARED, calibration=GOOD),
        judged("tone", replace(VOTE, score=None, cost_usd=None, source=None, model=None)),
        replace(
            judged("any_of"),
            judge=Judging("preference/1", "k", (VOTE,), POOR, "the baseline", "Hi.", 0.5),
            group=(judged("tone", VOTE),),
        ),
    ],
)
def test_a_judgement_survives_its_file(finding: Finding, tmp_path: Path) -> None:
    from pytest_arena.results import read_run
    from pytest_arena.results.writing import write_results

    run = run_of(finding)
    line = cell_line(run.cells[0])
    assert cell_from_line(line) == run.cells[0]
    write_results(tmp_path / "results.jsonl", run, [line])
    assert read_run(tmp_path / "results.jsonl").cells == run.cells


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("votes",), {}, "trials[0].assertions[0].judge.votes"),
        (("votes", 0, "verdict"), "fine", "trials[0].assertions[0].judge.votes[0].verdict"),
        (("votes", 0, "calls"), -1, "trials[0].assertions[0].judge.votes[0].calls"),
        (("calibration", "kappa"), "high", "trials[0].assertions[0].judge.calibration.kappa"),
        (("key",), None, "trials[0].assertions[0].judge.key"),
    ],
)
def test_a_strangers_judgement_is_looked_at(path: Any, value: Any, problem: str) -> None:

    record = record_of(run_of(judged("tone", VOTE, calibration=GOOD)).cells[0])
    where = record["trials"][0]["assertions"][0]["judge"]
    for step in path[:-1]:
        where = where[step]
    where[path[-1]] = value
    with pytest.raises(ShapeError) as caught:
        cell_from_line(json.dumps(record))
    assert caught.value.path == problem
