"""The fixture `arena`: checks answers and asks providers, as cells of the run."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from pytest_arena.checks.answers import response_of
from pytest_arena.checks.call_site import call_site
from pytest_arena.checks.conversation import Conversation, Prompt
from pytest_arena.checks.planned import PlannedCheck
from pytest_arena.collection.python_tests.attempt import OWN
from pytest_arena.collection.python_tests.call import Call
from pytest_arena.collection.python_tests.marks import NAME_OF_COLUMN, is_name
from pytest_arena.collection.python_tests.running_test import RunningTest
from pytest_arena.collection.python_tests.under_way import Asking, Held
from pytest_arena.errors import BudgetSpent, Location, Problem, UserError
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Finding

_CASE: ContextVar[tuple[object, str]] = ContextVar("arena_case", default=(None, OWN))
"""The case that code is in, with the fixture that opened it."""


class ArenaFixture:
    """What a test gets as `arena`: what it checks and asks is a cell of the run.

    The cell is the test's own, in the column of the provider that was asked, or `application`;
    within `with arena.case(…)` it is that case's.
    """

    def __init__(self, run: RunningTest) -> None:
        self._run = run

    def check(
        self,
        answer: Any,
        assertions: Any = None,
        /,
        *,
        prompt: Prompt | None = None,
        context: str | Sequence[str] = (),
        **named: Any,
    ) -> tuple[Finding, ...]:
        """Fail the test unless the assertions hold of an answer: `arena.check(answer,
        contains="refund", tone="professional")`.

        What is written, what an answer may be and what is raised is as with `expect`. An answer
        that `arena.ask` gave, or a text that is a part of it, belongs to that provider's cell, and
        judges know its prompt.
        """
        __tracebackhide__ = True
        with self._call("arena.check(…)") as call:
            try:
                held = self._held(call, answer, assertions, prompt, context, named)
                trial = self._run.backing.checker.check(
                    held.check.plan, held.check.trial, "arena.acheck(…)"
                )
            except UserError as error:
                # a mistake of the caller's is told at the caller's line, not within our code
                raise error.with_traceback(None) from None
            found = held.conclude(trial)
            call.end()
            return found

    def acheck(
        self,
        answer: Any,
        assertions: Any = None,
        /,
        *,
        prompt: Prompt | None = None,
        context: str | Sequence[str] = (),
        **named: Any,
    ) -> Coroutine[Any, Any, tuple[Finding, ...]]:
        """Do what `check` does without blocking the running event loop: `await arena.acheck(…)`."""
        __tracebackhide__ = True
        with self._call("arena.acheck(…)") as call:
            try:
                held = self._held(call, answer, assertions, prompt, context, named)
            except UserError as error:
                raise error.with_traceback(None) from None
        return self._acheck(call, held)

    async def _acheck(self, call: Call, held: Held) -> tuple[Finding, ...]:
        __tracebackhide__ = True
        with call:
            trial = await self._run.backing.checker.acheck(held.check.plan, held.check.trial)
            found = held.conclude(trial)
            call.end()
            return found

    def ask(
        self,
        provider: str | Mapping[str, Any],
        prompt: Prompt,
        *,
        system: str | None = None,
        target: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Response:
        """Return what a provider answers, within the run's limits, retries and budgets.

        It is one of the arena file by its name, or `vendor/model`, or an entry as a file has them.
        `target` is one of the file's: the model works as its agent, or answers the steps of its
        chain or the states of its workflow, with `variables` in its texts beside the file's.
        Where there is no answer, a `ProviderError` is raised, and the cell is an error.
        """
        __tracebackhide__ = True
        with self._call("arena.ask(…)") as call:
            try:
                asking = self._asking(call, provider, prompt, system, target, variables)
                trial = self._run.backing.checker.ask(
                    asking.plan, self._run.attempt.index, "arena.aask(…)"
                )
            except BudgetSpent as spent:
                raise self._unpaid(asking, spent) from None
            except UserError as error:
                raise error.with_traceback(None) from None
            response = asking.conclude(trial, self._run.root)
            call.end()
            return response

    def aask(
        self,
        provider: str | Mapping[str, Any],
        prompt: Prompt,
        *,
        system: str | None = None,
        target: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Coroutine[Any, Any, Response]:
        """Do what `ask` does without blocking the running event loop: `await arena.aask(…)`."""
        __tracebackhide__ = True
        with self._call("arena.aask(…)") as call:
            try:
                asking = self._asking(call, provider, prompt, system, target, variables)
            except UserError as error:
                raise error.with_traceback(None) from None
        return self._aask(call, asking)

    async def _aask(self, call: Call, asking: Asking) -> Response:
        __tracebackhide__ = True
        with call:
            try:
                trial = await self._run.backing.checker.aask(asking.plan, self._run.attempt.index)
            except BudgetSpent as spent:
                raise self._unpaid(asking, spent) from None
            response = asking.conclude(trial, self._run.root)
            call.end()
            return response

    @contextmanager
    def case(self, name: str, *, provider: str | None = None) -> Iterator[ArenaFixture]:
        """Open a cell of its own for what is asked and checked within it.

        `provider` names its column. What fails in it fails the test at its end, when the cases
        behind it have had their turn.
        """
        __tracebackhide__ = True
        run, place = self._run, self._place()
        if not isinstance(name, str) or not name.strip() or "\n" in name:
            raise UserError(Problem(f"{name!r} is no name of a case", place, expected="a text"))
        attempt = run.attempt
        if provider is not None and not is_name(provider):
            problem = f"{provider!r} is no name of a column"
            raise UserError(Problem(problem, place, expected=NAME_OF_COLUMN))
        if not attempt.open(name):
            problem = f"the test has had a case {name!r}"
            raise UserError(Problem(problem, place, fix="give each case a name of its own"))
        if provider is not None:
            attempt.columns[name] = run.around().column(provider)
        before = _CASE.get()
        _CASE.set((self, name))
        try:
            yield self
        except (KeyboardInterrupt, SystemExit, GeneratorExit, pytest.exit.Exception):
            raise
        except BaseException as error:  # noqa: BLE001 - told at the test's end
            attempt.keep(name, error)
        else:
            attempt.end(name, None)
        finally:
            _CASE.set(before)

    # --- what a call comes down to

    @property
    def _case(self) -> str:
        owner, name = _CASE.get()
        return name if owner is self else OWN

    def _place(self) -> Location:
        return call_site(self._run.root, self._run.item.path)

    def _call(self, name: str) -> Call:
        return Call(name, self._place(), self._case, self._run.attempt)

    def _held(
        self,
        call: Call,
        answer: Any,
        assertions: Any,
        prompt: Prompt | None,
        context: str | Sequence[str],
        named: Mapping[str, Any],
    ) -> Held:
        run, place, case = self._run, call.place, call.case
        response = response_of(answer, place)
        known = run.attempt.who_gave(case, response)
        column = run.column_of(case) or (known[0].column if known else run.usual_column())
        around = run.around()
        documents = context or response.context
        said = Conversation.of(prompt, place, around.context(place), documents=documents)
        if prompt is None and known is not None:
            said = Conversation(known[1].messages, said.documents)
        check = PlannedCheck.of(
            around,
            place,
            response,
            said,
            assertions,
            named,
            file=run.name.file,
            case=run.name.case(case, column.name),
            column=column,
            index=run.attempt.index,
            under=known[1].asked if known is not None else None,
        )
        run.backing.refuse_unshared(check.plan.asked_beside(), place)
        talk = run.attempt.talk(case, column)
        turn = talk.answered(said.messages, known[1].response if known else response)
        return Held(check, talk, turn)

    def _asking(
        self,
        call: Call,
        provider: str | Mapping[str, Any],
        prompt: Prompt,
        system: str | None,
        target: str | None,
        variables: Mapping[str, Any] | None,
    ) -> Asking:
        run, place, case = self._run, call.place, call.case
        around = run.around()
        spec = around.provider(provider, place)
        said = Conversation.of(prompt, place, around.context(place), system=system)
        if said.turn is None:
            raise UserError(
                Problem("there is nothing to ask", place, expected="a prompt of the user's, last")
            )
        column = run.column_of(case) or spec
        # known from here on: where no answer comes, the cell is this one, too
        talk = call.talk = run.attempt.talk(case, column)
        if not spec.is_one_of(run.backing.settings.providers):
            pytest.skip(f"--arena-provider leaves {spec.name!r} out")
        plan = around.plan(
            file=run.name.file,
            case=run.name.case(case, column.name),
            column=spec,
            said=said,
            place=place,
            target=target,
            variables=variables,
        )
        run.backing.refuse_unshared((spec, *plan.asked_beside()), place)
        return Asking(plan, talk, case)

    def _unpaid(self, asking: Asking, spent: BudgetSpent) -> BaseException:
        self._run.attempt.over_budget[asking.case] = str(spent)
        return pytest.skip.Exception(f"budget: {spent}")
