"""Assertions that need hold in a share of the trials only: `pass_threshold` on an assertion."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.assertions.wording import share
from pytest_arena.results.trial import Finding, FindingVerdict, Trial
from pytest_arena.schema.assertion import Assertion


def rate_finding(
    assertion: Assertion, place: int, turn: int | None, trials: Sequence[Trial]
) -> Finding:
    """Return whether an assertion held in enough trials; `place` is its index in each of them.

    A trial that reached no verdict on it counts as neither: where such trials decide, the finding
    is an `error`.
    """
    wanted = assertion.pass_threshold or 1.0
    verdicts = [
        trial.assertions[place].verdict if place < len(trial.assertions) else "error"
        for trial in trials
    ]
    held, unclear = verdicts.count("passed"), verdicts.count("error")
    counted = len(verdicts) - verdicts.count("skipped")
    needed = least_passed(counted, wanted)
    reason = f"held in {held} of {counted} trials"
    if unclear:
        reason += f", {unclear} without a verdict"
    verdict: FindingVerdict = "failed"
    if not counted:
        verdict, reason = "error", "was skipped in every trial"
    elif held >= needed:
        verdict = "passed"
    elif held + unclear >= needed:
        verdict = "error"
    return Finding(
        type=assertion.type,
        verdict=verdict,
        score=held / counted if counted else None,
        reason=reason,
        line=assertion.line,
        turn=turn,
        expected=f"at least {share(wanted)} of the trials",
        weight=assertion.weight,
    )


def least_passed(total: float, pass_threshold: float) -> float:
    """Return how many of so many must pass, less what binary fractions may add to it."""
    return pass_threshold * total - 1e-9
