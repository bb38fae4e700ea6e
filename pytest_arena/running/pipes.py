"""The pipes of a child process, waited for side by side: by the system, or by threads."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from pytest_arena.real_time import real_time

PART = 1 << 16
SETTLING_S = 2.0
"""For the last words of a process that has ended; what it started may hold its pipes longer."""
READABLE, WRITABLE = 1, 4
"""What is waited for; the numbers are those of `select.poll`."""


class Pipes:
    """The pipes of one child process, none of which keeps the caller waiting; the system tells
    which are ready."""

    def __init__(self, given: IO[bytes], read: tuple[IO[bytes], ...]) -> None:
        for pipe in (given, *read):
            os.set_blocking(pipe.fileno(), False)

    def ready(self, files: Mapping[int, int], seconds: float | None) -> set[int]:
        """Return which of these files can be read, or written, now or within a time."""
        waiting = select.poll()
        for file, event in files.items():
            waiting.register(file, event)
        milliseconds = None if seconds is None else seconds * 1000
        return {file for file, _ in waiting.poll(milliseconds)}

    def read(self, file: int) -> bytes:
        """Return what there is, nothing at the end; `BlockingIOError` before anything is there."""
        return os.read(file, PART)

    def write(self, file: int, data: memoryview) -> int:
        """Write a part, and return how much; `BlockingIOError` where it must wait."""
        return os.write(file, data)

    def settle(self) -> None:
        """Wait until all that an ended process wrote can be read."""

    def close_input(self, given: IO[bytes]) -> None:
        """Tell the process that nothing more will come."""
        with suppress(OSError):
            given.close()


class ThreadedPipes(Pipes):
    """Pipes where the system cannot wait for several, as on Windows: a thread each, which end with
    their pipe."""

    def __init__(self, given: IO[bytes], read: tuple[IO[bytes], ...]) -> None:
        self._changed = threading.Condition()
        self._parts: dict[int, deque[bytes]] = {pipe.fileno(): deque() for pipe in read}
        self._given: deque[bytes | None] = deque()
        self._writing = False
        for pipe in read:
            threading.Thread(
                target=self._listen, args=(pipe.fileno(),), name="arena-pipe", daemon=True
            ).start()
        threading.Thread(target=self._tell, args=(given,), name="arena-pipe", daemon=True).start()

    def ready(self, files: Mapping[int, int], seconds: float | None) -> set[int]:
        end = None if seconds is None else real_time.monotonic() + seconds
        with self._changed:
            while not (found := self._ready_now(files)):
                left = None if end is None else end - real_time.monotonic()
                if left is not None and left <= 0:
                    break
                self._changed.wait(left)
            return found

    def read(self, file: int) -> bytes:
        with self._changed:
            parts = self._parts[file]
            if not parts:
                raise BlockingIOError
            # the end stays the end, however often it is asked for
            return parts.popleft() if parts[0] else b""

    def write(self, file: int, data: memoryview) -> int:
        with self._changed:
            if self._writing or self._given:
                raise BlockingIOError
            self._given.append(bytes(data[:PART]))
            self._changed.notify_all()
            return min(len(data), PART)

    def settle(self) -> None:
        with self._changed:
            self._changed.wait_for(self._have_ended, SETTLING_S)

    def _have_ended(self) -> bool:
        return all(parts and not parts[-1] for parts in self._parts.values())

    def close_input(self, given: IO[bytes]) -> None:
        with self._changed:
            self._given.append(None)
            self._changed.notify_all()

    def _ready_now(self, files: Mapping[int, int]) -> set[int]:
        found = {file for file, event in files.items() if event == READABLE and self._parts[file]}
        idle = not self._writing and not self._given
        return found | {file for file, event in files.items() if event == WRITABLE and idle}

    def _listen(self, file: int) -> None:
        part = b"-"
        while part:
            try:
                part = os.read(file, PART)
            except OSError:
                part = b""
            with self._changed:
                self._parts[file].append(part)
                self._changed.notify_all()

    def _tell(self, given: IO[bytes]) -> None:
        while True:
            with self._changed:
                while not self._given:
                    self._changed.wait()
                part = self._given.popleft()
                self._writing = part is not None
            if part is None:
                break
            left = memoryview(part)
            with suppress(OSError, ValueError):
                # it closed its standard input: what it makes of that, its output says
                while left:
                    left = left[os.write(given.fileno(), left) :]
            with self._changed:
                self._writing = False
                self._changed.notify_all()
        with suppress(OSError):
            given.close()


def pipes_of(given: IO[bytes], read: tuple[IO[bytes], ...]) -> Pipes:
    """Return the pipes of a process as this system can wait for them."""
    return Pipes(given, read) if hasattr(select, "poll") else ThreadedPipes(given, read)
