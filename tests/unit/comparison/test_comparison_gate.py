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
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.baseline.update import Collected
from pytest_arena.comparison.gate.cells import GateCell
from pytest_arena.comparison.gate.decision import Ask
from pytest_arena.comparison.gate.gate import GateResult, Rules, assess, wanted
from pytest_arena.comparison.gate.status import STATUSES
from pytest_arena.results import Cell, Finding, RunResult, Source, Trial

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))

RESET = "arena.yaml::Reset[mini]"
OLD = "p1 m1"


def asked(cell: Cell, new: str, old: str | None = None) -> Cell:
    """Return a cell with fresh trials, beside the old version where those of it are given."""
    first = len(cell.trials)
    beside = None if old is None else numbered(old, first)
    return replace(
        cell,
        confirmation=numbered(new, first),
        confirmation_old=beside or (),
        old_version=None if old is None else OLD,
    )


def numbered(marks: str, first: int) -> tuple[Trial, ...]:
    return tuple(replace(t, index=first + place) for place, t in enumerate(trials_of(marks)))


def verdict_on(before: Cell, now: Cell, fresh: str = "", rules: Rules | None = None) -> GateCell:
    (cell,) = assess(run_of(asked(now, fresh)), kept(before), rules).cells
    return cell


def again(before: str, now: str, new: str, old: str) -> GateCell:
    cell = asked(cell_of(now, prompt="p2"), new, old)
    (found,) = assess(run_of(cell), kept(cell_of(before))).cells
    return found


def test_a_suspect_that_fails_its_fresh_trials_has_regressed() -> None:
    before, now = cell_of("P" * 20), cell_of("FFF", prompt="p2")
    assert wanted(run_of(now), kept(before)) == [Ask(RESET, 5)]
    cell = verdict_on(before, now, "F" * 10)
    assert cell.status == "regressed"
    assert cell.changed == ("prompt",)
    assert cell.dropped == ("0:contains",)
    assert cell.reason == (
        "0 of 10 fresh trials passed, 20 of 20 did in the baseline (p = 1.7e-08)"
    )


@pytest.mark.parametrize(("before", "trials"), [("P", 80), ("PP", 10), ("PPP", 10), ("P" * 20, 10)])
def test_one_broken_cell_is_named_whatever_the_baseline_has(before: str, trials: int) -> None:
    now = cell_of("FFF")
    cell = now
    for done in range(0, trials, 5):
        cell = asked(now, "F" * done)
        assert wanted(run_of(cell), kept(cell_of(before)))
    cell = asked(now, "F" * trials)
    assert not wanted(run_of(cell), kept(cell_of(before)))
    assert verdict_on(cell_of(before), now, "F" * trials).status == "regressed"


def test_only_fresh_trials_decide_since_the_others_chose_the_suspect() -> None:
    cell = verdict_on(cell_of("P" * 20), cell_of("FFF"), "P" * 10)
    assert cell.status == "flaky"
    assert cell.reason == (
        "0 of 3 passed now, 20 of 20 in the baseline, but 10 of 10 fresh trials passed"
    )


def test_a_cell_is_asked_no_further_once_nothing_can_be_shown_any_more() -> None:
    now = asked(cell_of("FFF"), "P" * 20)
    assert wanted(run_of(now), kept(cell_of("PPP"))) == []


def test_a_run_of_one_trial_is_topped_up_before_a_cell_is_a_suspect() -> None:
    now, baseline = cell_of("F"), kept(cell_of("PPPPP"))
    assert wanted(run_of(now), baseline) == [Ask(RESET, 2)]
    cleared = asked(now, "PP")
    assert wanted(run_of(cleared), baseline) == []
    (cell,) = assess(run_of(cleared), baseline).cells
    assert cell.status == "flaky"
    assert cell.reason == (
        "0 of 1 passed now, 5 of 5 in the baseline, but 2 of 2 further trials passed"
    )
    still = asked(now, "PF")
    assert wanted(run_of(still), baseline) == [Ask(RESET, 5)]
    # the trials that made it a suspect are no part of the ten that decide
    (cell,) = assess(run_of(asked(now, "PF" + "F" * 10)), baseline).cells
    assert cell.reason.startswith("0 of 10 fresh trials passed")


def test_a_suspect_without_fresh_trials_stays_one() -> None:
    cell = verdict_on(cell_of("P" * 20), cell_of("FFF"))
    assert cell.status == "suspected"
    assert cell.reason == (
        "0 of 3 passed now, 20 of 20 in the baseline; no fresh trials were made to confirm it"
    )


def test_a_suspect_that_is_worse_by_what_may_be_chance_stays_one() -> None:
    cell = verdict_on(cell_of("PPPF"), cell_of("FFF"), "FFFFFPPFFF")
    assert cell.status == "suspected"
    assert cell.reason.startswith(
        "0 of 3 passed now, 3 of 4 in the baseline; 2 of 10 fresh trials passed, 3 of 4 did in "
        "the baseline, which may be chance"
    )


def test_many_suspects_pay_for_their_number_by_a_step_up() -> None:
    cases = [f"case {n}" for n in range(10)]
    before = [cell_of("PPP", case) for case in cases]
    now = [asked(cell_of("FFF", case), "P" * 20) for case in cases]
    now[0] = asked(cell_of("FFF", cases[0]), "F" * 10)
    first = assess(run_of(*now), kept(*before)).cells[0]
    assert first.adjusted == pytest.approx(10 * 0.000891449 / 0.3, rel=1e-4)
    assert first.status == "blind"
    assert wanted(run_of(*now), kept(*before)) == [Ask(now[0].id, 10)]
    all_broken = [asked(cell, "F" * 10) for cell in now]
    assert assess(run_of(*all_broken), kept(*before)).counts == {"regressed": 10}


def test_what_passed_and_never_passes_now_is_blind_where_it_cannot_be_proven() -> None:
    cases = [f"case {n}" for n in range(6)]
    calm = [cell_of("PPP", f"calm {n}") for n in range(60)]
    before = [*calm, *(cell_of("P" if case == "case 0" else "F", case) for case in cases)]
    now = [asked(cell_of("FFF", case), "F" * 80 if case == "case 0" else "") for case in cases]
    result = assess(run_of(*calm, *now), kept(*before))
    (cell,) = result.of("blind")
    assert (cell.status, result.failed) == ("blind", True)
    assert cell.reason == (
        "passed 1 of 1 in the baseline and 0 of 80 fresh trials now; beside 5 other suspects a "
        "baseline of 1 trial proves nothing. Let the old version be asked again "
        "(--arena-old git:main), or make the baseline with 5 trials"
    )
    assert not assess(run_of(*calm, *now), kept(*before), Rules(blind_fails=False)).failed


def test_pairs_name_what_the_old_version_passed_in_the_same_minutes() -> None:
    cell = again("PPP", "FFF", "F" * 4, "P" * 4)
    assert cell.status == "regressed"
    assert cell.evidence == pytest.approx(132.593, rel=1e-4)
    assert cell.reason == (
        "The new version passed 0 of 4 fresh trials, the old one 4 of 4 in the same minutes "
        "(evidence 133 to 1, 40 were needed)"
    )


@pytest.mark.parametrize(
    ("before", "now", "new", "old", "status", "reason"),
    [
        (
            "PPPPPPPP", "FFF", "FFF", "FFF", "drifted",
            "fails under the old version, too: new 0 of 3, old 0 of 3, 8 of 8 in the baseline. "
            "Not your change",
        ),
        (
            "P", "PFF", "PPPPPF", "PPPPPF", "flaky",
            "no change: 1 of 3 passed in the run; asked again: new 5 of 6, old 5 of 6",
        ),
        (
            "F", "FFF", "FFF", "FFF", "still failing",
            "fails under the old version, too: new 0 of 3, old 0 of 3",
        ),
    ],
)  # fmt: skip
def test_pairs_clear_what_is_no_change_of_ours(
    before: str, now: str, new: str, old: str, status: str, reason: str
) -> None:
    cell = again(before, now, new, old)
    assert (cell.status, cell.reason) == (status, reason)


def test_pairs_are_asked_in_rounds_of_three_and_the_last_one_no_larger_than_it_must_be() -> None:
    now, baseline = cell_of("FFF", prompt="p2"), kept(cell_of("PPP"))
    first = replace(now, old_version=OLD)
    assert wanted(run_of(first), baseline) == [Ask(RESET, 3, beside_old=True)]
    assert wanted(run_of(asked(now, "FFF", "PPP")), baseline) == [Ask(RESET, 1, beside_old=True)]
    assert wanted(run_of(asked(now, "FFFF", "PPPP")), baseline) == []
    alike = wanted(run_of(asked(now, "FFFF", "FFFF")), baseline)
    # the cell is cleared, so that the fall of the suite is still to be explained
    assert alike == [Ask(RESET, 2, beside_old=True, for_suite=True)]


@pytest.mark.parametrize(("pairs", "enough"), [(4, False), (5, True)])
def test_a_part_of_the_cells_is_asked_as_much_as_the_whole_may_need(
    pairs: int, enough: bool
) -> None:
    baseline = kept(*(cell_of("PPP", case) for case in ["Reset", *"ABCDEFGHI"]))
    part = run_of(asked(cell_of("FFF", prompt="p2"), "F" * pairs, "P" * pairs))
    assert (not wanted(part, baseline)) is enough
    (cell,) = assess(part, baseline).cells
    assert cell.reason.endswith("to 1, 400 were needed)")
    # cells that are no more are suspects nowhere
    alone = Collected.of([RESET])
    assert wanted(part, baseline, collected=alone) == []
    assert (
        assess(part, baseline, collected=alone)
        .of("regressed")[0]
        .reason.endswith("(evidence 133 to 1, 40 were needed)")
    )


def test_the_stored_baseline_is_looked_at_again_where_the_whole_may_need_it() -> None:
    ten = asked(cell_of("FFF"), "F" * 10)
    for others, asks in ((7, []), (8, [Ask(RESET, 10)])):
        baseline = kept(cell_of("PPP"), *(cell_of("PPP", f"case {n}") for n in range(others)))
        assert wanted(run_of(ten), baseline) == asks


def test_pairs_beyond_those_that_decide_beside_fewer_suspects_change_nothing() -> None:
    # a part of the run asked on, since the whole might have needed it, and the cell passed again
    more = again("PPP", "FFF", "FFFF" + "P" * 12, "PPPP" + "F" * 12)
    plain = again("PPP", "FFF", "FFFF", "PPPP")
    assert (more.status, more.reason, more.evidence) == (
        plain.status, plain.reason, plain.evidence,
    )  # fmt: skip


def test_a_cell_that_was_nearly_as_bad_before_is_not_asked_again() -> None:
    now = replace(cell_of("FFP", prompt="p2"), old_version=OLD)
    assert wanted(run_of(now), kept(cell_of("FFFPP"))) == []


def test_an_old_version_that_cannot_be_asked_any_more_leaves_the_stored_baseline() -> None:
    now, baseline = cell_of("FFF", prompt="p2"), kept(cell_of("PPPPP"))
    gone = asked(now, "FFF", "EEE")
    assert wanted(run_of(gone), baseline) == [Ask(RESET, 5)]
    (cell,) = assess(run_of(asked(now, "F" * 10, "EEE")), baseline).cells
    assert cell.status == "regressed"
    assert cell.reason.startswith("0 of 10 fresh trials passed, 5 of 5 did in the baseline")
    judged_anew = asked(cell_of("FFF", assertions="a2"), "FFF", "EEE")
    assert assess(run_of(judged_anew), baseline).counts == {"incomparable": 1}


def test_calls_that_only_fail_are_not_repeated_for_long() -> None:
    now = asked(cell_of("FFF"), "E" * 10)
    assert wanted(run_of(now), kept(cell_of("PPPPP"))) == []
    assert assess(run_of(now), kept(cell_of("PPPPP"))).counts == {"error": 1}


def test_changed_assertions_are_compared_where_the_old_version_can_be_asked() -> None:
    now = asked(cell_of("FFF", assertions="a2"), "FFFF", "PPPP")
    (cell,) = assess(run_of(now), kept(cell_of("P" * 20))).cells
    assert (cell.status, cell.changed) == ("regressed", ("assertions",))
    passing = replace(cell_of("PPP", assertions="a2"), old_version=OLD)
    (cell,) = assess(run_of(passing), kept(cell_of("F" * 20))).cells
    assert cell.status == "still passing"


def test_what_only_the_provider_can_have_changed_has_drifted_and_fails_only_if_wanted() -> None:
    now = replace(asked(cell_of("FFF"), "F" * 10), model_alone=True)
    result = assess(run_of(now), kept(cell_of("PPPPP")))
    assert (result.cells[0].status, result.failed) == ("drifted", False)
    assert result.cells[0].reason.endswith("nothing of yours changed: the provider did")
    assert assess(run_of(now), kept(cell_of("PPPPP")), Rules(drift_fails=True)).failed
    changed = replace(now, hashes={**now.hashes, "prompt": "p2"})
    assert assess(run_of(changed), kept(cell_of("PPPPP"))).counts == {"regressed": 1}


def test_confirm_trials_limits_what_a_suspect_is_asked() -> None:
    rules, baseline = Rules(confirm_trials=4), kept(cell_of("PPPPP"))
    assert wanted(run_of(cell_of("FFF")), baseline, rules) == [Ask(RESET, 4)]
    assert wanted(run_of(asked(cell_of("FFF"), "FFFF")), baseline, rules) == []
    beside = asked(cell_of("FFF", prompt="p2"), "FFFF", "PFPF")
    assert all(ask.for_suite for ask in wanted(run_of(beside), baseline, rules))


def test_a_case_with_several_prompts_is_asked_all_of_them() -> None:
    trials = [replace(t, index=n // 2, dialogue=n % 2) for n, t in enumerate(trials_of("FFFFFF"))]
    now = cell_of("FFFFFF", trials=trials)
    assert wanted(run_of(now), kept(cell_of("PPPPPP"))) == [Ask(RESET, 3)]


def test_a_spent_budget_ends_the_asking() -> None:
    now = replace(cell_of("FFF"), over_budget="$1 of the run")
    assert wanted(run_of(now), kept(cell_of("PPP"))) == []


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
    assert wanted(run_of(new), kept(old)) == []
    cell = verdict_on(old, new)
    assert cell.status == status
    assert cell.adjusted is None


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
    cell = verdict_on(cell_of("P" * 20), now, "F" * 10)
    assert (cell.status, cell.changed, cell.prompt_diff) == ("regressed", ("provider",), ())


def test_an_outage_is_neither_a_regression_nor_a_pass() -> None:
    run, baseline = run_of(cell_of("EEE")), kept(cell_of("P" * 20))
    assert wanted(run, baseline) == []
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
    now = asked(cell_of("FFF"), "E" * 80)
    assert wanted(run_of(now), kept(cell_of("P" * 20))) == []
    cell = verdict_on(cell_of("P" * 20), cell_of("FFF"), "E" * 80)
    assert cell.status == "error"
    assert cell.reason == (
        "0 of 3 passed now, 20 of 20 in the baseline, and none of 80 fresh trials reached a verdict"
    )


def test_what_failed_before_is_still_failing() -> None:
    result = assess(run_of(cell_of("FFF")), kept(cell_of("F" * 20)))
    assert result.counts == {"still failing": 1}
    assert not result.failed
    assert wanted(run_of(cell_of("FFF")), kept(cell_of("F" * 20))) == []


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        ("P" * 20, "PPP", "still passing"),
        ("P" * 20, "PPF", "flaky"),
        ("F" * 20, "PPP", "fixed"),
        ("P" * 18 + "FF", "PPP", "flaky"),
        ("P" * 18 + "FF", "PPF", "still failing"),
        ("F", "P", "flaky"),
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


def test_new_and_removed_cells_are_no_regression() -> None:
    run = run_of(cell_of("P", "kept"), cell_of("F", "new", prompt="p8"))
    seen = Collected.of([cell.id for cell in run.cells])
    baseline = kept(cell_of("P", "kept"), cell_of("P", "old", prompt="p9"))
    result = assess(run, baseline, collected=seen)
    assert [(cell.key[1], cell.status) for cell in result.cells] == [
        ("kept", "still passing"), ("new", "new"), ("old", "removed"),
    ]  # fmt: skip
    assert not result.failed
    assert result.cells[1].reason == "not in the baseline; failed now"


def test_deselected_cells_and_other_files_are_not_removed() -> None:
    run = run_of(cell_of("P"))
    baseline = kept(cell_of("P"), cell_of("P", "deselected"), cell_of("P", file="b.yaml"))
    seen = Collected.of([RESET, "arena.yaml::deselected[mini]"])
    assert assess(run, baseline, collected=seen).counts == {"still passing": 1}
    assert assess(run, baseline).counts == {"still passing": 1}
    gone = Collected.of([RESET, "arena.yaml::deselected[mini]"], gone_files=["b.yaml"])
    assert assess(run, baseline, collected=gone).counts == {"still passing": 1, "removed": 1}


def test_a_renamed_case_is_known_by_its_prompt_and_compared() -> None:
    run = run_of(asked(cell_of("FFF", "New name"), "F" * 10))
    seen = Collected.of([run.cells[0].id])
    (cell,) = assess(run, kept(cell_of("PPPPP", "Old name")), collected=seen).cells
    assert (cell.status, cell.renamed_from) == ("regressed", "Old name")
    twins = kept(cell_of("P", "Old name"), cell_of("P", "Older name"))
    assert assess(run, twins, collected=seen).counts == {"new": 1, "removed": 2}
    both = run_of(cell_of("F", "New name"), cell_of("F", "Newer name"))
    of_both = Collected.of([cell.id for cell in both.cells])
    assert assess(both, kept(cell_of("P", "Old name")), collected=of_both).counts == {
        "new": 2, "removed": 1,
    }  # fmt: skip


def test_the_prompt_is_shown_as_a_diff() -> None:
    old = cell_of("P" * 20, trials=trials_of("P" * 20, prompt="Be polite.\nAnswer."))
    new = cell_of("FFF", trials=trials_of("FFF", prompt="Be rude.\nAnswer."), prompt="p2")
    cell = verdict_on(old, new, "F" * 10)
    assert cell.prompt_diff == (
        "--- baseline", "+++ now", "@@ -1,2 +1,2 @@",
        "-user: Be polite.", "+user: Be rude.", " user: Answer.",
    )  # fmt: skip


def asked_as(cell: Cell, version: dict[str, object], hashed: str) -> RunResult:
    """Return the run of a cell whose provider was asked so."""
    run = run_of(replace(cell, hashes={**cell.hashes, "provider": hashed}))
    arenas = [{"file": "arena.yaml", "versions": {hashed: version}}]
    return replace(run, info=replace(run.info, options={"arenas": arenas}))


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"model": "one"}, {"model": "two"}, ("model: one → two",)),
        ({"provider": "openai", "model": "m"}, {"provider": "ollama", "model": "m"},
         ("provider: openai → ollama",)),
        ({"params": {"temperature": 0}}, {"params": {"temperature": 0.9, "top_p": 1}},
         ("params.temperature: 0 → 0.9", "params.top_p: not set → 1")),
        ({"params": {"stop": ["a"], "format": {"type": "text", "strict": True}}},
         {"params": {"format": {"type": "json", "strict": True}}},
         ('params.stop: ["a"] → not set', "params.format.type: text → json")),
        ({"params": {"stop": "a" * 500}}, {"params": {"stop": "a" * 499}},
         ("params.stop: changed",)),
        ({"provider": "python", "further": {"version": "git:1a2b", "config": {"k": 3}}},
         {"provider": "python", "further": {"version": "git:3c4d", "config": {"k": 5}}},
         ("version: git:1a2b → git:3c4d", "config.k: 3 → 5")),
        ({"model": "m", "further": {}}, {"model": "m", "further": {"fallbacks": ["other"]}},
         ('fallbacks: not set → ["other"]',)),
        # a baseline from before kept nothing of it
        ({"provider": "python"}, {"provider": "python", "further": {"version": "2"}}, ()),
    ],
)  # fmt: skip
def test_what_changed_in_a_provider_is_named_value_by_value(
    old: dict[str, object], new: dict[str, object], lines: tuple[str, ...]
) -> None:
    baseline = baseline_of(asked_as(cell_of("PPP"), old, "m1"))
    (cell,) = assess(asked_as(cell_of("FFF"), new, "m2"), baseline).cells
    assert cell.differences == lines


def test_a_provider_that_was_not_kept_has_no_differences() -> None:
    run = asked_as(cell_of("FFF"), {"model": "two"}, "m2")
    (cell,) = assess(run, kept(cell_of("PPP"))).cells
    assert (cell.changed, cell.differences) == (("provider",), ())


def reporting(marks: str, *models: str, build: str | None = None) -> Cell:
    trials = []
    for trial, model in zip(trials_of(marks), models, strict=True):
        (answer,) = trial.responses
        told = replace(answer, model=model, system_fingerprint=build)
        trials.append(replace(trial, responses=(told,)))
    return cell_of(marks, trials=trials)


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        (reporting("FF", "m-2", "m-2"), ("model as the provider reports it: m-0, m-1 → m-2",)),
        (reporting("FF", "m-1", "m-2"), ()),
        (reporting("FF", "m-0", "m-0", build="b"), ("build as the provider reports it: a → b",)),
        (cell_of("FF"), ()),
    ],
)
def test_another_model_than_the_provider_reported_is_named(
    now: Cell, lines: tuple[str, ...]
) -> None:
    (cell,) = assess(run_of(now), kept(reporting("PP", "m-1", "m-0", build="a"))).cells
    assert (cell.changed, cell.differences) == ((), lines)


def test_what_a_fallback_or_a_replay_reports_is_not_the_providers_model() -> None:
    cell = reporting("PPP", "own", "other", "older")
    first, second, third = cell.trials
    (theirs,), (replayed,) = second.responses, third.responses
    second = replace(second, responses=(replace(theirs, answered_by="backup"),))
    third = replace(third, responses=(replace(replayed, source="cache"),))
    baseline = kept(replace(cell, trials=(first, second, third)))
    assert [before.models for before in baseline.cells.values()] == [("own",)]


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        ("", "g1", "added"),
        ("g1", "g2", "changed"),
        ("g1", "", "removed"),
        ("", "max_length:1", "max_length added"),
        ("max_length:1", "", "max_length removed"),
        ("max_length:1 pii:2", "pii:2 max_length:3", "max_length changed"),
        (
            "max_length:1 pii:2",
            "refusal:4 max_length:3",
            "max_length changed, refusal added, pii removed",
        ),
        ("pii:1 pii:2", "pii:2", "pii removed"),
        ("pii:1 max_length:2", "max_length:2 pii:1", "in another order"),
        ("0123456789abcdef", "max_length:3", "changed"),
    ],
)
def test_guardrails_that_changed_are_told_from_assertions(before: str, now: str, line: str) -> None:
    old, new = cell_of("PPP"), cell_of("FFF", assertions="a2")
    old = replace(old, hashes={**old.hashes, "guardrails": before})
    new = replace(new, hashes={**new.hashes, "guardrails": now})
    (cell,) = assess(run_of(new), kept(old)).cells
    assert cell.differences == (f"guardrails: {line}",)


@pytest.mark.parametrize("kind", ["tools", "files"])
def test_tools_and_files_that_changed_are_told_as_a_part_of_the_prompt(kind: str) -> None:
    old, new = cell_of("PPP"), cell_of("FFF", prompt="p2")
    old = replace(old, hashes={**old.hashes, kind: "find:1 refund:2"})
    new = replace(new, hashes={**new.hashes, kind: "find:3 refund:2"})
    (cell,) = assess(run_of(new), kept(old)).cells
    assert cell.changed == ("prompt",)
    assert cell.differences == (f"{kind}: find changed",)


def test_skipped_cells_are_left_out() -> None:
    skipped = replace(cell_of("P"), verdict="skipped", trials=())
    result = assess(
        run_of(skipped, cell_of("P", "ran")), kept(cell_of("P" * 20), cell_of("P", "ran"))
    )
    assert [cell.key[1] for cell in result.cells] == ["ran"]
    assert (result.compared, result.failed, result.skipped_known) == (1, False, 1)


def test_a_run_of_which_all_was_skipped_compares_nothing_and_is_not_green() -> None:
    run = run_of(replace(cell_of("P"), verdict="skipped", trials=()))
    result = assess(run, kept(cell_of("P" * 20)))
    assert (result.cells, result.compared, result.too_little, result.failed) == ((), 0, True, True)
    assert not assess(run, kept(cell_of("P")), Rules(least_compared=None)).failed


@pytest.mark.parametrize(("before", "source"), [("P", "mock"), ("P" * 20, "call"), ("F", "call")])
def test_what_failed_as_expected_fails_no_gate_and_is_not_asked_again(
    before: str, source: Source
) -> None:
    known = cell_of(before, source=source)
    run = run_of(replace(cell_of("F", source=source), xfail="later"), cell_of("P", "other"))
    baseline = kept(known, cell_of("PPPPP", "other"))
    assert wanted(run, baseline) == []
    result = assess(run, baseline)
    assert not result.failed
    assert result.counts == {"xfailed": 1, "still passing": 1}
    assert (result.compared, result.judged) == (2, 2)
    assert result.cells[0].reason == (
        f"failed as expected (xfail: later); {known.verdict} in the baseline"
    )


def test_an_expected_failure_covers_no_error_and_no_new_question() -> None:
    error, new = cell_of("E"), cell_of("F", "new")
    run = run_of(replace(error, xfail="later"), replace(new, xfail="later"))
    assert assess(run, kept(cell_of("P"))).counts == {"error": 1, "new": 1}


def test_cells_that_are_expected_to_fail_are_no_part_of_the_test_over_the_suite() -> None:
    assert suite_of("P" * 5, "PPF").suite_failed
    assert suite_of("P" * 5, "PPF", xfail="later").suite is None
    assert suite_of("P" * 5, "PPP", xfail="later").suite is None


def suite_of(before: str, now: str, *, cells: int = 30, **facts: object) -> GateResult:
    cases = [f"case {n}" for n in range(cells)]
    old = [cell_of(before, case) for case in cases]
    new = [replace(cell_of(now, case), **facts) for case in cases]
    return assess(run_of(*new), kept(*old))


def test_a_suite_that_is_worse_by_more_than_a_providers_day_fails_the_run() -> None:
    result = suite_of("P" * 20, "PPF")
    (test,) = result.tests
    assert (test.significant, test.moved, result.failed) == (True, False, True)
    assert test.reason.startswith(
        "over 30 cells the pass rate is 33.3 points below the baseline's (30 worse, 0 better; p = "
    )


def test_a_suite_that_a_providers_day_may_explain_has_moved_which_is_a_warning() -> None:
    cases = [f"case {n}" for n in range(40)]
    old = [cell_of("P" * 17 + "FFF", case) for case in cases]
    new = [cell_of("PPF" if n % 4 else "PPP", case) for n, case in enumerate(cases)]
    result = assess(run_of(*new), kept(*old))
    assert (result.suite_failed, result.failed, len(result.moved)) == (False, False, 1)
    assert result.moved[0].warning.startswith("The suite is 10.0 points below the baseline (p = ")
    assert assess(run_of(*new), kept(*old), Rules(drift=0.0)).failed


def families_of(*falls: str, cells: int = 5) -> GateResult:
    """Compare families of so many cells, each with these trials now and a perfect baseline."""
    new = [
        replace(cell_of(now, f"case {place}-{n}"), cluster=f"topic {place}")
        for place, now in enumerate(falls)
        for n in range(cells)
    ]
    old = [cell_of("P" * 20, cell.case) for cell in new]
    return assess(run_of(*new), kept(*old))


def test_a_fall_of_few_families_is_a_warning_that_names_them() -> None:
    result = families_of("PPF", "PPF", "PPP", "PPP", "PPP", cells=8)
    assert (result.suite_failed, result.failed, len(result.moved)) == (False, False, 1)
    assert "few families of cases carry it (p = 0.25 with whole families)" in (
        result.moved[0].warning
    )
    assert [(f.file, f.name, f.cells, f.fell) for f in result.families] == [
        ("arena.yaml", "topic 0", 8, 8), ("arena.yaml", "topic 1", 8, 8),
    ]  # fmt: skip
    assert result.families[0].drop == pytest.approx(1 / 3)
    alone = suite_of("P" * 20, "PPF", cells=16)
    assert alone.suite_failed
    assert not alone.families


def test_a_fall_of_most_families_still_fails_the_run() -> None:
    result = families_of(*["PPF"] * 8, "PPP")
    assert (result.suite_failed, len(result.families)) == (True, 8)


def test_a_family_of_which_one_cell_fell_has_not_shifted() -> None:
    new = [replace(cell_of("PPP", f"case {n}"), cluster="refunds") for n in range(4)]
    broken = replace(asked(cell_of("FFF", "broken", prompt="p2"), "F" * 10), cluster="refunds")
    old = [cell_of("P" * 20, cell.case) for cell in (*new, broken)]
    result = assess(run_of(*new, broken), kept(*old))
    assert ([cell.case for cell in (c.now for c in result.of("regressed")) if cell]) == ["broken"]
    assert not result.families


def test_families_of_one_name_in_two_files_are_two() -> None:
    new = [
        replace(cell_of("PPF", f"case {n}"), cluster="refunds", file=file, id=f"{file}::{n}")
        for file, count in (("a.yaml", 8), ("b.yaml", 1))
        for n in range(count)
    ]
    old = [replace(cell, trials=trials_of("P" * 20)) for cell in new]
    result = assess(run_of(*new), kept(*old))
    assert [(family.file, family.cells) for family in result.families] == [("a.yaml", 8)]


def test_a_suite_whose_old_version_can_be_asked_is_asked_in_pairs() -> None:
    cases = [f"case {n:02}" for n in range(30)]
    baseline = kept(*(cell_of("P" * 20, case) for case in cases))
    new = [replace(cell_of("PPF", case, prompt="p2"), old_version=OLD) for case in cases]
    asks = wanted(run_of(*new), baseline)
    assert asks == [Ask(cell.id, 2, beside_old=True, for_suite=True) for cell in new]
    worse = [replace(cell, sample=numbered("PF", 3), sample_old=numbered("PP", 3)) for cell in new]
    result = assess(run_of(*worse), baseline)
    assert result.suite_failed
    assert result.suite is not None
    assert result.suite.reason.endswith(
        "asked again side by side, the old version alone passed 30 times, the new one alone 0 times"
    )
    alike = [replace(cell, sample=numbered("PF", 3), sample_old=numbered("FP", 3)) for cell in new]
    assert wanted(run_of(*alike), baseline) == []
    result = assess(run_of(*alike), baseline)
    assert not result.failed
    assert result.moved[0].warning == (
        "The suite is 33.3 points below the stored baseline, but not below the old version asked "
        "today: the provider or the baseline's luck."
    )
    # beside cells that nobody changed, it is not the suite that fell
    vendors = [replace(cell_of("PPP", case, "v"), model_alone=True) for case in cases]
    both = kept(*(cell_of("P" * 20, case, name) for case in cases for name in ("mini", "v")))
    mixed = assess(run_of(*alike, *vendors), both)
    assert mixed.moved[0].warning.startswith("What was changed is 33.3 points below the stored ")
    unpaid = [replace(cell, over_budget="4 of 4 calls are spent") for cell in new]
    for unasked in (assess(run_of(*new), baseline), assess(run_of(*unpaid), baseline)):
        assert unasked.moved[0].warning.endswith(
            "and the old version was not asked beside it: the provider's day may do that."
        )
        assert unasked.suite is not None
        assert "side by side" not in unasked.suite.reason


def test_each_of_several_providers_is_a_group_of_its_own() -> None:
    cases = [f"case {n}" for n in range(30)]
    old = [cell_of("P" * 20, case, name) for case in cases for name in ("a", "b")]
    new = [cell_of("PPP", case, "a") for case in cases]
    new += [cell_of("PPF", case, "b") for case in cases]
    result = assess(run_of(*new), kept(*old))
    assert {test.provider: test.significant for test in result.tests}["b"]
    assert not {test.provider: test.significant for test in result.tests}["a"]


def test_deterministic_cells_are_no_part_of_the_test_over_the_suite() -> None:
    before, now = cell_of("P", source="mock"), cell_of("F", source="mock")
    assert assess(run_of(now), kept(before)).suite is None


@pytest.mark.parametrize("baseline", [Baseline(), kept()])
def test_an_empty_baseline_compares_nothing_and_is_not_green(baseline: Baseline) -> None:
    result = assess(run_of(cell_of("P")), baseline)
    assert result.counts == {"new": 1}
    assert (result.compared, result.too_little, result.failed) == (0, True, True)
    assert not assess(run_of(cell_of("P")), baseline, Rules(least_compared=None)).failed


@pytest.mark.parametrize(("new", "failed"), [(2, False), (3, True)])
def test_too_little_compared_is_not_green(new: int, failed: bool) -> None:
    known = [cell_of("P", f"known {n}") for n in range(2)]
    strange = [cell_of("P", f"new {n}") for n in range(new)]
    elsewhere = [cell_of("P", f"case {n}", file="other.yaml") for n in range(9)]
    result = assess(run_of(*known, *strange, *elsewhere), kept(*known))
    assert (result.compared, result.judged, result.failed) == (2, 2 + new, failed)


def test_an_empty_run_is_no_regression() -> None:
    assert not assess(run_of(), kept(cell_of("P"))).failed


@pytest.mark.parametrize(
    "rules",
    [{"alpha": 0.0}, {"alpha": 1.0}, {"min_effect": 0.0}, {"confirm_trials": 0}, {"drift": -1.0},
     {"least_compared": 1.5}],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no gate can go by"):
        Rules(**rules)  # type: ignore[arg-type]


marks = st.text("PFE", min_size=1, max_size=6)
sources = st.sampled_from(["call", "mock", "recording"])
sides = st.tuples(marks, marks, st.text("PFE", max_size=8), sources, st.sampled_from(["x", "y"]))


@settings(deadline=None)
@given(st.lists(sides, max_size=8), st.randoms())
def test_any_run_gets_a_verdict_that_depends_on_no_order(
    given_sides: list[tuple[str, str, str, str, str]], chance: Random
) -> None:
    before, now = [], []
    for number, (old, new, more, source, changed) in enumerate(given_sides):
        case = f"case {number}"
        before.append(cell_of(old, case, source=source))
        cell = cell_of(new, case, source=source, assertions=changed if number % 3 else "a1")
        now.append(asked(cell, more, more[::-1] if number % 2 else None))
    result = assess(run_of(*now), kept(*before))
    assert [cell.status in STATUSES for cell in result.cells] == [True] * len(now)
    assert all(finite(cell.adjusted) and finite(cell.evidence) for cell in result.cells)
    assert all(isfinite(test.p_value) and isfinite(test.drop) for test in result.tests)
    for cell in result.cells:
        assert cell.status != "regressed" or (cell.now is not None and cell.now.failed)
    chance.shuffle(before)
    chance.shuffle(now)
    assert assess(run_of(*now), kept(*before)) == result
    assert wanted(run_of(*now), kept(*before)) == wanted(run_of(*reversed(now)), kept(*before))


def finite(value: float | None) -> bool:
    return value is None or isfinite(value)


@settings(deadline=None)
@given(marks, st.integers(1, 8))
def test_a_run_is_never_worse_than_itself(mark: str, cells: int) -> None:
    same = [cell_of(mark, f"case {n}") for n in range(cells)]
    result = assess(run_of(*same), kept(*same))
    assert not result.of("regressed", "fixed", "blind")
    assert not result.suite_failed
    assert not result.moved


@pytest.mark.untraced  # traced, it takes ten times as long; what it runs is covered by others
@pytest.mark.parametrize("again", [True, False], ids=["asked again", "stored"])
@pytest.mark.parametrize("before", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("broken", [0, 1, 5, 10])
def test_whatever_is_broken_in_a_perfect_suite_is_named(
    before: int, broken: int, again: bool
) -> None:
    # the whole simulation is benchmarks/gate.py
    from gate import Scenario, one_run

    scenario = Scenario("", before, 3, again, "perfect", 10, broken=broken)
    result, calls = one_run(scenario, Random(1))
    assert [cell.status == "regressed" for cell in result.cells] == [
        number < broken for number in range(10)
    ]
    if broken == 1:
        assert calls == (8 if again else 80 if before == 1 else 10)


def test_the_result_holds_its_rules_and_the_baselines_name() -> None:
    rules = Rules(alpha=0.1)
    result: GateResult = assess(run_of(cell_of("P")), replace(kept(), name="b.jsonl"), rules)
    assert (result.rules, result.baseline) == (rules, "b.jsonl")
