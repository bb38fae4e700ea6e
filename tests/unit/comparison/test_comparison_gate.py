"""The gate finds what is worse, stays quiet where nothing changed, and says when it cannot tell."""

from __future__ import annotations

import sys
from dataclasses import replace
from math import isfinite
from pathlib import Path
from random import Random

import pytest
from gate_runs import cell_of, kept, run_of, trials_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.baseline.model import Baseline
from pytest_arena.comparison.baseline.update import Collected
from pytest_arena.comparison.gate.cells import GateCell
from pytest_arena.comparison.gate.gate import GateResult, Rules, assess, suspects
from pytest_arena.comparison.gate.status import STATUSES
from pytest_arena.results import Cell, Finding

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))

RESET = "arena.yaml::Reset[mini]"


def verdict_on(before: Cell, now: Cell, fresh: str = "") -> GateCell:
    trials = {now.id: trials_of(fresh)} if fresh else None
    (cell,) = assess(run_of(now), kept(before), fresh=trials).cells
    return cell


def test_a_suspect_that_fails_its_fresh_trials_has_regressed() -> None:
    before, now = cell_of("P" * 20), cell_of("FFF", prompt="p2")
    assert suspects(run_of(now), kept(before)) == [RESET]
    cell = verdict_on(before, now, "F" * 8)
    assert cell.status == "regressed"
    assert cell.fails
    assert cell.changed == ("prompt",)
    assert cell.dropped == ("0:contains",)
    assert cell.p_value == pytest.approx(1 / 3108105)
    assert cell.reason == ("0 of 8 fresh trials passed, 20 of 20 did in the baseline (p = 3.2e-07)")


def test_only_fresh_trials_decide_since_the_others_chose_the_suspect() -> None:
    cell = verdict_on(cell_of("P" * 20), cell_of("FFF"), "P" * 8)
    assert cell.status == "flaky"
    assert not cell.fails
    assert cell.reason == (
        "0 of 3 passed now, 20 of 20 in the baseline, but 8 of 8 fresh trials passed"
    )


def test_a_suspect_without_fresh_trials_stays_one() -> None:
    cell = verdict_on(cell_of("P" * 20), cell_of("FFF"))
    assert cell.status == "suspected"
    assert not cell.fails
    assert cell.reason == (
        "0 of 3 passed now, 20 of 20 in the baseline; no fresh trials were made to confirm it"
    )


def test_a_suspect_that_is_worse_by_what_may_be_chance_stays_one() -> None:
    cell = verdict_on(cell_of("PPPF"), cell_of("FFF"), "FFFFFPPF")
    assert cell.status == "suspected"
    assert cell.reason == (
        "0 of 3 passed now, 3 of 4 in the baseline; 2 of 8 fresh trials passed, "
        "which may be chance (p = 0.15)"
    )


def test_holm_makes_many_suspects_pay_for_their_number() -> None:
    cases = [f"case {n}" for n in range(10)]
    before = [cell_of("PPP", case) for case in cases]
    now = [cell_of("FFF", case) for case in cases]
    fresh = {cell.id: trials_of("PPPPPPPP") for cell in now}
    fresh[now[0].id] = trials_of("FFFFFFFF")
    result = assess(run_of(*now), kept(*before), fresh=fresh)
    first = result.cells[0]
    assert first.p_value == pytest.approx(1 / 165)
    assert first.adjusted == pytest.approx(10 / 165)
    assert first.status == "suspected"
    alone = assess(run_of(now[0]), kept(before[0]), fresh=fresh)
    assert alone.cells[0].status == "regressed"


@pytest.mark.parametrize(("before", "now"), [("P", "F"), ("P", "FFF")])
def test_one_trial_in_the_baseline_is_too_little_to_show_anything(before: str, now: str) -> None:
    run, baseline = run_of(cell_of(now)), kept(cell_of(before))
    assert suspects(run, baseline) == []
    (cell,) = assess(run, baseline).cells
    assert cell.status == "insufficient data"
    assert cell.reason == (
        f"0 of {len(now)} passed now, 1 of 1 in the baseline; with 8 fresh trials, a baseline of 1 "
        "can never show a regression (2 passed ones could)"
    )


def test_three_fresh_trials_against_three_are_insufficient() -> None:
    run, baseline = run_of(cell_of("FFF")), kept(cell_of("PPP"))
    rules = Rules(confirm_trials=3)
    assert suspects(run, baseline, rules) == []
    (cell,) = assess(run, baseline, rules).cells
    assert cell.status == "insufficient data"
    assert cell.reason.endswith("(5 passed ones could)")


@pytest.mark.parametrize("source", ["mock", "recording", "cache"])
@pytest.mark.parametrize(
    ("before", "now", "status"),
    [("P", "F", "regressed"), ("F", "P", "fixed"), ("P", "P", "still passing"),
     ("F", "F", "still failing")],
)  # fmt: skip
def test_a_deterministic_cell_needs_no_statistics(
    source: str, before: str, now: str, status: str
) -> None:
    old = cell_of(before, source=source)
    new = cell_of(now, source=source)
    assert suspects(run_of(new), kept(old)) == []
    cell = verdict_on(old, new)
    assert cell.status == status
    assert cell.p_value is None


def test_the_reason_of_a_flip_tells_whether_the_answer_is_another() -> None:
    old, new = cell_of("P", source="recording"), cell_of("F", source="recording")
    assert verdict_on(old, new).reason == (
        "failed now, passed in the baseline, with the same recording answer"
    )


def test_a_prompt_that_is_blocked_before_a_call_is_deterministic() -> None:
    blocked = replace(trials_of("P")[0], responses=())
    now = cell_of("F", trials=[replace(blocked, verdict="failed")])
    cell = verdict_on(cell_of("P", trials=[blocked]), now)
    assert cell.status == "regressed"
    assert cell.reason == "failed now, passed in the baseline, without a call"


@pytest.mark.parametrize(("before", "now"), [("mock", "call"), ("call", "mock")])
def test_mock_answers_are_not_compared_with_real_ones(before: str, now: str) -> None:
    old = cell_of("P" * 20, source=before)
    new = cell_of("FFF", source=now)
    side = "baseline's" if before == "mock" else "run's"
    cell = verdict_on(old, new)
    assert cell.status == "incomparable"
    assert cell.reason == f"only the {side} answers are mock answers; failed now"


def test_an_answer_that_was_replayed_often_counts_once_beside_live_ones() -> None:
    cell = verdict_on(cell_of("P" * 20, source="recording"), cell_of("FFF"))
    assert cell.status == "insufficient data"
    assert cell.before is not None
    assert cell.before.judged == 1


@pytest.mark.parametrize("part", ["assertions", "judge"])
def test_changed_assertions_make_a_cell_incomparable_and_never_a_regression(part: str) -> None:
    cell = verdict_on(cell_of("P" * 20), cell_of("FFF", **{part: "new"}))
    assert cell.status == "incomparable"
    assert cell.reason == f"the {part} changed since the baseline; failed now"
    assert cell.changed == (part,)


def test_a_changed_model_is_compared_and_named() -> None:
    now = cell_of("FFF")
    now = replace(now, hashes={**now.hashes, "provider": "m2"})
    cell = verdict_on(cell_of("P" * 20), now, "F" * 8)
    assert (cell.status, cell.changed, cell.prompt_diff) == ("regressed", ("provider",), ())


def test_an_outage_is_neither_a_regression_nor_a_pass() -> None:
    run, baseline = run_of(cell_of("EEE")), kept(cell_of("P" * 20))
    assert suspects(run, baseline) == []
    result = assess(run, baseline)
    (cell,) = result.cells
    assert cell.status == "error"
    assert cell.reason == "no verdict was reached: timeout: no answer within 60 s"
    assert result.failed
    assert result.suite is None


def test_errors_stay_out_of_the_denominators() -> None:
    cell = verdict_on(cell_of("P" * 20), cell_of("PEE"))
    assert cell.status == "still passing"
    assert cell.now is not None
    assert (cell.now.judged, cell.now.error) == (1, 2)


def test_fresh_trials_without_a_verdict_are_an_error_of_the_cell() -> None:
    cell = verdict_on(cell_of("P" * 20), cell_of("FFF"), "E" * 8)
    assert cell.status == "error"
    assert cell.reason == (
        "0 of 3 passed now, 20 of 20 in the baseline, and none of 8 fresh trials reached a verdict"
    )


def test_too_few_fresh_trials_with_a_verdict_confirm_nothing() -> None:
    cell = verdict_on(cell_of("PPP"), cell_of("FFF"), "FFEEEEEE")
    assert cell.status == "suspected"
    assert cell.reason.endswith("only 2 of 8 fresh trials reached a verdict, too few to confirm it")


def test_what_failed_before_is_still_failing() -> None:
    result = assess(run_of(cell_of("FFF")), kept(cell_of("F" * 20)))
    assert result.counts == {"still failing": 1}
    assert not result.failed
    assert result.suite is not None
    assert (result.suite.p_value, result.suite.significant) == (1.0, False)


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        ("P" * 20, "PPP", "still passing"),
        ("P" * 20, "PPF", "flaky"),
        ("F" * 20, "PPP", "fixed"),
        ("P" * 18 + "FF", "PPP", "flaky"),
        ("P" * 18 + "FF", "PPF", "still failing"),
        ("F", "P", "insufficient data"),
        ("E", "P", "insufficient data"),
    ],
)
def test_statuses_without_a_suspicion(before: str, now: str, status: str) -> None:
    assert verdict_on(cell_of(before), cell_of(now)).status == status


def test_what_fails_over_all_trials_alone_is_suspected_and_said_to_be_beyond_confirming() -> None:
    slow = Finding("avg_response_time", "failed", 0.0, "3.2 s on average", 9)
    now = replace(cell_of("PPP"), verdict="failed", assertions=(slow,))
    cell = verdict_on(cell_of("P" * 20), now)
    assert cell.status == "suspected"
    assert cell.reason == (
        "avg_response_time failed over all trials, which fresh trials cannot confirm; "
        "3 of 3 passed now, 20 of 20 in the baseline"
    )


def test_new_and_removed_cells_fail_nothing() -> None:
    run = run_of(cell_of("F", "new"))
    seen = Collected.of([run.cells[0].id])
    result = assess(run, kept(cell_of("P", "old", prompt="p9")), collected=seen)
    assert [(cell.key[1], cell.status) for cell in result.cells] == [
        ("new", "new"), ("old", "removed"),
    ]  # fmt: skip
    assert not result.failed
    assert result.cells[0].reason == "not in the baseline; failed now"


def test_deselected_cells_and_other_files_are_not_removed() -> None:
    run = run_of(cell_of("P"))
    baseline = kept(cell_of("P"), cell_of("P", "deselected"), cell_of("P", file="b.yaml"))
    seen = Collected.of([RESET, "arena.yaml::deselected[mini]"])
    assert assess(run, baseline, collected=seen).counts == {"still passing": 1}
    assert assess(run, baseline).counts == {"still passing": 1}
    gone = Collected.of([RESET, "arena.yaml::deselected[mini]"], gone_files=["b.yaml"])
    assert assess(run, baseline, collected=gone).counts == {"still passing": 1, "removed": 1}


def test_a_renamed_case_is_named() -> None:
    run = run_of(cell_of("F", "New name"))
    seen = Collected.of([run.cells[0].id])
    new, removed = assess(run, kept(cell_of("P", "Old name")), collected=seen).cells
    assert (new.status, new.renamed_from, removed.status) == ("new", "Old name", "removed")
    assert new.reason == (
        "not in the baseline; failed now; it asks what 'Old name' asked, which is gone: renamed?"
    )
    twins = kept(cell_of("P", "Old name"), cell_of("P", "Older name"))
    assert assess(run, twins, collected=seen).cells[0].renamed_from is None


def test_the_prompt_is_shown_as_a_diff() -> None:
    old = cell_of("P" * 20, trials=trials_of("P" * 20, prompt="Be polite.\nAnswer."))
    new = cell_of("FFF", trials=trials_of("FFF", prompt="Be rude.\nAnswer."), prompt="p2")
    cell = verdict_on(old, new, "F" * 8)
    assert cell.prompt_diff == (
        "--- baseline", "+++ now", "@@ -1,2 +1,2 @@",
        "-user: Be polite.", "+user: Be rude.", " user: Answer.",
    )  # fmt: skip


def test_skipped_cells_are_left_out() -> None:
    run = run_of(replace(cell_of("P"), verdict="skipped", trials=()))
    result = assess(run, kept(cell_of("P" * 20)))
    assert (result.cells, result.suite, result.failed) == ((), None, False)


def test_the_suite_is_tested_over_cases_and_not_over_cells() -> None:
    cases = [f"case {n}" for n in range(12)]
    before = [cell_of("P" * 20, case, name) for case in cases for name in ("a", "b")]
    now = [cell_of("PPF", case, name) for case in cases for name in ("a", "b")]
    suite = assess(run_of(*now), kept(*before)).suite
    assert suite is not None
    assert (suite.cases, suite.worse, suite.better) == (12, 12, 0)
    assert suite.p_value == pytest.approx(2**-12)
    assert suite.drop == pytest.approx(1 / 3)
    assert suite.reason == (
        "over 12 cases the pass rate is 33.3 points below the baseline's "
        "(12 worse, 0 better; p = 0.000244)"
    )
    assert assess(run_of(*now), kept(*before)).failed


def test_deterministic_cells_are_no_part_of_the_test_over_the_suite() -> None:
    before, now = cell_of("P", source="mock"), cell_of("F", source="mock")
    assert assess(run_of(now), kept(before)).suite is None


@pytest.mark.parametrize("baseline", [Baseline(), kept()])
def test_an_empty_baseline_makes_every_cell_new(baseline: Baseline) -> None:
    result = assess(run_of(cell_of("F")), baseline)
    assert result.counts == {"new": 1}
    assert not result.failed


def test_an_empty_run_is_no_regression() -> None:
    assert not assess(run_of(), kept(cell_of("P"))).failed


@pytest.mark.parametrize(
    "rules", [{"alpha": 0.0}, {"alpha": 1.0}, {"min_effect": 0.0}, {"confirm_trials": 0}]
)
def test_rules_that_make_no_sense_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no gate can go by"):
        Rules(**rules)


marks = st.text("PFE", min_size=1, max_size=6)
sources = st.sampled_from(["call", "mock", "recording"])
sides = st.tuples(marks, marks, st.text("PFE", max_size=8), sources, st.sampled_from(["x", "y"]))


@settings(deadline=None)
@given(st.lists(sides, max_size=8), st.randoms())
def test_any_run_gets_a_verdict_that_depends_on_no_order(
    given_sides: list[tuple[str, str, str, str, str]], chance: Random
) -> None:
    before, now, fresh = [], [], {}
    for number, (old, new, more, source, changed) in enumerate(given_sides):
        case = f"case {number}"
        before.append(cell_of(old, case, source=source))
        now.append(cell_of(new, case, source=source, assertions=changed if number % 3 else "a1"))
        fresh[now[-1].id] = trials_of(more)
    result = assess(run_of(*now), kept(*before), fresh=fresh)
    assert [cell.status in STATUSES for cell in result.cells] == [True] * len(now)
    assert all(finite(cell.p_value) and finite(cell.adjusted) for cell in result.cells)
    assert result.suite is None or (isfinite(result.suite.p_value) and isfinite(result.suite.drop))
    for cell in result.cells:
        assert cell.status != "regressed" or (cell.now is not None and cell.now.failed)
    chance.shuffle(before)
    chance.shuffle(now)
    assert assess(run_of(*now), kept(*before), fresh=fresh) == result


def finite(value: float | None) -> bool:
    return value is None or isfinite(value)


@settings(deadline=None)
@given(marks, st.integers(1, 8))
def test_a_run_is_never_worse_than_itself(mark: str, cells: int) -> None:
    same = [cell_of(mark, f"case {n}") for n in range(cells)]
    result = assess(run_of(*same), kept(*same))
    assert not result.of("regressed", "suspected", "fixed", "flaky")
    assert result.suite is None or result.suite.p_value == 1.0


@pytest.mark.untraced  # traced, it takes ten times as long; what it runs is covered by others
@pytest.mark.parametrize("number", range(3))
def test_the_gate_is_quiet_without_a_change_and_finds_what_is_broken(number: int) -> None:
    # the whole simulation, with 1,000 runs, is benchmarks/gate.py
    from gate import SCENARIOS, simulate

    outcome = simulate(SCENARIOS[number], 60, seed=number)
    assert outcome.meets(SCENARIOS[number]), outcome
    assert outcome.extra_calls < 60


def test_the_result_holds_its_rules_and_the_baselines_name() -> None:
    rules = Rules(alpha=0.1)
    result: GateResult = assess(run_of(cell_of("P")), replace(kept(), name="b.jsonl"), rules)
    assert (result.rules, result.baseline) == (rules, "b.jsonl")
