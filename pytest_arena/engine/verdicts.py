"""From the trials of a cell to its verdict: what holds over all of them is checked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.assertions.conclude import NOTHING_JUDGED, nothing_was_judged
from pytest_arena.assertions.evaluate import evaluate_cell, evaluate_cell_async, needs_loop
from pytest_arena.assertions.rates import least_passed, rate_finding
from pytest_arena.engine.checking import Executed, checks, conclude_trial, context_of
from pytest_arena.engine.early_stop import may_stop_early
from pytest_arena.errors import BudgetSpent
from pytest_arena.loading.plan import CellPlan
from pytest_arena.results.cell import Cell
from pytest_arena.results.load import Load
from pytest_arena.results.trial import Finding, Trial, Verdict
from pytest_arena.schema import CellAssertion, CheckContext

if TYPE_CHECKING:
    from pytest_arena.engine.trials import CellRun

Wait = Callable[[Coroutine[Any, Any, Finding]], Finding]


def conclude_cell(plan: CellPlan, done: CellRun, *, cell_id: str, root: Path, wait: Wait) -> Cell:
    """Check what is left to check, in the calling thread, and conclude the cell.

    The engine leaves trials out where they could not change the outcome.
    `wait` runs a coroutine on the event loop, for checks of all trials that are asynchronous.
    """
    if done.load is not None:
        from pytest_arena.engine.load_verdict import conclude_load

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
    in_trials = (finding for trial in trials for finding in trial.assertions)
    if nothing_was_judged((*over_all, *in_trials)):
        over_all += (NOTHING_JUDGED,)
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


def cell_of(
    plan: CellPlan,
    cell_id: str,
    verdict: Verdict,
    *,
    trials: tuple[Trial, ...] = (),
    assertions: tuple[Finding, ...] = (),
    reason: str | None = None,
    over_budget: str | None = None,
    trials_not_run: int = 0,
    load: Load | None = None,
) -> Cell:
    """Return the cell of a plan, with what came of it."""
    return Cell(
        id=cell_id,
        file=plan.file,
        case=plan.case.name,
        provider=plan.provider.name,
        model=plan.provider.full_model or None,
        verdict=verdict,
        trials=trials,
        tags=plan.case.tags,
        hashes=plan.hashes,
        description=plan.case.description,
        line=plan.case.line,
        defined_in=plan.case.source if plan.case.source not in ("", plan.file) else None,
        reason=reason,
        over_budget=over_budget,
        assertions=assertions,
        trials_not_run=trials_not_run,
        load=load,
    )


def over_all_findings(
    plan: CellPlan,
    done: CellRun,
    trials_for: Callable[[CellAssertion], tuple[Trial, ...]],
    root: Path,
    wait: Wait,
) -> list[Finding]:
    """Return what the assertions over all trials find, each of the trials that are for it.

    What was found on the loop already is taken; `wait` is used where one is asynchronous.
    """
    context = context_of(plan, root, None)
    return [
        done.over_all.get(place) or _over_all(assertion, trials_for(assertion), context, wait)
        for place, assertion in enumerate(plan.case.assertions)
        if isinstance(assertion, CellAssertion)
    ]


def _over_all(
    assertion: CellAssertion, trials: tuple[Trial, ...], context: CheckContext, wait: Wait
) -> Finding:
    if needs_loop(assertion, context):
        return wait(evaluate_cell_async(assertion, trials, context))
    return evaluate_cell(assertion, trials, context)


def verdict_of(
    passed: float,
    unknown: float,
    total: float,
    over_all: Sequence[Finding],
    pass_threshold: float,
) -> Verdict:
    """Return a cell's verdict from its trials, so many of which passed or have no verdict."""
    needed = least_passed(total, pass_threshold)
    judged = [finding for finding in over_all if finding.weight > 0]
    if passed + unknown < needed or any(finding.verdict == "failed" for finding in judged):
        # whatever the errors hide, it could not have passed
        return "failed"
    if passed < needed or any(finding.verdict == "error" for finding in judged):
        return "error"
    return "passed"
