"""The passage to one provider: calls beside each other, or a load case alone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Passage:
    """Let calls to a provider pass, or one load case by itself, in the order in which they came.

    Lives on the event loop. A load case that waits holds up what came later, so that it is not
    put off for ever.
    """

    def __init__(self) -> None:
        self._passing = 0
        self._taken = False
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()

    async def enter(self, *, alone: bool = False) -> None:
        """Wait for the way to be free."""
        if not self._waiting and self._is_free(alone):
            self._take(alone)
            return
        entry = (asyncio.get_running_loop().create_future(), alone)
        self._waiting.append(entry)
        try:
            await entry[0]
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
                self._wake()
            else:
                # let in and cancelled at the same moment: only what was taken here is given back
                Passage.leave(self, alone=alone)
            raise

    def leave(self, *, alone: bool = False) -> None:
        if alone:
            self._taken = False
        else:
            self._passing -= 1
        self._wake()

    @asynccontextmanager
    async def beside_others(self) -> AsyncIterator[None]:
        """Pass beside other calls."""
        await self.enter()
        try:
            yield
        finally:
            self.leave()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Have the provider to oneself."""
        await self.enter(alone=True)
        try:
            yield
        finally:
            self.leave(alone=True)

    def _wake(self) -> None:
        while self._waiting and self._is_free(self._waiting[0][1]):
            future, alone = self._waiting.popleft()
            self._take(alone)
            if not future.cancelled():
                future.set_result(None)

    def _take(self, alone: bool) -> None:
        if alone:
            self._taken = True
        else:
            self._passing += 1

    def _is_free(self, alone: bool) -> bool:
        return not self._taken and not (alone and self._passing)
