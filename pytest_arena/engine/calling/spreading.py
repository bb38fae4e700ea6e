"""Keep the event loop free where many answers come at once."""

from __future__ import annotations

import asyncio
from collections import deque

AT_ONCE = 8
"""An answer's way from here to the next call takes about half a millisecond of the loop."""


class Spreader:
    """A gate that lets so many tasks through in one iteration of the event loop, the others in the
    next ones, in their order."""

    def __init__(self) -> None:
        self._passed = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        if self._passed < AT_ONCE and not self._waiting:
            self._pass()
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _pass(self) -> None:
        if not self._passed:
            asyncio.get_running_loop().call_soon(self._begin_anew)
        self._passed += 1

    def _begin_anew(self) -> None:
        self._passed = 0
        while self._waiting and self._passed < AT_ONCE:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._pass()
