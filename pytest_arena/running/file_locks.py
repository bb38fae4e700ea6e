"""Locks on files and folders that hold between processes and end with them, on POSIX and Windows.

POSIX has them in `fcntl`, Windows in `msvcrt`, whose locks keep others from reading as well: there
they are on bytes far behind all that a file holds.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

BINARY: int = getattr(os, "O_BINARY", 0)
"""What keeps Windows from changing the ends of lines in what is written to a descriptor."""
_POLL_S = 0.01
_BEHIND = 1 << 30
"""Where bytes that stand for locks begin."""
_WHOLE = _BEHIND - 1


def _module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


_fcntl: Any = _module("fcntl")
_msvcrt: Any = None if _fcntl is not None else _module("msvcrt")


def try_lock(file: int) -> bool:
    """Lock a file as a whole; false where another open file has it locked."""
    if _fcntl is None:
        return _try_place(file, _WHOLE)
    try:
        _fcntl.flock(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock(file: int, *, shared: bool = False) -> None:
    """Lock a file as a whole, as soon as nobody else has it; `shared` among readers where the
    system has such locks."""
    if _fcntl is not None:
        _fcntl.flock(file, _fcntl.LOCK_SH if shared else _fcntl.LOCK_EX)
        return
    while not _try_place(file, _WHOLE):
        time.sleep(_POLL_S)


def try_lock_place(file: int, place: int) -> bool:
    """Lock one of many places of a file for this process; false where another one has it."""
    if _fcntl is None:
        return _try_place(file, _BEHIND + place)
    try:
        _fcntl.lockf(file, _fcntl.LOCK_EX | _fcntl.LOCK_NB, 1, _BEHIND + place)
    except (BlockingIOError, PermissionError):
        return False
    return True


def unlock_place(file: int, place: int) -> None:
    """Let others have a place."""
    if _fcntl is not None:
        # locks of `lockf` belong to process and file together: closing a second descriptor of the
        # file would give them all away, so there is one descriptor a process
        _fcntl.lockf(file, _fcntl.LOCK_UN, 1, _BEHIND + place)
        return
    os.lseek(file, _BEHIND + place, os.SEEK_SET)
    _msvcrt.locking(file, _msvcrt.LK_UNLCK, 1)


def read_at(file: int, size: int, place: int) -> bytes:
    """Read from a place of a file."""
    if hasattr(os, "pread"):
        return os.pread(file, size, place)
    os.lseek(file, place, os.SEEK_SET)
    return os.read(file, size)


def write_at(file: int, data: bytes, place: int) -> None:
    """Write to a place of a file, with one system call."""
    if hasattr(os, "pwrite"):
        os.pwrite(file, data, place)
        return
    os.lseek(file, place, os.SEEK_SET)
    os.write(file, data)


class FolderLock:
    """A lock on a folder; where folders cannot be opened, on a file `.lock` in it."""

    NAME = ".lock"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def try_acquire(self) -> bool:
        """Lock it; false where another process has it locked.

        Some network file systems lock no folders: two processes at once are not seen there.
        """
        self._open()
        try:
            found = self._file is not None and try_lock(self._file)
        except OSError:
            return True
        if not found:
            self._close()
        return found

    def acquire(self, *, shared: bool = False) -> None:
        """Lock it as soon as nobody else has it."""
        self._open()
        if self._file is not None:
            lock(self._file, shared=shared)

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            self._close()
            if _fcntl is None:
                with suppress(OSError):
                    # another process may have it open by now
                    (self._folder / self.NAME).unlink()

    def _open(self) -> None:
        if _fcntl is not None:
            self._file = os.open(self._folder, os.O_RDONLY)
        else:
            self._file = os.open(self._folder / self.NAME, os.O_RDWR | os.O_CREAT | BINARY, 0o644)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _try_place(file: int, place: int) -> bool:
    os.lseek(file, place, os.SEEK_SET)
    try:
        _msvcrt.locking(file, _msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
