"""From executed trials to a cell: assertions are checked, verdicts concluded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.assertions.conclude import NOTHING_JUDGED, nothing_was_judged, repelled
from pytest_arena.assertions.evaluate import (
    conclude,
    evaluate,
    evaluate_async,
    evaluate_cell,
    evaluate_cell_async,
    needs_loop,
)
from pytest_arena.assertions.rates import rate_finding
from pytest_arena.engine.early_stop import may_stop_early
from pytest_arena.errors import BudgetSpent
from pytest_arena.loading.plan import CasePlan, CellPlan
from pytest_arena.results.load import Load
from pytest_arena.results.models import Cell, Finding, Trial, Verdict
from pytest_arena.schema import Assertion, CellAssertion, CheckContext

if TYPE_CHECKING:
    from pytest_arena.engine.judges import JudgeDesk
    from pytest_arena.engine.load import LoadRun

Wait = Callable[[Coroutine[Any, Any, Finding]], Finding]


@dataclass(slots=True)
class Executed:
    """Hold a trial that has run, and the findings that were made on the event loop already."""

    trial: Trial
    findings: dict[int, Finding] = field(default_factory=dict)
    """By the place of the assertion in `checks`."""
    concluded: bool = False
    """Whether the trial has its verdict already."""
    over_budget: str | None = None
    """The budget that ended the trial, which then has the verdict `skipped`."""


def checks(case: CasePlan, variant: int) -> list[tuple[Assertion, int | None]]:
    """Return the assertions on one trial, each with its turn (None: on the whole trial)."""
    found: list[tuple[Assertion, int | None]] = [
        (assertion, number)
        for number, turn in enumerate(case.dialogues[variant])
        for assertion in turn.assertions
    ]
    found += [(assertion, None) for assertion in case.assertions if not assertion.over_trials]
    return found


def needs_stream(case: CasePlan) -> bool:
    """Return whether an assertion asks for the time to the first token."""
    found = [*case.assertions]
    found += [
        check for dialogue in case.dialogues for turn in dialogue for check in turn.assertions
    ]
    while found:
        assertion = found.pop()
        if assertion.needs_stream:
            return True
        found += assertion.members
    return False


async def judge_on_loop(
    plan: CellPlan, trial: Trial, root: Path, make_desk: Callable[[], JudgeDesk]
) -> Executed:
    """Check the asynchronous assertions of a trial at once, while other calls are in flight.

    `make_desk` gives what reaches judges, one for all assertions of the trial.
    """
    executed = Executed(trial)
    if trial.error is not None:
        return executed
    waiting: dict[int, Coroutine[Any, Any, Finding]] = {}
    desk: JudgeDesk | None = None
    for place, (assertion, turn) in enumerate(checks(plan.case, trial.variant)):
        context = context_of(plan, root, turn)
        if needs_loop(assertion, context):
            desk = desk or make_desk()
            waiting[place] = evaluate_async(
                assertion, _seen_by(trial, turn), _reaching(context, desk, plan)
            )
    if waiting:
        found = await asyncio.gather(*waiting.values())
        executed.findings.update(zip(waiting, found, strict=True))
    return executed


def conclude_cell(
    plan: CellPlan,
    executed: Sequence[Executed],
    *,
    cell_id: str,
    root: Path,
    wait: Wait,
    wanted_trials: int,
    load: LoadRun | None = None,
) -> Cell:
    """Check what is left to check, in the calling thread, and conclude the cell.

    `wanted_trials` is how many trials there should have been; the engine leaves some out where
    they could not change the outcome.
    `wait` runs a coroutine on the event loop, for checks of all trials that are asynchronous.
    `load` is what came of a load case, of which `executed` are a sample.
    """
    if load is not None:
        from pytest_arena.engine.load_verdict import conclude_load

        return conclude_load(plan, load, executed, cell_id=cell_id, root=root, wait=wait)
    over_budget = next((one.over_budget for one in executed if one.over_budget), None)
    if over_budget is not None:
        return _cut_short(plan, cell_id, executed, over_budget, root, wanted_trials)
    trials = tuple(conclude_trial(plan, one, root) for one in executed)
    context = context_of(plan, root, None)
    rated = [
        rate_finding(assertion, place, turn, trials)
        for place, (assertion, turn) in enumerate(checks(plan.case, 0))
        if assertion.pass_threshold is not None
    ]
    try:
        over_all = tuple(rated) + tuple(
            over_all_finding(assertion, trials, context, wait)
            for assertion in plan.case.assertions
            if isinstance(assertion, CellAssertion)
        )
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


def conclude_trial(plan: CellPlan, executed: Executed, root: Path) -> Trial:
    """Check what is left to check of one trial, in the calling thread, and give its verdict."""
    trial = executed.trial
    if executed.concluded:
        return trial
    if trial.error is not None:
        return replace(trial, verdict="error")
    wanted = checks(plan.case, trial.variant)
    if plan.case.attack is not None:
        held = repelled(trial, wanted)
        if held:
            return replace(trial, verdict="passed", score=1.0, assertions=held)
    findings = [
        executed.findings.get(place)
        or evaluate(assertion, _seen_by(trial, turn), context_of(plan, root, turn))
        for place, (assertion, turn) in enumerate(wanted)
    ]
    verdict, score, kept = conclude(
        trial,
        [assertion for assertion, _ in wanted],
        findings,
        threshold=plan.case.threshold,
    )
    return replace(trial, verdict=verdict, score=score, assertions=kept)


def _reaching(context: CheckContext, desk: JudgeDesk, plan: CellPlan) -> CheckContext:
    """Return a context in which judges and other answers to the case can be reached."""

    async def rival(name: str) -> Trial:
        return _seen_by(await desk.rival(name), context.turn)

    kept = plan.baseline_outputs if context.turn is None else ()
    return replace(
        context,
        ask=desk,
        embed=desk.embed,
        rival=rival,
        baseline_output=kept[desk.trial % len(kept)] if kept else None,
    )


def _seen_by(trial: Trial, turn: int | None) -> Trial:
    return trial if turn is None else trial.at_turn(turn)


def over_all_finding(
    assertion: CellAssertion, trials: tuple[Trial, ...], context: CheckContext, wait: Wait
) -> Finding:
    """Return what an assertion finds of all trials; `wait` is used where it is asynchronous."""
    if needs_loop(assertion, context):
        return wait(evaluate_cell_async(assertion, trials, context))
    return evaluate_cell(assertion, trials, context)


def context_of(plan: CellPlan, root: Path, turn: int | None) -> CheckContext:
    case = plan.case
    return CheckContext(
        case.name,
        plan.provider.name,
        case.variables,
        root,
        turn,
        judge=case.judge,
        documents=case.documents,
        themes=case.expected_themes,
        calibrations=case.calibrations,
        baseline_scores=plan.baseline_scores.get(turn, {}),
    )


def verdict_of(
    passed: float,
    unknown: float,
    total: float,
    over_all: Sequence[Finding],
    pass_threshold: float,
) -> Verdict:
    """Return a cell's verdict from its trials, so many of which passed or have no verdict."""
    needed = pass_threshold * total - 1e-9
    judged = [finding for finding in over_all if finding.weight > 0]
    if passed + unknown < needed or any(finding.verdict == "failed" for finding in judged):
        # whatever the errors hide, it could not have passed
        return "failed"
    if passed < needed or any(finding.verdict == "error" for finding in judged):
        return "error"
    return "passed"
