"""The passage to one provider: calls beside each other, or a load case alone."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pytest_arena.engine.calling.shared_state import SharedTable


class ExclusiveAccess:
    """Access to a provider: many calls beside each other, or one load case alone, first come first.

    Lives on the event loop. A load case that waits holds up what came later, so that it is not
    put off for ever.
    """

    def __init__(self) -> None:
        self._passing = 0
        self._taken = False
        self._waiting: deque[tuple[asyncio.Future[None], bool]] = deque()

    async def enter(self, *, alone: bool = False) -> None:
        """Wait for the way to be free, beside other calls or alone; it must be left again."""
        # those who wait go first, or a load case would starve among a stream of single calls
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
                ExclusiveAccess.leave(self, alone=alone)
            raise

    def leave(self, *, alone: bool = False) -> None:
        if alone:
            self._taken = False
        else:
            self._passing -= 1
        self._wake()

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
            # one that was cancelled meanwhile gives back what it was given when it wakes
            if not future.cancelled():
                future.set_result(None)

    def _take(self, alone: bool) -> None:
        if alone:
            self._taken = True
        else:
            self._passing += 1

    def _is_free(self, alone: bool) -> bool:
        return not self._taken and not (alone and self._passing)


_POLL_S = 0.02
"""How often those who wait look again."""


class SharedExclusiveAccess(ExclusiveAccess):
    """Access to a provider that holds over all processes of a machine.

    Each process has a row: its calls that pass, and whether it has a load case that waits or runs.
    A load case that has said so lets no further call of another process in, and goes when those
    that pass have ended. What a process that died has written counts no more.
    """

    def __init__(
        self,
        table: SharedTable,
        provider: str,
        *,
        process: int | None = None,
        poll_s: float = _POLL_S,
    ) -> None:
        super().__init__()
        self._table = table
        self._name = f"passage {provider}"
        self._process = os.getpid() if process is None else process
        self._poll_s = poll_s
        self._inside = 0
        self._claims = False

    async def enter(self, *, alone: bool = False) -> None:
        """Wait for the way to be free, in this process first and then in all."""
        # in this process first: then at most one coroutine of it looks at the table at a time
        await super().enter(alone=alone)
        try_it = self._try_alone if alone else self._try_beside
        try:
            await self._wait_for(try_it)
        except BaseException:
            if self._claims and alone:
                self._claims = False
                self._write()
            super().leave(alone=alone)
            raise

    def leave(self, *, alone: bool = False) -> None:
        if alone:
            self._claims = False
        else:
            self._inside -= 1
        self._write()
        super().leave(alone=alone)

    async def _wait_for(self, try_it: Callable[[], bool]) -> None:
        # no event of this process tells that another one has let go
        while not await self._table.change(try_it):  # noqa: ASYNC110
            await asyncio.sleep(self._poll_s)

    def _try_beside(self) -> bool:
        if any(claims for _, claims in self._others()):
            return False
        self._inside += 1
        self._write()
        return True

    def _try_alone(self) -> bool:
        others = self._others()
        if not self._claims:
            if any(claims for _, claims in others):
                return False
            # said before the way is free, so that no further call of another process gets in first
            self._claims = True
            self._write()
        return not any(inside for inside, _ in others)

    def _others(self) -> list[tuple[float, bool]]:
        """Return the calls and the claim of each other process that lives."""
        return [
            (row[0], bool(row[1]))
            for process, row in self._table.rows(self._name).items()
            if process != self._process and (row[0] or row[1]) and self._table.lives(process)
        ]

    def _write(self) -> None:
        self._table.write(self._name, self._process, (self._inside, float(self._claims)))
