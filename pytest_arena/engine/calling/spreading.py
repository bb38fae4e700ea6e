"""Keep the event loop free where many answers come at once."""

from __future__ import annotations

import asyncio

AT_ONCE = 8
"""An answer's way from here to the next call takes about half a millisecond of the loop."""


class Spreader:
    """A gate that lets so many tasks through in one iteration of the event loop, the others in the
    next ones, in their order."""

    def __init__(self) -> None:
        self._passed = 0

    async def wait(self) -> None:
        while self._passed >= AT_ONCE:  # noqa: ASYNC110 - the next iteration is what is waited for
            await asyncio.sleep(0)
        if not self._passed:
            asyncio.get_running_loop().call_soon(self._begin_anew)
        self._passed += 1

    def _begin_anew(self) -> None:
        self._passed = 0
