"""Files that are written a line at a time, so that a killed process loses no line."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


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
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            if self._lock:
                fcntl.flock(self._file, fcntl.LOCK_EX)
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
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
