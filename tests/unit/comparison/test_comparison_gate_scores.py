"""Scores that fall without crossing a threshold are named, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from gate_runs import cell_of, kept, run_of, trials_of

from pytest_arena.comparison.baseline.model import Baseline
from pytest_arena.comparison.gate.apply import with_gate
from pytest_arena.comparison.gate.cells import pairs_of
from pytest_arena.comparison.gate.gate import Rules
from pytest_arena.comparison.gate.scores import ScoresSeen, scores_seen
from pytest_arena.comparison.gate.summary import since_baseline
from pytest_arena.results import Cell, Finding, FindingVerdict, GuardrailEvent, Source
from pytest_arena.results.run import ScoreFall

HIGH = (0.9, 0.92, 0.88, 0.91, 0.9)
LOW = (0.8, 0.82, 0.78)
EIGHT = [f"case {number}" for number in range(8)]


def graded(
    case: str, *scores: Sequence[float], wants: Sequence[str | None] = ("Is helpful",),
    type_: str = "llm_judge", verdict: FindingVerdict = "passed", source: Source = "call",
    provider: str = "mini", **hashes: str,
) -> Cell:  # fmt: skip
    """Return a cell with a row of scores for each assertion."""
    trials = [
        replace(
            trial,
            assertions=tuple(
                Finding(type_, verdict, score, "", expected=wanted)
                for score, wanted in zip(row, wants, strict=True)
            ),
        )
        for trial, row in zip(
            trials_of("P" * len(scores[0]), source), zip(*scores, strict=True), strict=True
        )
    ]
    marks = "P" * len(trials)
    return cell_of(
        marks, case, provider, trials=trials, prompt=hashes.pop("prompt", "p1"), **hashes
    )


def seen(before: Sequence[Cell], now: Sequence[Cell], rules: Rules | None = None) -> ScoresSeen:
    return scores_seen(pairs_of(run_of(*now), kept(*before)), rules or Rules())


def before(*scores: Sequence[float], **keys: Any) -> list[Cell]:
    return [graded(case, *(scores or (HIGH,)), **keys) for case in EIGHT]


def now(*scores: Sequence[float], **keys: Any) -> list[Cell]:
    return [graded(case, *(scores or (LOW,)), prompt="p2", **keys) for case in EIGHT]


def test_a_fall_over_most_cells_is_named_with_its_size_interval_and_cells() -> None:
    (fall,) = seen(before(), now()).falls
    assert (fall.assertion, fall.provider) == ("llm_judge 'Is helpful'", None)
    assert (fall.cells, fall.fell, fall.crossed, fall.ours) == (8, 8, 0, True)
    assert fall.drop == pytest.approx(0.102)
    assert fall.p_value == pytest.approx(1 / 2**8)


def test_the_interval_is_that_of_the_cells_mean() -> None:
    falls = [0.05, 0.10, 0.15, 0.05, 0.10, 0.15, 0.05, 0.15]
    cells = [
        graded(case, (0.9 - fall, 0.9 - fall), prompt="p2")
        for case, fall in zip(EIGHT, falls, strict=True)
    ]
    (found,) = seen(before((0.9, 0.9)), cells).falls
    assert found.drop == pytest.approx(0.1)
    # the sample's deviation over √8, by Student's 2.365
    assert (found.low, found.high) == pytest.approx((0.1 - 0.0387, 0.1 + 0.0387), abs=2e-4)


def test_a_rise_and_what_stays_are_no_fall() -> None:
    assert seen(before(LOW), now(HIGH)).falls == ()
    same = seen(before(HIGH), now(HIGH))
    assert (same.falls, same.compared) == ((), 8)


def test_a_fall_that_no_report_would_show_is_none() -> None:
    hair = tuple(score - 0.009 for score in (0.9, 0.9, 0.9))
    assert seen(before((0.9, 0.9, 0.9)), now(hair)).falls == ()


def test_scores_of_zero_and_one_are_the_pass_rates_business() -> None:
    falls = seen(before((1.0, 1.0, 1.0)), now((0.0, 0.0, 0.0)))
    assert (falls.falls, falls.compared) == ((), 0)


def test_what_gives_full_marks_whenever_it_holds_falls_with_its_pass_rate_alone() -> None:
    slow = now((0.8, 0.7, 0.8), type_="response_time", verdict="failed")
    found = seen(before((1.0, 1.0, 1.0), type_="response_time"), slow)
    assert (found.falls, found.compared) == ((), 0)


def test_what_is_shown_as_wanted_only_at_times_names_no_group() -> None:
    # cells that came out well are not to be told from the others by what reports say of them
    mixed = [graded(case, LOW, wants=("kind" if n % 2 else None,), prompt="p2")
             for n, case in enumerate(EIGHT)]  # fmt: skip
    (fall,) = seen(before(wants=("kind",)), mixed).falls
    assert (fall.assertion, fall.cells) == ("llm_judge", 8)


def test_a_trial_without_an_answer_takes_no_assertion_its_name() -> None:
    blocked = now()
    first = blocked[0].trials[0]
    seen_none = replace(first.assertions[0], verdict="failed", score=0.0, expected="an answer")
    event = GuardrailEvent("banned_words", "output", "block", "said it")
    without = replace(first, assertions=(seen_none,), guardrails=(event,))
    blocked[0] = replace(blocked[0], trials=(without, *blocked[0].trials[1:]))
    (fall,) = seen(before(), blocked).falls
    assert (fall.assertion, fall.cells) == ("llm_judge 'Is helpful'", 8)
    assert fall.crossed == 1


def test_a_cell_that_always_had_full_marks_counts_where_others_are_graded() -> None:
    old = [graded(case, (1.0, 1.0, 1.0)) for case in EIGHT[:4]] + before()[4:]
    (fall,) = seen(old, now()).falls
    assert (fall.cells, fall.fell) == (8, 8)


def test_several_assertions_of_a_case_are_told_apart_by_what_they_want() -> None:
    wants = ("Is helpful", "Is short")
    (fall,) = seen(before(HIGH, HIGH, wants=wants), now(LOW, HIGH[:3], wants=wants)).falls
    assert fall.assertion == "llm_judge 'Is helpful'"
    # Holm's: two were tested
    assert fall.p_value == pytest.approx(2 / 2**8)


def test_what_is_asked_for_in_few_cases_is_tested_with_the_others_of_its_type() -> None:
    def each(scores: Sequence[float], **keys: Any) -> list[Cell]:
        return [graded(case, scores, wants=(f"like {case}",), **keys) for case in EIGHT]

    (fall,) = seen(each(HIGH), each(LOW, prompt="p2")).falls
    assert (fall.assertion, fall.cells) == ("llm_judge", 8)


def test_a_fall_of_one_providers_cells_is_named_as_that() -> None:
    old = [*before(provider="one"), *before(provider="two"), *before(provider="three")]
    calm = tuple(score + 0.03 for score in HIGH)
    new = [*now(provider="one"), *now(calm, provider="two"), *now(calm, provider="three")]
    (fall,) = seen(old, new).falls
    assert (fall.provider, fall.scored) == ("one", "llm_judge 'Is helpful' of one")
    everywhere = seen(old, [*now(provider="one"), *now(provider="two"), *now(provider="three")])
    assert [fall.provider for fall in everywhere.falls] == [None]


def test_cases_of_a_family_are_one_observation() -> None:
    def as_families(cells: list[Cell]) -> list[Cell]:
        return [replace(c, cluster="one" if n < 6 else str(n)) for n, c in enumerate(cells)]

    old = [graded(case, (0.9,)) for case in (*EIGHT, "a", "b", "c", "d")]
    new = [graded(case, (0.8 if n < 6 else 0.9 + 0.001 * n,), prompt="p2")
           for n, case in enumerate((*EIGHT, "a", "b", "c", "d"))]  # fmt: skip
    assert seen(old, new).falls
    assert not seen(as_families(old), as_families(new)).falls


def test_few_cells_are_told_by_their_trials() -> None:
    cells = [graded(case, LOW, prompt="p2") for case in EIGHT[:3]]
    (fall,) = seen(before()[:3], cells).falls
    assert (fall.cells, fall.low is not None) == (3, True)
    single = [graded(case, (0.8,), prompt="p2") for case in EIGHT[:3]]
    assert not seen([graded(case, (0.9,)) for case in EIGHT[:3]], single).falls


def test_one_answer_that_is_given_again_and_again_counts_once() -> None:
    old = before((0.9,) * 5, source="mock")
    new = [graded(case, (0.8,) * 5, source="mock", prompt="p2") for case in EIGHT[:3]]
    assert not seen(old[:3], new).falls
    (fall,) = seen(old, now((0.8,) * 5, source="mock")).falls
    assert fall.p_value == pytest.approx(1 / 2**8)


def test_an_unsure_verdict_has_a_score_like_any_other() -> None:
    (fall,) = seen(before(), now(LOW, verdict="unsure")).falls
    assert fall.fell == 8


@pytest.mark.parametrize("verdict", ["skipped", "error"])
def test_what_was_not_judged_has_none(verdict: FindingVerdict) -> None:
    assert seen(before(), now(LOW, verdict=verdict)).compared == 0


@pytest.mark.parametrize("name", ["assertions", "judge"])
def test_other_assertions_or_judges_give_other_scores(name: str) -> None:
    found = seen(before(), now(**{name: "other"}))
    assert (found.falls, found.compared, found.unknown) == ((), 0, 0)


def test_cells_without_a_verdict_or_a_baseline_are_left_out() -> None:
    broken = replace(now()[0], verdict="error")
    found = seen(before()[:7], [broken, *now()[1:]])
    assert found.compared == 6


def test_a_baseline_that_is_too_old_for_scores_is_said() -> None:
    baseline = kept(*before())
    old = {key: replace(cell, graded=None) for key, cell in baseline.cells.items()}
    run = with_gate(run_of(*now()), Baseline(old, name="b.jsonl"), Rules())
    assert run.gate
    assert (run.gate.scores, run.gate.scores_unknown) == ((), 8)
    found = since_baseline(run)
    assert found
    assert found.reasons[-1] == (
        "Whether scores fell in 8 cells is not known: the baseline was written by an older "
        "version and keeps none. Update it."
    )
    plain = with_gate(run_of(cell_of("PPP")), Baseline(old, name="b.jsonl"), Rules())
    assert plain.gate
    assert plain.gate.scores_unknown == 0


def test_nothing_of_yours_changed_is_said_of_a_vendors_model() -> None:
    cells = [replace(graded(case, LOW), model_alone=True) for case in EIGHT]
    (fall,) = seen(before(), cells).falls
    assert not fall.ours


FALL = ScoreFall("tone 'polite'", None, 20, 18, 0.081, 0.05, 0.112, 0.0004)


@pytest.mark.parametrize(
    ("fall", "sentence"),
    [
        (FALL, "Scores of tone 'polite' fell by 0.08 (95 % interval 0.05 to 0.11, p = 0.0004) "
               "over 18 of 20 cells, and no threshold was crossed."),
        (replace(FALL, crossed=2, provider="mini", low=None, high=None),
         "Scores of tone 'polite' of mini fell by 0.08 (p = 0.0004) over 18 of 20 cells, and it "
         "holds less often in 2 cells."),
        (replace(FALL, ours=False),
         "Scores of tone 'polite' fell by 0.08 (95 % interval 0.05 to 0.11, p = 0.0004) over 18 "
         "of 20 cells, and no threshold was crossed; nothing of yours changed: the provider or "
         "the judge did."),
    ],
)  # fmt: skip
def test_a_fall_is_told_in_a_sentence_and_doubts_the_headline(
    fall: ScoreFall, sentence: str
) -> None:
    run = with_gate(run_of(cell_of("PPP")), kept(cell_of("PPP")), Rules())
    assert run.gate
    found = since_baseline(replace(run, gate=replace(run.gate, scores=(fall,))))
    assert found
    assert sentence in found.reasons
    assert found.headline == (
        f"No regression proven, but scores of {fall.scored} fell, against the baseline"
    )
    assert not found.failed
    two = (fall, replace(fall, assertion="similar"))
    both = since_baseline(replace(run, gate=replace(run.gate, scores=two)))
    assert both
    assert both.headline.startswith("No regression proven, but scores of 2 assertions fell, ")
