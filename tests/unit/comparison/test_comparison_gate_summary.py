"""What a run's standing beside its baseline comes to, in words that claim no more than was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from synthetic_run import synthetic_run

from pytest_arena.comparison import compare
from pytest_arena.comparison.gate.summary import TookChange, by_attention, since_baseline
from pytest_arena.comparison.trial_rows import COLUMNS, trial_rows
from pytest_arena.results import Count, Gate, GateFinding, Response, RunResult, Trial
from pytest_arena.results.cell import Took
from pytest_arena.results.run import FamilyShift


def run_of(*statuses: str, suite: str | None = None, suite_failed: bool = False) -> RunResult:
    base = synthetic_run(len(statuses), 1, rich=False)
    cells = tuple(
        replace(
            cell,
            standing=GateFinding(status, "a reason", Count(20, 20), Count(1, 2))
            if status
            else None,
        )
        for cell, status in zip(base.cells, statuses, strict=True)
    )
    gate = Gate("main.jsonl", failed=True, suite=suite, suite_failed=suite_failed)
    return replace(base, cells=cells, gate=gate)


@pytest.mark.parametrize(
    ("statuses", "headline"),
    [
        (["regressed"], "Regression: 1 of 1 cell, against main.jsonl"),
        (["regressed", "regressed", "fixed"], "Regression: 2 of 3 cells, against main.jsonl"),
        (
            ["still passing", "still failing"],
            "No regression: 2 of 2 cells compared with main.jsonl",
        ),
        (
            ["still passing", "suspected", "drifted", "drifted"],
            "No regression proven, but 1 cell is suspected and 2 cells are drifted, "
            "against main.jsonl",
        ),
        (
            ["still passing", "incomparable"],
            "No regression proven, but 1 of 2 cells were compared, against main.jsonl",
        ),
        (["blind", "blind", "suspected"], "Cannot tell: 2 cells, against main.jsonl"),
        (
            ["suspected", "regressed", "error"],
            "Errors: 1 of 3 cells reached no verdict; 1 regressed, against main.jsonl",
        ),
        (
            ["flaky", "error", "error"],
            "Errors: 2 of 3 cells reached no verdict, against main.jsonl",
        ),
        (
            ["new", "insufficient data"],
            "Nothing was judged: no cell could be compared with main.jsonl",
        ),
        (["incomparable", ""], "Nothing was judged: no cell could be compared with main.jsonl"),
        ([], "Nothing was judged: no cell could be compared with main.jsonl"),
    ],
)
def test_the_headline_claims_no_more_than_was_compared(statuses: list[str], headline: str) -> None:
    assert compare(run_of(*statuses)).conclusion.headline == headline


def test_cells_that_are_no_more_are_no_doubt_and_are_said() -> None:
    run = run_of("still passing", "still passing")
    assert run.gate
    gone = replace(run.gate, removed=("a", "b"))
    found = since_baseline(replace(run, gate=gone))
    assert found
    assert found.headline == (
        "No regression: 2 of 2 cells compared with main.jsonl; 2 cells of it are no more"
    )


def test_a_worse_suite_is_the_headline_where_no_cell_is_clearly_worse() -> None:
    run = run_of("still passing", suite="over 9 cases it fell (p = 0.01)", suite_failed=True)
    conclusion = compare(run).conclusion
    assert conclusion.headline == "Regression: the suite as a whole, against main.jsonl"
    assert conclusion.reasons[0] == (
        "The suite as a whole is worse by more than chance: over 9 cases it fell (p = 0.01)."
    )


def test_too_little_compared_is_said_before_doubts_and_what_the_rest_took_behind_them() -> None:
    run = run_of("still passing", "suspected", "new", "new", "new", "new")
    assert run.gate
    gate = replace(
        run.gate, compared=2, judged=6, least_compared=0.5, moved=("The suite moved.",), calls=12,
        cost_usd=0.5,
    )  # fmt: skip
    found = since_baseline(replace(run, gate=gate))
    assert found
    assert found.headline == "Too little was judged: 2 of 6, against main.jsonl"
    assert found.reasons == (
        "The suite moved.", "Telling change from chance took 12 calls after the run, $0.5.",
    )  # fmt: skip
    unchecked = since_baseline(replace(run, gate=replace(gate, least_compared=None)))
    assert unchecked
    assert unchecked.headline == (
        "No regression proven, but 1 cell is suspected and the suite lies below the baseline and "
        "2 of 6 cells were compared, against main.jsonl"
    )


def test_a_family_that_fell_is_named_in_the_headline_and_its_fall_told_once() -> None:
    run = run_of("still passing", "still passing")
    assert run.gate
    shift = FamilyShift("arena.yaml", "refunds", 12, 9, 0.22, 0.0004)
    found = since_baseline(replace(run, gate=replace(run.gate, families=(shift,))))
    assert found
    assert found.headline == (
        "No regression proven, but the family 'refunds' fell as a whole, against main.jsonl"
    )
    assert found.reasons == (
        "The family 'refunds' of arena.yaml fell as a whole: 9 of its 12 cells, by 22.0 points "
        "(p = 0.0004).",
    )
    both = (shift, replace(shift, name="returns"))
    found = since_baseline(replace(run, gate=replace(run.gate, families=both)))
    assert found
    assert found.headline.startswith("No regression proven, but 2 families fell as a whole, ")


def test_the_providers_verdict_follows_that_of_the_gate() -> None:
    run = run_of("regressed", suite="over 9 cases nothing fell")
    own = compare(replace(run, gate=None)).conclusion
    reasons = compare(run).conclusion.reasons
    assert reasons[:2] == ("Over 9 cases nothing fell.", f"{own.headline}.")
    assert reasons[2:] == own.reasons


def test_without_a_baseline_there_is_nothing_to_say() -> None:
    assert since_baseline(replace(run_of("regressed"), gate=None)) is None


def test_statuses_that_ask_for_attention_come_first_and_unknown_ones_last() -> None:
    given = ["zzz", "new", "still passing", "regressed", "fixed", "new"]
    assert by_attention(given) == ["regressed", "fixed", "still passing", "new", "zzz"]


def test_cells_that_are_gone_are_counted_too() -> None:
    run = run_of("still passing")
    assert run.gate
    found = since_baseline(replace(run, gate=replace(run.gate, removed=("a", "b"))))
    assert found
    assert found.counts == (("still passing", 1), ("removed", 2))


def test_the_change_of_a_provider_is_over_the_cells_that_were_compared() -> None:
    found = since_baseline(run_of("regressed", "still failing", "new", "error"))
    assert found
    change = found.by_provider["haiku"]
    assert (change.value, change.n) == (-0.5, 2)
    nothing = since_baseline(run_of("new", "insufficient data"))
    assert nothing
    assert nothing.by_provider == {}


def test_a_record_of_a_trial_tells_how_its_cell_stands() -> None:
    base = synthetic_run(1, 1, rich=False)
    standing = GateFinding(
        "regressed",
        "fell",
        Count(20, 20),
        Count(0, 1),
        Count(1, 8),
        p_value=0.004,
        changed=("prompt",),
    )
    cell = replace(base.cells[0], standing=standing, trials_not_run=2)
    (row,) = trial_rows(replace(base, cells=(cell,)))
    assert list(row) == list(COLUMNS)
    told = {
        name: row[name] for name in COLUMNS if name.startswith(("baseline", "fresh", "trials_"))
    }
    assert told == {
        "trials_not_run": 2,
        "baseline_status": "regressed",
        "baseline_reason": "fell",
        "baseline_passed": 20,
        "baseline_judged": 20,
        "fresh_passed": 1,
        "fresh_judged": 8,
        "baseline_p_value": 0.004,
        "baseline_changed": ["prompt"],
    }


@pytest.mark.parametrize(
    ("times", "said"),
    [((0.006, 0.002), False), ((500.0, 0.002), False), ((600.0, 200.0), True)],
)
def test_answers_within_a_millisecond_are_not_called_faster(
    times: tuple[float, float], said: bool
) -> None:
    base = synthetic_run(4, 2, rich=False)
    cells = tuple(
        replace(
            cell,
            verdict="failed" if i == 1 else "passed",  # so that the slower one leads
            trials=(Trial((), (Response("x", latency_ms=times[i % 2]),), verdict="passed"),),
        )
        for i, cell in enumerate(base.cells)
    )
    reasons = " ".join(compare(replace(base, cells=cells)).conclusion.reasons)
    assert ("times faster" in reasons) is said


def test_what_trials_took_is_compared_over_the_cells_that_have_both() -> None:
    run = run_of("still passing", "regressed", "still passing", "incomparable")
    sides = (
        (Took(100.0, 0.01), Took(200.0, 0.03)),
        (Took(300.0, None), Took(500.0, 0.02)),
        (Took(None, 0.03), Took(900.0, 0.05)),
        (Took(1.0, 9.0), Took(1.0, 9.0)),
    )
    cells = []
    for cell, (before, now) in zip(run.cells, sides, strict=True):
        assert cell.standing is not None
        cells.append(replace(cell, standing=replace(cell.standing, took_before=before, took=now)))
    found = since_baseline(replace(run, cells=tuple(cells)))
    assert found is not None
    (change,) = found.took.values()
    assert change.latency_ms == (200.0, 350.0)
    assert change.cost_usd == pytest.approx((0.02, 0.04))


def test_nothing_is_said_of_what_was_not_measured() -> None:
    run = run_of("still passing")
    (cell,) = run.cells
    assert cell.standing is not None
    standing = replace(cell.standing, took_before=Took(0.0), took=Took(0.0, 0.1))
    found = since_baseline(replace(run, cells=(replace(cell, standing=standing),)))
    assert found is not None
    assert list(found.took.values()) == [TookChange(None, None)]
