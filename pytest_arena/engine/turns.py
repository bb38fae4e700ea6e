"""Who goes next where calls wait for the same thing: in order, further attempts first."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count


class Turns:
    """Let one coroutine at a time go on; those that are urgent before those that came earlier."""

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
