"""Files that are written a line at a time, so that a killed process loses no line."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_arena.running.file_locks import BINARY, lock, try_lock
from pytest_arena.running.open_files import patiently


class Journal:
    """Append lines to a file so that a killed process loses none that was written.

    With `lock`, the file is locked while it is open here, so that others can tell it from one
    whose writer is gone.
    """

    def __init__(self, path: Path, *, lock: bool = False) -> None:
        self.path = path
        self._lock = lock
        self._file: int | None = None

    def append(self, line: str) -> None:
        """Write one line with one system call."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY
            self._file = patiently(lambda: os.open(self.path, flags, 0o644))
            if self._lock:
                lock(self._file)
        data = memoryview(f"{line}\n".encode())
        while data:
            data = data[os.write(self._file, data) :]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_being_written(path: Path) -> bool:
    """Return whether a process that is alive holds a locked journal open."""
    file = os.open(path, os.O_RDONLY)
    try:
        return not try_lock(file)
    finally:
        os.close(file)
