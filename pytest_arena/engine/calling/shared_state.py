"""A small table of numbers that all processes of a run on one machine read and write."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from pytest_arena.running.file_locks import (
    BINARY,
    read_at,
    try_lock_place,
    unlock_place,
    write_at,
)

T = TypeVar("T")
Numbers = tuple[float, ...]

WIDTH = 8
"""Numbers in a row."""
_ROW = struct.Struct(f"<16sq{WIDTH}d")
_LOCK_POLL_S = 0.0005
_WHOLE = 0
"""The place that is locked for the table; that of a process is its id."""


class SharedTable:
    """Rows of eight numbers by name and owner, in memory: for a run in one process.

    All methods are called on one event loop. A row that is there may be written by its owner at
    any time; everything else is done inside `change`.
    """

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, Numbers]] = {}

    async def change(self, work: Callable[[], T]) -> T:
        """Run a short function while no other process changes the table."""
        return work()

    def rows(self, name: str) -> dict[int, Numbers]:
        """Return the rows of a name by owner."""
        return self._rows.get(name, {})

    def write(self, name: str, owner: int, numbers: Numbers) -> None:
        """Put one row; what is missing at its end is 0."""
        padded = numbers + (0.0,) * (WIDTH - len(numbers))
        self._rows.setdefault(name, {})[owner] = padded

    def lives(self, owner: int) -> bool:
        """Return whether a process that owns rows still runs."""
        return True

    def close(self) -> None:
        """Let go of the file."""


class FileSharedTable(SharedTable):
    """Rows of eight numbers by name and owner in a file, locked while one process changes it.

    The lock is tried, never waited for, so that the event loop goes on; the system gives it back
    when a process dies. Each process holds a lock on a byte of its own, which tells that it lives.
    A row is written by one system call, so that nobody reads half of it; there is one descriptor
    of the file a process, since closing a second one would give its locks away.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._process = os.getpid()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | BINARY, 0o600)
        self._places: dict[bytes, dict[int, int]] = {}
        self._known = 0
        self._try_lock(self._process)

    async def change(self, work: Callable[[], T]) -> T:
        # no event of this process tells that another one has let go
        while not self._try_lock(_WHOLE):  # noqa: ASYNC110
            await asyncio.sleep(_LOCK_POLL_S)
        try:
            # nothing is awaited in here: no other coroutine comes in between
            return work()
        finally:
            self._unlock(_WHOLE)

    def rows(self, name: str) -> dict[int, Numbers]:
        self._learn()
        places = self._places.get(_key(name), {})
        return {owner: self._read(place)[2:] for owner, place in places.items()}

    def write(self, name: str, owner: int, numbers: Numbers) -> None:
        self._learn()
        key = _key(name)
        place = self._places.get(key, {}).get(owner)
        # new rows are added inside `change` alone: two processes never take the same place
        if place is None:
            place = self._known
        padded = numbers + (0.0,) * (WIDTH - len(numbers))
        write_at(self._file, _ROW.pack(key, owner, *padded), place * _ROW.size)

    def lives(self, owner: int) -> bool:
        # a process that was killed is known to the system until its parent has asked for it
        if owner == self._process:
            return True
        if not self._try_lock(owner):
            return True
        self._unlock(owner)
        return False

    def close(self) -> None:
        os.close(self._file)

    def _try_lock(self, which: int) -> bool:
        return try_lock_place(self._file, which)

    def _unlock(self, which: int) -> None:
        unlock_place(self._file, which)

    def _learn(self) -> None:
        """Find the rows that other processes have added."""
        # a row is never removed and never moves, so that places once learnt stay right
        found = os.fstat(self._file).st_size // _ROW.size
        for place in range(self._known, found):
            key, owner, *_ = self._read(place)
            self._places.setdefault(key, {})[owner] = place
        self._known = found

    def _read(self, place: int) -> tuple[bytes, int, *tuple[float, ...]]:
        return _ROW.unpack(read_at(self._file, _ROW.size, place * _ROW.size))


def _key(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
