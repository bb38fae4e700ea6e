"""How many calls may be in flight: over all, and to each provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count


class Limits:
    """The places for calls in flight; lives on the event loop.

    `total` is this process's part of the limit over all providers, `of_provider` gives its part
    of one provider's limit.
    """

    def __init__(self, total: int, of_provider: Callable[[str], int | None]) -> None:
        self._total = asyncio.Semaphore(max(1, total))
        self._of_provider = of_provider
        self._providers: dict[str, asyncio.Semaphore | None] = {}

    def place(self, provider: str) -> ConcurrencySlot:
        """Return the place that one call to the provider needs; enter it, and leave it again."""
        if provider not in self._providers:
            limit = self._of_provider(provider)
            self._providers[provider] = asyncio.Semaphore(max(1, limit)) if limit else None
        return ConcurrencySlot(self._providers[provider], self._total)


class ConcurrencySlot:
    """A place at the provider first and then among all calls, so that a slow provider's
    waiting calls keep no other provider's calls from starting."""

    __slots__ = ("_provider", "_total")

    def __init__(self, provider: asyncio.Semaphore | None, total: asyncio.Semaphore) -> None:
        self._provider = provider
        self._total = total

    async def enter(self) -> None:
        """Wait for both places."""
        if self._provider:
            await self._provider.acquire()
        try:
            await self._total.acquire()
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
