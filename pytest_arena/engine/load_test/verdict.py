"""The verdict of a load case: over the distribution of its calls, not over single ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.assertions.trial_verdict import nothing_judged, rate_finding
from pytest_arena.engine.load_test.metrics import load_test_result
from pytest_arena.engine.load_test.runner import MOST_KEPT, LoadTestRun
from pytest_arena.engine.trial_checks import Executed, checks, conclude_trial
from pytest_arena.engine.verdict_rules import (
    Wait,
    cell_of,
    over_all_findings,
    verdict_of,
    with_assertions,
)
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.cell import Cell
from pytest_arena.results.trial import Finding, Trial, Verdict
from pytest_arena.schema import CellAssertion

if TYPE_CHECKING:
    from pytest_arena.engine.trials import CellRun

_ON_ERRORS = frozenset({"error_rate", "success_rate"})
"""Assertions that say how many errors there may be, so that one alone decides nothing."""


_NOT_REPLAYED = "a load is made with calls, and this run only replays what was recorded"


def conclude_load(
    plan: CellPlan,
    run: LoadTestRun,
    done: CellRun,
    *,
    cell_id: str,
    root: Path,
    wait: Wait,
) -> Cell:
    """Judge a load by all its calls, and keep some of them whole.

    Assertions over all trials that need figures alone see every call, all others the sample;
    those on single trials must hold in a share of `pass_threshold` of it. Calls that ended in an
    error leave the cell without a verdict, unless an assertion on the rate of errors or successes
    allows for them. A load that was broken off has no verdict.
    """
    if run.only_replayed:
        return cell_of(plan, cell_id, "skipped", reason=_NOT_REPLAYED)
    executed = done.executed
    judged = [conclude_trial(plan, one, root) for one in executed]
    errors = [conclude_trial(plan, Executed(trial), root) for trial in run.errors]
    sample = tuple(sorted([*judged, *errors], key=_place))
    rated = [
        rate_finding(assertion, place, turn, judged)
        for place, (assertion, turn) in enumerate(checks(plan.case, 0))
        if assertion.pass_threshold is not None
    ]
    every = tuple(run.trials)
    over_all = over_all_findings(
        plan, done, lambda one: every if _by_figures(one) else sample, root, wait
    )
    found = [*rated, *over_all]
    if unseen := nothing_judged(with_assertions(plan, found, judged)):
        found.append(unseen)
    unpaid = done.unpaid or run.over_budget
    verdict = _verdict(plan, run, judged, found) if unpaid is None else "skipped"
    passed = sum(trial.verdict == "passed" for trial in judged)
    return cell_of(
        plan,
        cell_id,
        verdict,
        trials=_kept(sample),
        assertions=tuple(found),
        reason=f"budget: {unpaid}" if unpaid else run.broken_off or _why(verdict, run, plan),
        over_budget=unpaid,
        load=load_test_result(run, judged=len(judged), passed=passed),
    )


def _by_figures(assertion: CellAssertion) -> bool:
    # a condition may look at the text
    return assertion.figures_only and assertion.when is None


def _verdict(
    plan: CellPlan, run: LoadTestRun, judged: Sequence[Trial], over_all: Sequence[Finding]
) -> Verdict:
    failed = sum(trial.error is not None for trial in run.trials)
    answered = len(run.trials) - failed
    if run.broken_off is not None:
        return "error"
    unknown = 0.0 if _allows_errors(plan) and answered else float(failed)
    # the sample stands for all: its passes are scaled to the calls that were answered
    share = answered / len(judged) if judged else 0.0
    passed = share * sum(trial.verdict == "passed" for trial in judged)
    unclear = share * sum(trial.verdict == "error" for trial in judged)
    return verdict_of(
        passed,
        unknown + unclear,
        answered + unknown,
        over_all,
        plan.case.pass_threshold,
    )


def _allows_errors(plan: CellPlan) -> bool:
    return any(check.type in _ON_ERRORS and check.weight > 0 for check in plan.case.assertions)


def _why(verdict: Verdict, run: LoadTestRun, plan: CellPlan) -> str | None:
    failed = sum(trial.error is not None for trial in run.trials)
    if verdict != "error" or not failed or _allows_errors(plan):
        return None
    return (
        f"{failed:,} of {len(run.trials):,} ended in an error; an error_rate or success_rate "
        "assertion says how many may"
    )


def _kept(sample: tuple[Trial, ...]) -> tuple[Trial, ...]:
    """Return what results hold of a sample: those that did not pass first, then evenly spread."""
    if len(sample) <= MOST_KEPT:
        return sample
    # what a person looks for is why calls failed
    bad = _evenly([trial for trial in sample if trial.verdict != "passed"], MOST_KEPT // 2)
    good = [trial for trial in sample if trial.verdict == "passed"]
    return tuple(sorted([*bad, *_evenly(good, MOST_KEPT - len(bad))], key=_place))


def _evenly(trials: Sequence[Trial], most: int) -> list[Trial]:
    if len(trials) <= most:
        return list(trials)
    return [trials[place * len(trials) // most] for place in range(most)]


def _place(trial: Trial) -> tuple[int, int]:
    return trial.index, trial.dialogue
