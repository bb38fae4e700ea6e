"""Trials that cannot matter are not started; assertions may be judged over all trials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.assertions.text import Contains
from pytest_arena.assertions.trial_verdict import rate_finding
from pytest_arena.engine.early_stop import EarlyStop
from pytest_arena.results.trial import Finding, Trial

verdicts = st.lists(st.sampled_from(["passed", "failed", "error"]), min_size=1, max_size=12)


@given(verdicts, st.floats(0.01, 1.0))
def test_once_decided_no_further_trial_changes_the_outcome(
    seen: list[str], threshold: float
) -> None:
    stop = EarlyStop(len(seen), threshold)
    needed = threshold * len(seen) - 1e-9
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
