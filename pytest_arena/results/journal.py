"""Files that are written a line at a time, so that a killed process loses no line."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Lock

from pytest_arena.running.file_locks import BINARY, lock, try_lock
from pytest_arena.running.open_files import patiently


class _System:
    """The system's calls as they are when this is imported: a fixture, as of pyfakefs, may put a
    file system of its own in the place of `os`, where no result must be lost."""

    open, write, read = staticmethod(os.open), staticmethod(os.write), staticmethod(os.read)
    fstat, lseek, close = staticmethod(os.fstat), staticmethod(os.lseek), staticmethod(os.close)


class Journal:
    """A file to which lines are appended so that a killed process loses none that was written.

    A file that somebody removes while it is open is an `OSError`, since nobody would find what is
    written to it. With `lock`, the file is locked while it is open here, so that others can tell it
    from one whose writer is gone.
    """

    def __init__(self, path: Path, *, lock: bool = False) -> None:
        self.path = path
        self._lock = lock
        self._file: int | None = None
        self._reading = Lock()
        self.last = (0, 0)
        """Where the last line begins, and how many bytes it has without its end."""
        self._links = 0

    def append(self, line: str) -> None:
        """Write one line with one system call."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | BINARY
            self._file = patiently(lambda: _System.open(self.path, flags, 0o644))
            if self._lock:
                lock(self._file)
            # 0 for all files of some file systems
            self._links = _System.fstat(self._file).st_nlink
        now = _System.fstat(self._file)
        if self._links and not now.st_nlink:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.path))
        data = memoryview(f"{line}\n".encode())
        self.last = (now.st_size, len(data) - 1)
        while data:
            data = data[_System.write(self._file, data) :]

    def read(self, begin: int, size: int) -> bytes:
        """Return so many bytes of the file, also where another has taken its place meanwhile."""
        with self._reading:
            if self._file is None:
                self._file = _System.open(self.path, os.O_RDWR | os.O_APPEND | BINARY)
            _System.lseek(self._file, begin, os.SEEK_SET)
            parts = []
            while size and (part := _System.read(self._file, size)):
                parts.append(part)
                size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        if self._file is not None:
            _System.close(self._file)
            self._file = None


def is_being_written(path: Path) -> bool:
    """Return whether a process that is alive holds a locked journal open."""
    file = _System.open(path, os.O_RDONLY)
    try:
        return not try_lock(file)
    finally:
        _System.close(file)
