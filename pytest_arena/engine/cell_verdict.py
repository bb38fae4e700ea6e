"""From the trials of a cell to its verdict: what holds over all of them is checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.assertions.trial_verdict import nothing_judged, rate_finding
from pytest_arena.engine.early_stop import may_stop_early
from pytest_arena.engine.trial_checks import Executed, checks, conclude_trial
from pytest_arena.engine.verdict_rules import (
    Wait,
    cell_of,
    over_all_findings,
    verdict_of,
    with_assertions,
)
from pytest_arena.errors import BudgetSpent
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.cell import Cell

if TYPE_CHECKING:
    from pytest_arena.engine.trials import CellRun


def conclude_cell(plan: CellPlan, done: CellRun, *, cell_id: str, root: Path, wait: Wait) -> Cell:
    """Check what is left to check, in the calling thread, and conclude the cell.

    The engine leaves trials out where they could not change the outcome.
    `wait` runs a coroutine on the event loop, for checks of all trials that are asynchronous.
    """
    if done.load is not None:
        from pytest_arena.engine.load_test.verdict import conclude_load

        return conclude_load(plan, done.load, done, cell_id=cell_id, root=root, wait=wait)
    executed, wanted_trials = done.executed, done.wanted
    if done.unpaid is not None:
        return _cut_short(plan, cell_id, executed, done.unpaid, root, wanted_trials)
    trials = tuple(conclude_trial(plan, one, root) for one in executed)
    rated = [
        rate_finding(assertion, place, turn, trials)
        for place, (assertion, turn) in enumerate(checks(plan.case, 0))
        if assertion.pass_threshold is not None
    ]
    try:
        over_all = (*rated, *over_all_findings(plan, done, lambda _: trials, root, wait))
    except BudgetSpent as spent:
        # a judge of all trials could not be called any more
        judged = [Executed(trial, concluded=True) for trial in trials]
        return _cut_short(plan, cell_id, judged, str(spent), root, wanted_trials)
    if unseen := nothing_judged(with_assertions(plan, over_all, trials)):
        over_all += (unseen,)
    left_out = wanted_trials - len(trials)
    verdict = verdict_of(
        sum(trial.verdict == "passed" for trial in trials),
        left_out + sum(trial.verdict == "error" for trial in trials),
        wanted_trials,
        over_all,
        plan.case.pass_threshold,
    )
    return cell_of(
        plan, cell_id, verdict, trials=trials, assertions=over_all, trials_not_run=left_out
    )


def _cut_short(
    plan: CellPlan,
    cell_id: str,
    executed: Sequence[Executed],
    over_budget: str,
    root: Path,
    wanted_trials: int,
) -> Cell:
    """Return a cell that a budget left incomplete: `skipped`, unless its outcome is clear."""
    every = [conclude_trial(plan, one, root) for one in executed]
    whole = [trial for trial in every if trial.verdict != "skipped"]
    left_out = wanted_trials - len(whole)
    verdict = verdict_of(
        sum(trial.verdict == "passed" for trial in whole),
        left_out + sum(trial.verdict == "error" for trial in whole),
        wanted_trials,
        (),
        plan.case.pass_threshold,
    )
    if verdict == "error" and not any(trial.verdict == "error" for trial in whole):
        verdict = "skipped"
    if verdict == "passed" and not may_stop_early(plan.case):
        # what looks at all trials together could not be asked
        verdict = "skipped"
    return cell_of(
        plan,
        cell_id,
        verdict,
        # what was said before the budget was spent has been paid for
        trials=tuple(trial for trial in every if trial.verdict != "skipped" or trial.responses),
        reason=f"budget: {over_budget}" if verdict == "skipped" else None,
        over_budget=over_budget,
        trials_not_run=left_out,
    )
