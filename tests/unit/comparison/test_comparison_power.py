"""How many cases show a drop: Miller's formula, fed by the results at hand."""

from __future__ import annotations

from math import isfinite
from random import Random

import pytest
from gate_runs import cell_of, kept, run_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.power import plan_power
from pytest_arena.comparison.stats.intervals_and_tests import cases_needed
from pytest_arena.results import RunResult


def test_the_formula_has_the_reference_value() -> None:
    assert cases_needed(0.03, between=1 / 9) == 969


def many(cases: int, trials: int, seed: int = 1) -> RunResult:
    chance = Random(seed)
    cells = []
    for number in range(cases):
        rate = chance.betavariate(8, 1)
        marks = "".join("P" if chance.random() < rate else "F" for _ in range(trials))
        cells.append(cell_of(marks, f"case {number:03}"))
    return run_of(*cells)


def test_more_trials_and_larger_drops_need_fewer_cases() -> None:
    plan = plan_power(many(100, 5), drop=0.05)
    assert plan is not None
    cases = [need.cases for need in plan.needs]
    assert cases == sorted(cases, reverse=True)
    larger = plan_power(many(100, 5), drop=0.1)
    assert larger is not None
    assert all(a.cases > b.cases for a, b in zip(plan.needs, larger.needs, strict=True))


def test_the_figures_follow_the_formula() -> None:
    plan = plan_power(many(100, 5), drop=0.05, trials=(3,))
    assert plan is not None
    assert plan.needs[0].cases == cases_needed(
        0.05, between=plan.between, within_a=plan.within, within_b=plan.within,
        trials_a=20, trials_b=3,
    )  # fmt: skip
    # Beta(8, 1): E[p(1 − p)] = 8/90, and all-or-nothing breaks: δ·E[p²]/E[p] − δ²
    assert plan.within == pytest.approx(8 / 90, abs=0.03)
    assert plan.between == pytest.approx(0.05 * (8 / 10) / (8 / 9) - 0.0025, abs=0.005)


def test_the_drop_that_the_cases_at_hand_show_is_one_that_needs_no_more_of_them() -> None:
    run = many(100, 5)
    plan = plan_power(run, trials=(3,))
    assert plan is not None
    smallest = plan.needs[0].drop
    assert smallest is not None
    exact = plan_power(run, drop=smallest, trials=(3,))
    less = plan_power(run, drop=smallest - 0.001, trials=(3,))
    assert exact is not None
    assert less is not None
    assert exact.needs[0].cases <= 100 < less.needs[0].cases


def test_the_spread_of_real_differences_is_taken_where_there_are_enough() -> None:
    cases = [f"case {n}" for n in range(20)]
    before = [cell_of("P" * 20, case) for case in cases]
    now = [cell_of("FFFF" if n % 4 == 0 else "PPPP", case) for n, case in enumerate(cases)]
    plan = plan_power(run_of(*now), kept(*before))
    assert plan is not None
    assert plan.between == pytest.approx(0.25 * 0.75 * 20 / 19)
    assert plan.basis == "cases differ from the baseline by 44 points (one sd)"
    few = plan_power(run_of(*now[:9]), kept(*before))
    assert few is not None
    assert few.basis == "assuming that the drop comes from cases that break outright"


def test_single_trials_are_said_to_tell_little() -> None:
    plan = plan_power(many(50, 1))
    assert plan is not None
    assert plan.within == pytest.approx(plan.pass_rate * (1 - plan.pass_rate))
    assert plan.remarks == (
        "no case has several trials, so that all variance counts as chance: run with "
        "--arena-trials=3 for better figures",
    )


def test_the_baselines_trials_tell_the_chance_within_a_case() -> None:
    plan = plan_power(many(50, 1), kept(*many(50, 20).cells))
    assert plan is not None
    assert plan.within == pytest.approx(8 / 90, abs=0.03)
    assert plan.remarks == ()


def test_a_drop_below_nothing_is_said_to_be_impossible() -> None:
    plan = plan_power(run_of(*(cell_of("FFF", str(n)) for n in range(40))), drop=0.2)
    assert plan is not None
    assert plan.remarks == ("the pass rate is 0 %, so that it cannot drop so far",)


@pytest.mark.parametrize("cells", [[], [cell_of("EE")]])
def test_no_plan_comes_from_no_results(cells: list[object]) -> None:
    assert plan_power(run_of(*cells)) is None


@pytest.mark.parametrize(
    "settings", [{"drop": 0.0}, {"drop": 1.1}, {"alpha": 0.0}, {"power": 1.0},
                 {"baseline_trials": 0}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="are shares"):
        plan_power(many(3, 1), **settings)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text("PFE", min_size=1, max_size=4), max_size=12), st.booleans())
def test_any_results_give_a_plan_without_gaps(marks: list[str], with_baseline: bool) -> None:
    run = run_of(*(cell_of(mark, str(n)) for n, mark in enumerate(marks)))
    plan = plan_power(run, kept(*run.cells) if with_baseline else None)
    if plan is not None:
        assert all(need.cases >= 1 for need in plan.needs)
        assert all(isfinite(x) and x >= 0 for x in (plan.between, plan.within, plan.pass_rate))
