"""Trials that cannot matter are not started; assertions may be judged over all trials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.assertions.text import Contains
from pytest_arena.assertions.trial_verdict import rate_finding
from pytest_arena.engine.early_stop import EarlyStop
from pytest_arena.engine.verdict_rules import verdict_of
from pytest_arena.results.trial import Finding, Trial

verdicts = st.lists(st.sampled_from(["passed", "failed", "error"]), min_size=1, max_size=12)


@given(verdicts, st.floats(0.01, 1.0))
def test_once_decided_no_further_trial_changes_the_outcome(
    seen: list[str], threshold: float
) -> None:
    stop = EarlyStop(len(seen), threshold)
    needed = threshold * len(seen) * (1 - 1e-9)
    outcome = seen.count("passed") >= needed
    for number, verdict in enumerate(seen):
        if stop.decided:
            assert (seen[:number].count("passed") >= needed) is outcome
        stop.count(verdict)  # type: ignore[arg-type]
    assert stop.decided


def trials(*found: str) -> list[Trial]:
    return [
        Trial(messages=(), assertions=(Finding("contains", verdict, None, ""),), verdict="passed")  # type: ignore[arg-type]
        for verdict in found
    ]


@pytest.mark.parametrize(
    ("found", "verdict", "reason"),
    [
        (("passed", "failed"), "passed", "held in 1 of 2 trials"),
        (("failed", "failed", "passed"), "failed", "held in 1 of 3 trials"),
        (("failed", "error"), "error", "held in 0 of 2 trials, 1 without a verdict"),
        (("passed", "skipped"), "passed", "held in 1 of 1 trials"),
        (("skipped",), "error", "was skipped in every trial"),
        (("passed", "unsure"), "passed", "held in 1 of 2 trials, 1 without a verdict"),
        (("failed", "unsure"), "error", "held in 0 of 2 trials, 1 without a verdict"),
    ],
)
def test_an_assertion_may_hold_in_a_share_of_the_trials(
    found: tuple[str, ...], verdict: str, reason: str
) -> None:
    assertion = Contains.model_validate({"value": "x", "pass_threshold": 0.5})
    finding = rate_finding(assertion, 0, None, trials(*found))
    assert (finding.verdict, finding.reason) == (verdict, reason)
    assert finding.expected == "at least 50 % of the trials"


@pytest.mark.parametrize("threshold", [1e-300, 1e-10, 1e-9, 0.2])
def test_the_smallest_threshold_takes_a_trial_that_passes(threshold: float) -> None:
    assertion = Contains.model_validate({"value": "x", "pass_threshold": threshold})
    assert rate_finding(assertion, 0, None, trials("failed", "failed")).verdict == "failed"
    assert rate_finding(assertion, 0, None, trials("failed", "passed")).verdict == "passed"
    assert verdict_of(0, 0, 3, (), threshold) == "failed"
    assert verdict_of(0, 1, 3, (), threshold) == "error"
    assert verdict_of(1, 0, 3, (), threshold) == "passed"


@pytest.mark.parametrize(("passed", "total"), [(7, 10), (1, 3), (3, 7), (29_999, 100_000)])
def test_a_share_that_is_just_reached_is_enough(passed: int, total: int) -> None:
    assert verdict_of(passed, 0, total, (), passed / total) == "passed"
    assert verdict_of(passed - 1, 0, total, (), passed / total) == "failed"
