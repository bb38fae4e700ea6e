"""One provider call with all that belongs to it: hooks, kept answers, attempts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Protocol

from pytest_arena.engine.calling.circuit_breaker import CircuitBreaker
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.calling.exclusive_access import ExclusiveAccess
from pytest_arena.engine.calling.open_files import OpenFiles, no_files, of_open_files
from pytest_arena.engine.calling.own_code import OF_HOOKS, OF_PROVIDERS
from pytest_arena.engine.calling.provider_state import ProviderState, Traffic
from pytest_arena.engine.calling.quotas import Quotas
from pytest_arena.engine.calling.retries import Attempts
from pytest_arena.errors import ProviderError, first_line
from pytest_arena.providers.base import Provider
from pytest_arena.results.cleaning import clean_response
from pytest_arena.results.request_response import Request, Response
from pytest_arena.running.open_files import PATIENCE_S, PAUSE_S
from pytest_arena.schema import ProviderSpec
from pytest_arena.text.numbers import counted


class Answers(Protocol):
    """Answers that were given before, and where new ones are kept; lives on the event loop.

    Asked for every request to a provider that is not `offline`, after the hooks have seen it. What
    is found starts no client, takes no place in the limits and costs no budget.
    """

    for_everyone: bool
    """Whether it answers for `offline` providers, too: with what an earlier run kept, which hooks
    have seen already."""

    async def find(self, spec: ProviderSpec, request: Request) -> Response | None:
        """Return the kept answer, marked by its `source`, or None where a call must be made.

        A failure that was kept, and one that is missing where no call may be made, is a
        `ProviderError`.
        """

    async def keep(
        self, spec: ProviderSpec, request: Request, outcome: Response | ProviderError
    ) -> None:
        """Take what a call gave after all its attempts: an answer, or the failure that is left."""

    async def may_call(self, file: str) -> bool:
        """Return whether calls may be made for an arena file where no answer is kept."""

    async def close(self) -> None:
        """Let go of files; called once, on the loop, when the run ends."""


Call = Callable[[Request], Awaitable[Response]]
"""Make one call of a dialogue."""


class CallHooks(Protocol):
    """Hooks that see and may change what is sent and what comes back."""

    def before_request(self, request: Request) -> None: ...

    def after_response(self, request: Request, response: Response) -> None: ...


class ProviderClient:
    """The client that makes provider calls within the limits; lives on the event loop."""

    def __init__(
        self,
        limits: Limits,
        make_provider: Callable[[ProviderSpec], Provider],
        hooks: CallHooks | None,
        answers: Answers | None = None,
        quotas: Quotas | None = None,
        hide: Callable[[str], str] = str,
        open_files: OpenFiles | None = None,
    ) -> None:
        self._hide = hide
        self._quotas = quotas or Quotas()
        self._attempts = Attempts(limits, self._quotas, open_files)
        self._make_provider = make_provider
        self._hooks = hooks
        self._answers = answers
        self._states: dict[int, ProviderState] = {}
        self._traffic: dict[str, Traffic] = {}
        self._breakers: dict[int, CircuitBreaker] = {}
        self._exclusive_accesses: dict[str, ExclusiveAccess] = {}
        self.notes: list[str] = []
        """What there is to say of the calls as a whole, when the run ends."""
        self.under_load: frozenset[str] = frozenset()
        """The endpoints that a load case has to itself for a while, here or in another process."""

    @property
    def closing(self) -> bool:
        """Whether no further call is started."""
        return self._attempts.closing

    @closing.setter
    def closing(self, value: bool) -> None:
        self._attempts.closing = value

    @property
    def in_flight(self) -> int:
        """How many calls are in flight now, those to judges included."""
        return self._attempts.in_flight

    async def call(
        self,
        spec: ProviderSpec,
        request: Request,
        unwanted: Callable[[], bool] | None = None,
    ) -> Response:
        """Return the provider's answer: a kept one, else that of a call, after further attempts
        where they make sense.

        `unwanted` is asked when the first attempt could start; true cancels the call.
        All attempts and pauses together end within `retry_for`; a failure that is left is a
        `ProviderError` that says how many attempts were made, a spent budget a `BudgetSpent`.
        """
        state = self._state(spec)
        if self._hooks:
            with OF_HOOKS:
                self._hooks.before_request(request)
        answers = self._answers_for(state)
        response = await answers.find(spec, request) if answers else None
        if response is not None and answers is not None and answers.for_everyone:
            return response
        if response is None:
            access = self._access(state.endpoint)
            await access.enter()
            try:
                response = await self._called(state, request, unwanted, answers)
            finally:
                access.leave()
        if self._hooks:
            with OF_HOOKS:
                self._hooks.after_response(request, response)
        return response

    def exclusive_access(self, spec: ProviderSpec) -> ExclusiveAccess:
        """Return what keeps a load case and all other calls to what it asks apart."""
        return self._access(spec.endpoint)

    def _access(self, endpoint: str) -> ExclusiveAccess:
        if endpoint not in self._exclusive_accesses:
            shared = endpoint in self.under_load
            self._exclusive_accesses[endpoint] = (
                self._quotas.exclusive_access_of(endpoint) if shared else ExclusiveAccess()
            )
        return self._exclusive_accesses[endpoint]

    async def may_call(self, spec: ProviderSpec, file: str) -> bool:
        """Return whether the cells of an arena file may call the provider: not where a run only
        replays what was recorded."""
        answers = self._answers_for(self._state(spec))
        return answers is None or await answers.may_call(file)

    def _answers_for(self, state: ProviderState) -> Answers | None:
        """Return where answers of a provider are looked up: a mock's stand in the arena file, so
        that there is nothing to keep."""
        found = self._answers
        return found if found and (found.for_everyone or not state.provider.offline) else None

    async def ready(self, spec: ProviderSpec) -> None:
        """Import what the provider's first call would import, so that no load is timed with it."""
        with suppress(ProviderError):
            # the first call meets it again, and tells it
            await _start(self._state(spec).provider)

    async def call_once(self, spec: ProviderSpec, request: Request) -> Response:
        """Return the answer to a single attempt, for a load case that has the passage to itself.

        No limit holds it back, since the load says how many calls are in flight, and no kept
        answer stands in for it, since it is there to be timed.
        """
        state = self._state(spec)
        if self._hooks:
            with OF_HOOKS:
                self._hooks.before_request(request)
        await _start(state.provider)
        response = await self._attempts.only_one(state, request)
        clean_response(response, self._hide)
        if self._hooks:
            with OF_HOOKS:
                self._hooks.after_response(request, response)
        return response

    async def forget(self, spec: ProviderSpec, session: str) -> None:
        """Tell a provider that a dialogue has ended, if it was called at all."""
        state = self._states.get(id(spec))
        if state is not None:
            with OF_PROVIDERS:
                await state.provider.forget(session)

    async def close(self) -> None:
        """Free what the providers hold, and the kept answers."""
        for state in self._states.values():
            try:
                with OF_PROVIDERS:
                    await state.provider.close()
            except ProviderError as error:
                said = first_line(error.message)
                self.notes.append(f"provider {state.spec.name!r} was not closed: {said}")
        if self._attempts.without_files:
            self.notes.append(_waited_for_files(self._attempts.without_files))
        if self._answers:
            await self._answers.close()
        self._quotas.close()

    async def _called(
        self,
        state: ProviderState,
        request: Request,
        unwanted: Callable[[], bool] | None,
        answers: Answers | None,
    ) -> Response:
        """Make the call, and hand what came of it to those who keep it."""
        # clients may change what they are given; an answer is kept for what was asked
        asked = _copy(request) if answers else request
        try:
            # importing a client takes seconds: a short timeout must not count them
            await _start(state.provider)
            response = await self._attempts.answer(state, request, unwanted)
        except ProviderError as error:
            if answers:
                await answers.keep(state.spec, asked, error)
            raise
        clean_response(response, self._hide)
        if answers:
            await answers.keep(state.spec, asked, response)
        return response

    def _state(self, spec: ProviderSpec) -> ProviderState:
        # a spec lives as long as its arena file, and is kept here, so that its id stays its own
        found = self._states.get(id(spec))
        if found is None:
            with OF_PROVIDERS:
                provider = self._make_provider(spec)
            found = self._states[id(spec)] = ProviderState(spec, provider)
            found.breaker = self._breaker_of(spec)
            # a mock that stands for a real provider has no limit to keep to
            stands_in = provider.offline and spec.provider != provider.type
            whose = f"mock of {id(spec.entry)}" if stands_in else found.endpoint
            known = self._traffic.setdefault(whose, found.traffic)
            if known is found.traffic and not stands_in:
                found.rate_limiter = self._quotas.rate_limiter_of(spec)
            found.traffic = known
        return found

    def _breaker_of(self, spec: ProviderSpec) -> CircuitBreaker:
        """Return what watches the calls of an entry, here and in the run's other processes: they
        know it by where it is written."""
        if id(spec.entry) not in self._breakers:
            who = f"{spec.entry.place or spec.name}\n{spec.endpoint}"
            breaker = CircuitBreaker(spec.name, self._quotas.notice_of(who))
            self._breakers[id(spec.entry)] = breaker
        return self._breakers[id(spec.entry)]


async def _start(provider: Provider) -> None:
    """Have a provider ready; files that are not there for the moment are waited for a while."""
    end: float | None = None
    while True:
        try:
            with OF_PROVIDERS:
                return await provider.start()
        except ProviderError as error:
            if not of_open_files(error):
                raise
            loop = asyncio.get_running_loop()
            end = end or loop.time() + PATIENCE_S
            if loop.time() >= end:
                raise no_files(error) from error
        await asyncio.sleep(PAUSE_S)


def _waited_for_files(times: int) -> str:
    return (
        f"no file was left to open for {counted(times, 'attempt')} to call, of which no provider "
        "knows: fewer calls were in flight from then on (raise with `ulimit -n`)"
    )


def _copy(request: Request) -> Request:
    return replace(request, messages=deepcopy(request.messages), params=deepcopy(request.params))
