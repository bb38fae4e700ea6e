"""The attempts of one call: what each must wait for, the time limits, the pauses between them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.concurrency import ConcurrencySlot, Limits
from pytest_arena.engine.calling.open_files import OpenFiles, no_files, of_open_files
from pytest_arena.engine.calling.own_code import OF_PROVIDERS
from pytest_arena.engine.calling.provider_state import DEFAULT_RETRY_FOR_S, ProviderState
from pytest_arena.engine.calling.quotas import Quotas, Reservation
from pytest_arena.engine.calling.spreading import Spreader
from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.base import Provider
from pytest_arena.results.request_response import Request, Response
from pytest_arena.running.user_code import is_of_held_up

if TYPE_CHECKING:
    from pytest_arena.engine.calling.rate_limit import RateLimiter

DEFAULT_RETRIES = 2
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 20.0
LEAST_ATTEMPT_S = 1.0
"""What a further attempt must have left of `retry_for`, or a tenth of it where that is less."""
FILES_PAUSE_S = 0.3
"""Before a call is tried again for which no file was left; about so long, so that not all come back
at once."""
LONGEST_NAP_S = 0.25
"""Between two looks at what all processes know of a provider's rate."""
MOST_TOO_EARLY = 4
"""How often a call may come too early for the rate at which others are answered, beside its further
attempts, where the entry does not say how many these are: it has the bad luck to be the one by
which that rate is found out."""
POLL_S = 0.02
"""Between two looks whether calls in flight have left something of a budget."""
_PAUSED = "rate limited: the provider asked for a pause"


@dataclass(slots=True)
class _Call:
    """What is known of one call while it is tried."""

    state: ProviderState
    request: Request
    unwanted: Callable[[], bool] | None
    retry_for_s: float
    attempt: int = 0
    too_early: int = 0
    """How many attempts were refused for the rate alone, while others were answered."""
    made: int = 0
    """How often the provider was really called."""
    end: float | None = None
    """When all attempts must have ended; known once the first one starts. While a further one waits
    for a place, which no provider asked for, the time stands still."""
    failure: ProviderError | None = None
    """What came of the last attempt."""
    began: float = float("inf")
    """When the first attempt started."""
    attempt_began: float = float("inf")
    before_began: float = float("inf")
    """When the attempt before this one started; for the first one, itself."""


class Attempts:
    """Try calls within the limits until there is an answer; lives on the event loop."""

    def __init__(
        self, limits: Limits, quotas: Quotas | None = None, open_files: OpenFiles | None = None
    ) -> None:
        self.closing = False
        self.in_flight = 0
        """How many calls providers are at work on now."""
        self.without_files = 0
        """How many attempts came to nothing since no file was left to open."""
        self._no_files_come = False
        self._open_files = open_files
        self._limits = limits
        self._quotas = quotas or Quotas()
        self._spreader = Spreader()

    async def answer(
        self, state: ProviderState, request: Request, unwanted: Callable[[], bool] | None
    ) -> Response:
        """Return the provider's answer; a failure that is left is a `ProviderError`.

        A budget that is spent is a `BudgetSpent`.
        """
        spec, breaker = state.spec, state.breaker
        retries = DEFAULT_RETRIES if spec.retries is None else spec.retries
        retry_for_s = spec.retry_for or max(DEFAULT_RETRY_FOR_S, request.timeout_s)
        call = _Call(state, request, unwanted, retry_for_s)
        loop = asyncio.get_running_loop()
        while True:
            request.attempt = call.attempt
            try:
                response = await self._try(call)
                breaker.succeeded()
                self._no_files_come = False
                response.attempts = call.attempt + 1
                return response
            except ProviderError as error:
                if error.kind is ErrorKind.PROVIDER_DOWN:
                    raise
                if error.kind is ErrorKind.OPEN_FILES:
                    await self._until_files_are_free(error, call)
                    continue
                if error.disturbed:
                    # it says nothing of the provider, and its time was another's
                    call.end = None
                    continue
                if error.elsewhere and call.attempt < retries:
                    call.attempt += 1
                    continue
                breaker.attempt_failed(error, call.attempt_began)
                if spec.retries is None and _came_too_early(call, error):
                    call.too_early += 1
                counted = call.attempt - call.too_early
                pause = pause_before(max(counted, 0), error.retry_after_s)
                left = (call.end or loop.time()) - loop.time()
                too_long = pause + _least_s(call) >= left
                if not error.retryable or counted >= retries or too_long:
                    final = _final(error, call, counted < retries and too_long, pause)
                    breaker.call_failed(error, call.began)
                    raise final from error
                call.failure = error
            # the place is free while this call waits, so that others go on
            await asyncio.sleep(pause)
            call.attempt += 1

    async def _until_files_are_free(self, error: ProviderError, call: _Call) -> None:
        """Wait a little, with fewer calls in flight from now on.

        Nobody was asked: it counts as no attempt, and says nothing of the provider.
        """
        now = asyncio.get_running_loop().time()
        call.made -= 1
        self.without_files += 1
        if self._open_files is not None and (by := self._open_files.cut(now, self.in_flight)):
            self._limits.fewer(by)
        pause = FILES_PAUSE_S * (0.5 + random.random())  # noqa: S311  # as of `pause_before`
        if self._no_files_come or self.closing or now + pause >= (call.end or 0.0):
            # what others wait for in vain is not waited for again, until a call has had it
            self._no_files_come = True
            raise ProviderError(error.kind, error.message, attempts=call.made) from error
        await asyncio.sleep(pause)

    async def only_one(self, state: ProviderState, request: Request) -> Response:
        """Return the answer to a single attempt, which budgets alone hold back."""
        call = _Call(state, request, None, request.timeout_s)
        while True:
            self._check(call)
            reservation = await self._quotas.take(state, request, paced=False)
            if reservation is not None:
                return await self._counted(call, reservation)
            await asyncio.sleep(POLL_S)

    async def _try(self, call: _Call) -> Response:
        """Wait until one attempt may start, and make it."""
        state = call.state
        place = self._limits.place(state.pool)
        reservation = await self._start(call, place)
        try:
            response = await self._counted(call, reservation)
            if not state.provider.offline:
                await self._spreader.wait()
            return response
        finally:
            place.leave()

    async def _counted(self, call: _Call, reservation: Reservation) -> Response:
        """Make one attempt, and write down what it took."""
        try:
            response = await self._attempt(call)
            await self._quotas.answered(call.state, reservation, call.request, response)
            return response
        except ProviderError as error:
            await self._quotas.failed(call.state, reservation, error)
            raise
        finally:
            self._quotas.ended(reservation)

    async def _start(self, call: _Call, place: ConcurrencySlot) -> Reservation:
        """Wait for the rate, then for a place; return with both, and with the budgets' consent.

        Only who is next waits for the rate, and holds no place meanwhile.
        """
        state = call.state
        at_budget = self._quotas.turn_at(state, call.request)
        if at_budget is None:
            return await self._start_paced(call, place)
        # what was begun comes to its verdict, before the budget is spent on more that does not
        await at_budget.take(urgent=call.attempt > 0 or call.request.goes_on)
        try:
            return await self._start_paced(call, place)
        finally:
            at_budget.give_on()

    async def _start_paced(self, call: _Call, place: ConcurrencySlot) -> Reservation:
        state = call.state
        has_turn = False
        try:
            while True:
                if state.rate_limiter is not None:
                    if not has_turn:
                        await state.turns.take(urgent=call.attempt > 0)
                        has_turn = True
                    await self._until_due(call, state.rate_limiter)
                reservation = await self._at_place(call, place)
                if reservation is not None:
                    return reservation
        finally:
            if has_turn:
                state.turns.give_on()

    async def _at_place(self, call: _Call, place: ConcurrencySlot) -> Reservation | None:
        """Wait for a place, and return with what the budgets reserve; None, a moment later, where
        calls in flight have to leave something of a budget first."""
        clock = asyncio.get_running_loop().time
        came = clock()
        # what was begun comes to its end first: behind all that wait, its time would run out
        await place.enter(urgent=call.attempt > 0)
        reservation = None
        try:
            self._check(call)
            reservation = await self._quotas.take(call.state, call.request)
        finally:
            if reservation is None:
                place.leave()
        if reservation is None:
            await asyncio.sleep(POLL_S)
        if call.end is not None:
            call.end += clock() - came
        return reservation

    async def _until_due(self, call: _Call, rate_limiter: RateLimiter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._check(call)
            self._quotas.check(call.state, call.request)
            now, due = rate_limiter.clock(), rate_limiter.due_at()
            if due <= now:
                return
            # the rate alone is waited for as long as it takes, a pause only within bounds
            wait_s = (rate_limiter.paused_until if call.end is None else due) - now
            longest_s = call.retry_for_s if call.end is None else call.end - loop.time()
            if wait_s > longest_s:
                raise ProviderError(ErrorKind.RATE_LIMIT, _PAUSED, retry_after_s=wait_s)
            await asyncio.sleep(min(due - now, LONGEST_NAP_S))

    def _check(self, call: _Call) -> None:
        """Raise where the call is not to be made any more."""
        unwanted = call.unwanted if call.attempt == 0 else None
        if self.closing or self._quotas.stopped or (unwanted is not None and unwanted()):
            raise asyncio.CancelledError
        call.state.breaker.check()

    async def _attempt(self, call: _Call) -> Response:
        loop = asyncio.get_running_loop()
        now = loop.time()
        call.before_began, call.attempt_began = min(call.attempt_began, now), now
        if call.end is None:
            call.began = now
            call.end = now + call.retry_for_s
        call.made += 1
        limit_s = min(call.request.timeout_s, max(call.end - now, _least_s(call)))
        provider, request = call.state.provider, call.request
        self.in_flight += 1
        try:
            if not provider.offline and request.file_parts:
                # held in memory for an attempt, and no longer: of a thousand calls that wait for a
                # place, each may send a picture
                await asyncio.to_thread(lambda: request.openai_messages)
            async with asyncio.timeout(limit_s):
                return await _answer(provider, request)
        except TimeoutError as error:
            late = _timed_out(call, limit_s)
            late.disturbed = is_of_held_up(error.__cause__)
            raise late from error
        except ProviderError as error:
            if error.kind is not ErrorKind.OPEN_FILES and of_open_files(error):
                raise no_files(error) from error
            raise
        finally:
            request.drop_files()
            self.in_flight -= 1


async def _answer(provider: Provider, request: Request) -> Response:
    """Have a provider answer, and hold it to what it promises."""
    embeds = request.purpose == "embedding"
    with OF_PROVIDERS:
        response = await (provider.embed(request) if embeds else provider.complete(request))
    if not isinstance(response, Response):
        name = f"{type(provider).__name__}.{'embed' if embeds else 'complete'}"
        given = shorten(repr(response))
        raise ProviderError(ErrorKind.PROVIDER, f"{name} returned {given}, not a Response")
    return response


def pause_before(attempt: int, retry_after_s: float | None) -> float:
    """Return the seconds to wait after the n-th attempt (from 0): doubling, with jitter, and
    never less than what the provider asked for."""
    pause: float = min(FIRST_PAUSE_S * 2.0**attempt, LONGEST_PAUSE_S)
    # jitter only spreads the load: no need for a secure source
    pause *= 0.5 + random.random() / 2  # noqa: S311
    return max(pause, retry_after_s or 0.0)


def _least_s(call: _Call) -> float:
    """Return the seconds that an attempt must have: one that is broken off at once tells nothing,
    and may be paid for all the same."""
    return min(LEAST_ATTEMPT_S, call.retry_for_s / 10)


def _timed_out(call: _Call, limit_s: float) -> ProviderError:
    """Return the error of an attempt that had no answer in time.

    Where `retry_for` left it less than its timeout, what came of the one before says more.
    """
    before = call.failure
    if before is None or limit_s >= call.request.timeout_s:
        return ProviderError(ErrorKind.TIMEOUT, f"no answer within {limit_s:.3g} s")
    message = f"{before.message}; then no answer within the {limit_s:.3g} s that retry_for left"
    return ProviderError(before.kind, message, status=before.status)


def _came_too_early(call: _Call, error: ProviderError) -> bool:
    """Return whether an attempt was refused for its rate though its provider answers others."""
    if error.kind is not ErrorKind.RATE_LIMIT or call.too_early >= MOST_TOO_EARLY:
        return False
    # a refusal comes at once: what is answered meanwhile is answered in the pause before
    return call.state.breaker.has_answered_since(call.before_began)


def _final(error: ProviderError, call: _Call, too_long: bool, pause_s: float) -> ProviderError:
    message, attempts = error.message, call.attempt + 1
    if error.retryable and too_long:
        message += f" (attempt {attempts}; waiting {pause_s:.3g} s more would take too long)"
    elif attempts > 1:
        message += f" (after {attempts} attempts)"
    return ProviderError(
        error.kind,
        message,
        status=error.status,
        retry_after_s=error.retry_after_s,
        attempts=0 if error.kind is ErrorKind.MISSING_KEY else call.made,
    )
