"""How many tools run at once where this machine has no file, or no process, left for more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import TypeVar

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.running.open_files import PATIENCE_S, PAUSE_S, no_file_left, ran_out_of_files

T = TypeVar("T")


class OutOfRoom(ProviderError):
    """A tool was not run at all, since there was no room for it.

    That says nothing of the tool, and is nothing to tell a model.
    """

    def __init__(self, tool: str, error: Exception) -> None:
        said = f"tool {tool!r} cannot be started: {error}"
        if ran_out_of_files(error):
            super().__init__(ErrorKind.OPEN_FILES, no_file_left(said))
        else:
            super().__init__(ErrorKind.SYSTEM, said)


class Room:
    """Runs tools; one that finds no room runs when others have ended, with fewer at once from then
    on.

    How long it waits for that is no part of the time that a tool has.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self.running = 0
        self._most: float = inf
        self._ended = asyncio.Event()
        self.lacked: str | None = None
        """What there was no room for last; None where there was room for all."""

    async def run(self, tool: Callable[[], Awaitable[T]]) -> T:
        """Return what a tool gives; where no other runs that could make room, and there is none
        after a while, that is an `OutOfRoom`."""
        alone_since: float | None = None
        while True:
            while self.running >= self._most:
                self._ended.clear()
                await self._ended.wait()
            self.running += 1
            try:
                given = await tool()
            except OutOfRoom as error:
                self.lacked = error.message
                beside = self.running - 1
                now = asyncio.get_running_loop().time()
                if beside:
                    alone_since = None
                elif alone_since is None:
                    alone_since = now
                elif now - alone_since >= self._patience_s:
                    raise
                self._most = max(beside, 1)
            else:
                self._most += 1
                return given
            finally:
                self.running -= 1
                self._ended.set()
            await asyncio.sleep(PAUSE_S)
