"""What a run changes in a baseline, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gate_runs import cell_of, kept, run_of, trials_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.baseline.file import baseline_bytes
from pytest_arena.comparison.baseline.model import Baseline, BaselineCell
from pytest_arena.comparison.baseline.update import KEPT_TRIALS, Collected, update
from pytest_arena.errors import UsageError
from pytest_arena.results import Finding, RunResult

KEY = ("arena.yaml", "Reset", "mini")
RESET = "arena.yaml::Reset[mini]"


def after(baseline: Baseline, *marks: str) -> BaselineCell:
    for mark in marks:
        baseline = update(baseline, run_of(cell_of(mark))).baseline
    return baseline.cells[KEY]


def test_a_first_run_makes_the_baseline() -> None:
    result = update(Baseline(), run_of(cell_of("PPF")))
    assert result.added == (RESET,)
    assert baseline_bytes(result.baseline) == baseline_bytes(kept(cell_of("PPF")))


def test_trials_of_equal_cells_gather_and_the_newest_twenty_stay() -> None:
    assert after(Baseline(), "PPP", "PPF").history == "PPPPPF"
    full = after(Baseline(), "FPP", *["PPP"] * 6)
    assert (full.passed, full.failed) == (20, 0)
    assert after(Baseline(), *["PPP"] * 7, "PPF").history == "P" * 19 + "F"


def test_an_accepted_change_that_is_too_small_to_show_moves_the_baseline() -> None:
    cell = after(Baseline(), "P" * 20, *["PPF"] * 7)
    assert cell.history == ("PPF" * 7)[-KEPT_TRIALS:]


def test_a_file_without_history_gathers_all_the_same() -> None:
    bare = replace(after(Baseline(), "PPF"), history="")
    cell = update(Baseline({KEY: bare}), run_of(cell_of("PP"))).baseline.cells[KEY]
    assert (cell.passed, cell.failed, cell.history) == (4, 1, "PPFPP")


def test_the_assertions_are_counted_in_the_newest_run() -> None:
    assert after(Baseline(), "PPP", "PPF").assertions == {"0:contains": (2, 3)}


def test_scores_gather_as_trials_do_and_full_marks_are_some() -> None:
    def scored(*scores: float) -> RunResult:
        trials = [
            replace(trial, assertions=(Finding("similar", "passed", score, ""),))
            for trial, score in zip(trials_of("P" * len(scores)), scores, strict=True)
        ]
        return run_of(cell_of("P" * len(scores), trials=trials))

    baseline = update(Baseline(), scored(1.0, 1.0)).baseline
    assert baseline.cells[KEY].graded == {}
    baseline = update(baseline, scored(0.9)).baseline
    assert baseline.cells[KEY].graded == {"0:similar": (1.0, 1.0, 0.9)}
    baseline = update(baseline, scored(*[0.8] * 19)).baseline
    assert baseline.cells[KEY].graded == {"0:similar": (0.9, *[0.8] * 19)}
    older = Baseline({KEY: replace(baseline.cells[KEY], graded=None)})
    assert update(older, scored(0.9, 0.8)).baseline.cells[KEY].graded == {"0:similar": (0.9, 0.8)}


def test_the_verdict_and_the_figures_are_the_newest_runs() -> None:
    full = after(Baseline(), "P" * 20)
    slow = cell_of("PF", trials=trials_of("PF", latency_ms=900.4, cost_usd=0.25))
    baseline = Baseline({KEY: full})
    cell = update(baseline, run_of(slow)).baseline.cells[KEY]
    assert (cell.passed, cell.failed, cell.verdict) == (19, 1, "failed")
    assert (cell.figures.latencies_ms, cell.figures.cost_usd) == ((900, 900), 0.5)


def test_a_run_with_twenty_trials_of_its_own_stands_for_itself() -> None:
    cell = after(Baseline(), "PPPFF", "P" * 30)
    assert (cell.passed, cell.failed) == (30, 0)


def test_a_cell_that_clearly_changed_begins_anew() -> None:
    assert after(Baseline(), "P" * 20, "FFF").judged == 3
    assert after(Baseline(), "F" * 20, "PPP").judged == 3


@pytest.mark.parametrize("part", ["prompt", "assertions", "judge"])
def test_a_changed_hash_begins_anew(part: str) -> None:
    baseline = kept(cell_of("P" * 10))
    result = update(baseline, run_of(cell_of("PP", **{part: "new"})))
    assert result.baseline.cells[KEY].judged == 2
    assert result.changed == (RESET,)


@pytest.mark.parametrize("source", ["mock", "recording", "cache"])
def test_equal_recorded_answers_give_equal_bytes(source: str) -> None:
    run = run_of(cell_of("PP", source=source), cell_of("F", "b", source=source))
    first = update(Baseline(), run).baseline
    second = update(first, run)
    assert baseline_bytes(second.baseline) == baseline_bytes(first)
    assert (second.added, second.changed) == ((), ())


def test_equal_live_answers_give_equal_bytes_once_twenty_trials_are_there() -> None:
    run = run_of(cell_of("PPPP"))
    baseline = kept(cell_of("P" * 20))
    settled = update(baseline, run).baseline
    assert baseline_bytes(update(settled, run).baseline) == baseline_bytes(settled)


def test_deselected_cells_stay_as_they_are() -> None:
    baseline = kept(cell_of("P"), cell_of("P", "other"), cell_of("P", file="b.yaml"))
    result = update(baseline, run_of(cell_of("F", prompt="p2")))
    assert len(result.baseline.cells) == 3
    for key in set(baseline.cells) - {KEY}:
        assert result.baseline.cells[key] == baseline.cells[key]
    assert result.baseline.prompts.keys() == {"p1", "p2"}


def test_cells_without_a_verdict_stay_and_are_named() -> None:
    baseline = kept(cell_of("P"))
    result = update(baseline, run_of(cell_of("EE"), cell_of("P", "b")))
    assert result.left == (RESET,)
    assert result.baseline.cells[KEY] == baseline.cells[KEY]
    assert result.added == ("arena.yaml::b[mini]",)


def test_skipped_cells_stay() -> None:
    baseline = kept(cell_of("P"))
    skipped = replace(cell_of("P"), verdict="skipped", trials=())
    result = update(baseline, run_of(skipped, cell_of("P", "b")))
    assert (result.left, result.changed) == ((), ())
    assert result.baseline.cells[KEY] == baseline.cells[KEY]


def test_trials_without_a_verdict_are_not_kept() -> None:
    cell = after(Baseline(), "PPE")
    assert (cell.passed, cell.error, cell.trials) == (2, 0, 2)


def test_fresh_trials_stand_for_a_suspect_alone() -> None:
    run = run_of(cell_of("FFF"))
    result = update(kept(cell_of("P" * 10)), run, fresh={RESET: trials_of("P" * 8)})
    cell = result.baseline.cells[KEY]
    assert (cell.passed, cell.failed, cell.verdict) == (18, 0, "passed")
    lost = update(kept(cell_of("P" * 10)), run, fresh={RESET: trials_of("EE")})
    assert lost.baseline.cells[KEY].failed == 3


def test_removed_cells_go_only_when_asked() -> None:
    baseline = kept(cell_of("P"), cell_of("P", "gone"), cell_of("P", file="b.yaml"))
    run = run_of(cell_of("P"))
    assert update(baseline, run).pruned == ()
    seen = Collected.of([RESET])
    result = update(baseline, run, prune=seen)
    assert result.pruned == ("arena.yaml::gone[mini]",)
    assert len(result.baseline.cells) == 2
    both = update(baseline, run, prune=Collected.of([RESET], ["b.yaml"]))
    assert both.pruned == ("arena.yaml::gone[mini]", "b.yaml::Reset[mini]")


def test_pruning_keeps_deselected_cells() -> None:
    baseline = kept(cell_of("P"), cell_of("P", "deselected"))
    seen = Collected.of([RESET, "arena.yaml::deselected[mini]"])
    assert update(baseline, run_of(cell_of("P")), prune=seen).pruned == ()


def test_a_renamed_case_leaves_its_old_line_until_it_is_pruned() -> None:
    baseline = kept(cell_of("P", "old"))
    run = run_of(cell_of("P", "new"))
    assert len(update(baseline, run).baseline.cells) == 2
    seen = Collected.of(["arena.yaml::new[mini]"])
    assert [key[1] for key in update(baseline, run, prune=seen).baseline.cells] == ["new"]


def test_prompts_that_no_cell_has_any_more_leave_the_file() -> None:
    result = update(kept(cell_of("P")), run_of(cell_of("P", prompt="p2")))
    text = baseline_bytes(result.baseline)
    assert b'"hash": "p2"' in text
    assert b'"hash": "p1"' not in text


ENDING = (
    "\n  expected: a run that came to its end\n  fix: run it again with --arena-update-baseline"
)
RUN = run_of(cell_of("P"))


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (replace(RUN, interrupted=True), "the run was interrupted"),
        (replace(RUN, finished_at=None), "the run was interrupted"),
        (replace(RUN, exit_code=2), "the run was interrupted"),
        (replace(RUN, exit_code=3), "the run broke off with exit code 3"),
        (replace(RUN, exit_code=4), "the run broke off with exit code 4"),
        (run_of(cell_of("EE")), "no cell reached a verdict"),
        (run_of(), "no cell reached a verdict"),
    ],
)
def test_a_run_that_did_not_come_to_its_end_is_refused(run: RunResult, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        update(kept(cell_of("P")), run)
    assert str(caught.value) == f"the baseline was not updated: {why}{ENDING}"


@pytest.mark.parametrize("code", [0, 1])
def test_a_run_with_failures_is_accepted(code: int) -> None:
    assert update(Baseline(), replace(RUN, exit_code=code)).added == (RESET,)


@settings(deadline=None)
@given(st.lists(st.text("PFE", min_size=1, max_size=7), min_size=1, max_size=8))
def test_no_series_of_updates_keeps_more_than_its_share(marks: list[str]) -> None:
    judged = [mark for mark in marks if set(mark) & {"P", "F"}]
    baseline = Baseline()
    for mark in marks:
        if mark in judged:
            baseline = update(baseline, run_of(cell_of(mark))).baseline
    if judged:
        cell = baseline.cells[KEY]
        assert 0 < cell.judged <= KEPT_TRIALS
        assert cell.history == "".join(mark.replace("E", "") for mark in judged)[-cell.judged :]
