"""One provider call with all that belongs to it: limits, hooks, timeout, attempts, back-off."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from pytest_arena.engine.answers import Answers
from pytest_arena.engine.limits import Limits
from pytest_arena.engine.outage import Outage
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider
from pytest_arena.results.exchange import Request, Response
from pytest_arena.results.text import clean_response
from pytest_arena.schema import ProviderSpec

DEFAULT_RETRIES = 2
DEFAULT_RETRY_FOR_S = 90.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 20.0


class CallHooks(Protocol):
    """Let others see and change what is sent and what comes back."""

    def before_request(self, request: Request) -> None: ...

    def after_response(self, request: Request, response: Response) -> None: ...


class Caller:
    """Make provider calls within the limits; lives on the event loop."""

    def __init__(
        self,
        limits: Limits,
        make_provider: Callable[[ProviderSpec], Provider],
        hooks: CallHooks | None,
        answers: Answers | None = None,
    ) -> None:
        self.closing = False
        self._limits = limits
        self._make_provider = make_provider
        self._hooks = hooks
        self._answers = answers
        self._providers: dict[int, tuple[ProviderSpec, Provider]] = {}
        self._outages: dict[int, Outage] = {}

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
        `ProviderError` that says how many attempts were made.
        """
        provider = self._provider(spec)
        if self._hooks:
            with _named_failures():
                self._hooks.before_request(request)
        # a mock's answers stand in the arena file: there is nothing to keep
        answers = None if provider.offline else self._answers
        response = await answers.find(spec, request) if answers else None
        if response is None:
            response = await self._called(spec, provider, request, unwanted, answers)
        if self._hooks:
            with _named_failures():
                self._hooks.after_response(request, response)
        return response

    async def close(self) -> None:
        """Free what the providers hold, and the kept answers."""
        for _, provider in self._providers.values():
            await provider.close()
        if self._answers:
            await self._answers.close()

    async def _called(
        self,
        spec: ProviderSpec,
        provider: Provider,
        request: Request,
        unwanted: Callable[[], bool] | None,
        answers: Answers | None,
    ) -> Response:
        """Make the call, and hand what came of it to those who keep it."""
        try:
            # importing a client takes seconds: a short timeout must not count them
            await provider.start()
            response = await self._attempts(spec, provider, request, unwanted)
        except ProviderError as error:
            if answers:
                await answers.keep(spec, request, error)
            raise
        clean_response(response)
        if answers:
            await answers.keep(spec, request, response)
        return response

    def _provider(self, spec: ProviderSpec) -> Provider:
        # a spec lives as long as its arena file, and is kept here, so that its id stays its own
        found = self._providers.get(id(spec))
        if found is None:
            found = self._providers[id(spec)] = (spec, self._make_provider(spec))
            self._outages[id(spec)] = Outage(spec.name)
        return found[1]

    async def _attempts(
        self,
        spec: ProviderSpec,
        provider: Provider,
        request: Request,
        unwanted: Callable[[], bool] | None,
    ) -> Response:
        retries = DEFAULT_RETRIES if spec.retries is None else spec.retries
        retry_for_s = spec.retry_for or max(DEFAULT_RETRY_FOR_S, request.timeout_s)
        outage = self._outages[id(spec)]
        loop = asyncio.get_running_loop()
        end = None
        attempt = 0
        while True:
            request.attempt = attempt
            try:
                async with self._limits.place(spec.name):
                    if self.closing or (attempt == 0 and unwanted is not None and unwanted()):
                        raise asyncio.CancelledError
                    outage.check()
                    if end is None:
                        end = loop.time() + retry_for_s
                    response = await self._attempt(provider, request, end - loop.time())
                outage.succeeded()
                response.attempts = attempt + 1
                return response
            except ProviderError as error:
                if error.kind is ErrorKind.PROVIDER_DOWN:
                    raise
                outage.attempt_failed(error)
                pause = pause_before(attempt, error.retry_after_s)
                left = (end or loop.time()) - loop.time()
                if not error.retryable or attempt >= retries or pause >= left:
                    final = _final(error, attempt + 1, retries, pause, left)
                    outage.call_failed(error)
                    raise final from error
            # the place is free while this call waits, so that others go on
            await asyncio.sleep(pause)
            attempt += 1

    async def _attempt(self, provider: Provider, request: Request, left_s: float) -> Response:
        limit_s = min(request.timeout_s, max(left_s, 0.001))
        try:
            async with asyncio.timeout(limit_s):
                return await provider.complete(request)
        except TimeoutError as error:
            raise ProviderError(ErrorKind.TIMEOUT, f"no answer within {limit_s:.3g} s") from error


def pause_before(attempt: int, retry_after_s: float | None) -> float:
    """Return the seconds to wait after the n-th attempt (from 0): doubling, with jitter, and
    never less than what the provider asked for."""
    pause: float = min(FIRST_PAUSE_S * 2.0**attempt, LONGEST_PAUSE_S)
    # jitter only spreads the load: no need for a secure source
    pause *= 0.5 + random.random() / 2  # noqa: S311
    return max(pause, retry_after_s or 0.0)


def _final(
    error: ProviderError, attempts: int, retries: int, pause_s: float, left_s: float
) -> ProviderError:
    message = error.message
    if error.retryable and attempts <= retries and pause_s >= left_s:
        message += f" (attempt {attempts}; waiting {pause_s:.3g} s more would take too long)"
    elif attempts > 1:
        message += f" (after {attempts} attempts)"
    return ProviderError(
        error.kind,
        message,
        status=error.status,
        retry_after_s=error.retry_after_s,
        attempts=0 if error.kind is ErrorKind.MISSING_KEY else attempts,
    )


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # a plug-in's hook may raise anything; the trial becomes an error that names it
        raise ProviderError(
            ErrorKind.HOOK, f"a hook raised {type(error).__name__}: {error}"
        ) from error
