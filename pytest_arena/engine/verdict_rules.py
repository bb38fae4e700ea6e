"""What a cell's verdict is made of, for cells with single trials and for load cases alike."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.assertions.evaluate import evaluate_cell, evaluate_cell_async, needs_loop
from pytest_arena.assertions.trial_verdict import least_passed
from pytest_arena.engine.trial_checks import checks, context_of
from pytest_arena.errors import shorten
from pytest_arena.loading.plans import CellPlan
from pytest_arena.prompts.templates import as_text
from pytest_arena.results.cell import LONGEST_VARIABLE, Cell
from pytest_arena.results.load_test import LoadTestResult
from pytest_arena.results.trial import Finding, Trial, Verdict
from pytest_arena.schema import Assertion, CellAssertion, CheckContext

if TYPE_CHECKING:
    from pytest_arena.engine.trials import CellRun

Wait = Callable[[Coroutine[Any, Any, Finding]], Finding]


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
    load: LoadTestResult | None = None,
) -> Cell:
    """Return the cell of a plan, with what came of it."""
    return Cell(
        id=cell_id,
        file=plan.file,
        case=plan.case.name,
        provider=plan.provider.name,
        variant=plan.variant,
        model=plan.provider.full_model or None,
        verdict=verdict,
        trials=trials,
        tags=plan.case.tags,
        variables={
            name: shorten(as_text(plan.case.variables[name]), LONGEST_VARIABLE)
            for name in plan.case.own_variables
        },
        cluster=plan.case.cluster,
        hashes=plan.hashes,
        description=plan.case.description,
        line=plan.case.line,
        defined_in=plan.case.source if plan.case.source not in ("", plan.file) else None,
        reason=reason,
        over_budget=over_budget,
        assertions=assertions,
        trials_not_run=trials_not_run,
        load=load,
        old_version=plan.old.version if plan.old is not None else None,
        model_alone=plan.provider.is_model_alone,
        xfail=plan.xfail,
        label=plan.case.label,
        prompt=plan.case.prompt,
        target=plan.case.target,
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
    every = enumerate(plan.case.assertions)
    over_all = [(place, one) for place, one in every if isinstance(one, CellAssertion)]
    if not over_all:
        return []
    context = context_of(plan, root, None)
    return [
        done.over_all.get(place) or _over_all(assertion, trials_for(assertion), context, wait)
        for place, assertion in over_all
    ]


def with_assertions(
    plan: CellPlan, over_all: Sequence[Finding], trials: Sequence[Trial]
) -> Iterator[tuple[Finding | None, Assertion | None]]:
    """Yield every finding of a cell beside its assertion."""
    if over_all:
        rated = (one for one, _ in checks(plan.case, 0) if one.pass_threshold is not None)
        others = (one for one in plan.case.assertions if one.over_trials)
        yield from zip(over_all, [*rated, *others], strict=True)
    for trial in trials:
        asked = [assertion for assertion, _ in checks(plan.case, trial.dialogue)]
        yield from zip_longest(trial.assertions, asked)


def _over_all(
    assertion: CellAssertion, trials: tuple[Trial, ...], context: CheckContext, wait: Wait
) -> Finding:
    if needs_loop(assertion, context.root):
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
