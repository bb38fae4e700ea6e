"""How many calls may be in flight: over all, and to each endpoint that has a limit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count


class Limits:
    """The places for calls in flight; lives on the event loop.

    `total` is this process's part of the limit over all providers, `of_pool` gives its part of the
    limit that the entries of one pool share (`ProviderSpec.pool`).
    """

    def __init__(self, total: int, of_pool: Callable[[str], int | None]) -> None:
        self._total = AdaptivePlaces(max(1, total))
        self._of_pool = of_pool
        self._places: dict[str, ConcurrencySlot] = {}

    def place(self, pool: str) -> ConcurrencySlot:
        """Return the place that each call of a pool needs; enter it, and leave it again."""
        if pool not in self._places:
            limit = self._of_pool(pool)
            own = AdaptivePlaces(max(1, limit)) if limit is not None else None
            self._places[pool] = ConcurrencySlot(own, self._total)
        return self._places[pool]

    def fewer(self, by: int) -> None:
        """Have fewer calls in flight from now on: this process cannot carry so many."""
        self._total.fewer(by)


class AdaptivePlaces:
    """Places that are fewer from when they turned out to be too many."""

    def __init__(self, most: int) -> None:
        self._limit = most
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._urgent: deque[asyncio.Future[None]] = deque()

    async def acquire(self, *, urgent: bool = False) -> None:
        """Wait for a place; those that are urgent go first, then those that came earlier."""
        if self._taken < self._limit and not self._waiting and not self._urgent:
            self._taken += 1
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._urgent if urgent else self._waiting
        queue.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                # the place came together with the cancellation
                self.release()
            else:
                queue.remove(future)
            raise

    def release(self) -> None:
        """Let the next one have a place."""
        self._taken -= 1
        while (queue := self._urgent or self._waiting) and self._taken < self._limit:
            future = queue.popleft()
            if not future.done():
                self._taken += 1
                future.set_result(None)

    def fewer(self, by: int) -> None:
        """Leave so many places less than are taken now, and one at least."""
        self._limit = max(1, min(self._limit, self._taken - by))


class ConcurrencySlot:
    """A place at the provider first and then among all calls, so that a slow provider's
    waiting calls keep no other provider's calls from starting."""

    __slots__ = ("_provider", "_total")

    def __init__(self, provider: AdaptivePlaces | None, total: AdaptivePlaces) -> None:
        self._provider = provider
        self._total = total

    async def enter(self, *, urgent: bool = False) -> None:
        """Wait for both places; those that are urgent go before those that came earlier."""
        if self._provider:
            await self._provider.acquire(urgent=urgent)
        try:
            await self._total.acquire(urgent=urgent)
        except BaseException:
            if self._provider:
                self._provider.release()
            raise

    def leave(self) -> None:
        """Let the next call have them."""
        self._total.release()
        if self._provider:
            self._provider.release()


class PriorityLock:
    """A lock for coroutines that lets those that are urgent go before those that came earlier."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def take(self, *, urgent: bool) -> None:
        """Wait for the turn; it must be given on."""
        if not self._taken:
            self._taken = True
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (not urgent, next(self._numbers), future))
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                # the turn came together with the cancellation
                self.give_on()
            raise

    def give_on(self) -> None:
        """Let the next one go on."""
        while self._waiting:
            future = heappop(self._waiting)[2]
            if not future.done():
                future.set_result(None)
                return
        self._taken = False
