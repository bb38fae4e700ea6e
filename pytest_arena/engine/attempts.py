"""The attempts of one call: a place for each, the time limits, and the pauses between them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_arena.engine.limits import Limits
from pytest_arena.engine.outage import Outage
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider
from pytest_arena.results.exchange import Request, Response
from pytest_arena.schema import ProviderSpec

DEFAULT_RETRIES = 2
DEFAULT_RETRY_FOR_S = 90.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 20.0


@dataclass(slots=True)
class Lane:
    """Hold what this process knows of one entry of `providers:`: how to call it, and whether it
    is down."""

    spec: ProviderSpec
    provider: Provider
    outage: Outage = field(init=False)

    def __post_init__(self) -> None:
        self.outage = Outage(self.spec.name)


class Attempts:
    """Try calls within the limits until there is an answer; lives on the event loop."""

    def __init__(self, limits: Limits) -> None:
        self.closing = False
        self._limits = limits

    async def answer(
        self, lane: Lane, request: Request, unwanted: Callable[[], bool] | None
    ) -> Response:
        """Return the provider's answer; a failure that is left is a `ProviderError`."""
        spec, outage = lane.spec, lane.outage
        retries = DEFAULT_RETRIES if spec.retries is None else spec.retries
        retry_for_s = spec.retry_for or max(DEFAULT_RETRY_FOR_S, request.timeout_s)
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
                    response = await self._attempt(lane.provider, request, end - loop.time())
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

    async def only_one(self, lane: Lane, request: Request) -> Response:
        """Return the answer to a single attempt, which no limit holds back."""
        if self.closing:
            raise asyncio.CancelledError
        lane.outage.check()
        return await self._attempt(lane.provider, request, request.timeout_s)

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
