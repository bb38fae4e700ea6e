"""Judge answers, and ask for them, through the engine: as the trials of a cell are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_arena.assertions.evaluate import needs_loop
from pytest_arena.checks.failures import CheckErrored, CheckFailed
from pytest_arena.engine.engine import Engine, Work
from pytest_arena.engine.trial_checks import (
    Executed,
    checks,
    conclude_trial,
    context_of,
    judge_on_loop,
)
from pytest_arena.engine.verdict_rules import cell_of
from pytest_arena.errors import BudgetSpent, ErrorKind, Problem, ProviderError, UsageError
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.trial import Trial, TrialError
from pytest_arena.running.interrupts import result_of


class Checker:
    """What judges answers for Python code, on the engine that `engine` gives when it is needed."""

    def __init__(self, root: Path, engine: Callable[[], Engine]) -> None:
        self._root = root
        self._engine = engine

    def check(self, plan: CellPlan, trial: Trial, called: str) -> Trial:
        """Return a trial with its verdict; `called` is what the caller may await instead."""
        work = self._work(plan, trial)
        if work is None:
            return conclude_trial(plan, Executed(trial), self._root)
        _refuse_on_loop(work, "a judge", called)
        engine = self._engine()
        try:
            with _told_of_the_end(engine):
                executed = engine.wait(work)
        except BudgetSpent as spent:
            executed = _unpaid(trial, spent)
        return conclude_trial(plan, executed, self._root)

    async def acheck(self, plan: CellPlan, trial: Trial) -> Trial:
        """Do the same without blocking the running event loop."""
        _require_asyncio()
        work, executed = self._work(plan, trial), Executed(trial)
        if work is not None:
            engine = self._engine()
            try:
                with _told_of_the_end(engine):
                    executed = await asyncio.wrap_future(engine.submit(work))
            except BudgetSpent as spent:
                executed = _unpaid(trial, spent)
        return await asyncio.to_thread(conclude_trial, plan, executed, self._root)

    def ask(self, plan: CellPlan, number: int, called: str) -> Trial:
        """Return what a provider answered, as a trial without a verdict."""
        __tracebackhide__ = True
        _refuse_on_loop(None, "a provider", called)
        engine = self._engine()
        work = _start(engine, plan, number)
        try:
            with _told_of_the_end(engine):
                return _asked(work)
        except BaseException:
            # Ctrl-C, or a time limit of another plug-in: the call is of no use any more
            engine.cancel(work)
            raise

    async def aask(self, plan: CellPlan, number: int) -> Trial:
        """Do the same without blocking the running event loop."""
        __tracebackhide__ = True
        _require_asyncio()
        engine = self._engine()
        work = _start(engine, plan, number)
        try:
            with _told_of_the_end(engine):
                await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            engine.cancel(work)
            raise
        return _asked(work)

    def _work(self, plan: CellPlan, trial: Trial) -> Coroutine[Any, Any, Executed] | None:
        """Return what must be judged on the event loop; None where nothing must."""
        context = context_of(plan, self._root, None)
        if not any(needs_loop(assertion, context.root) for assertion, _ in checks(plan.case, 0)):
            return None
        engine = self._engine()
        return judge_on_loop(
            plan, Executed(trial), self._root, lambda: engine.judge_client(plan, trial.index)
        )


def raise_unless_passed(plan: CellPlan, trial: Trial) -> None:
    """Raise `CheckFailed` or `CheckErrored` unless a judged trial has passed."""
    __tracebackhide__ = True
    if trial.verdict == "passed":
        return
    cell = cell_of(plan, f"{plan.file}::{plan.name}", trial.verdict, trials=(trial,))
    raise CheckFailed(cell) if trial.verdict == "failed" else CheckErrored(cell)


@contextmanager
def _told_of_the_end(engine: Engine) -> Iterator[None]:
    """Make Ctrl-C of what the controller of workers cancels when it is interrupted: whatever waits
    for it has neither failed nor broken."""
    __tracebackhide__ = True
    try:
        yield
    except (CancelledError, asyncio.CancelledError):
        if engine.stopped:
            raise KeyboardInterrupt from None
        raise


def _start(engine: Engine, plan: CellPlan, number: int) -> Work:
    (work,) = engine.start_again([(plan, number)])
    return work


def _asked(work: Work) -> Trial:
    __tracebackhide__ = True
    run = result_of(work)
    (executed,) = run.executed
    trial = executed.trial
    if executed.over_budget:
        raise BudgetSpent(executed.over_budget)
    if trial.error is not None:
        kind = ErrorKind(trial.error.kind)
        raise ProviderError(kind, trial.error.message, attempts=trial.error.attempts)
    return replace(trial, assertions=())


def _unpaid(trial: Trial, spent: BudgetSpent) -> Executed:
    return Executed(replace(trial, error=TrialError(str(ErrorKind.PROVIDER), f"budget: {spent}")))


def _refuse_on_loop(work: Coroutine[Any, Any, Any] | None, whom: str, called: str) -> None:
    """Refuse to wait where a running event loop would stand still, perhaps for ever: what is
    asked may be served by that very loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    if work is not None:
        work.close()
    raise UsageError(
        Problem(
            f"{whom} would be asked while an event loop is running, which would stand still",
            fix=f"write await {called}",
        )
    )


def _require_asyncio() -> None:
    """Refuse to wait on another kind of event loop, as trio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise UsageError(
            Problem(
                "no event loop of asyncio is running here",
                expected="asyncio, or anyio with its backend of that name",
                fix="set anyio_backend to asyncio, or check without await",
            )
        ) from None
