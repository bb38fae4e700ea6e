"""When no garbage is worth looking for."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Pause:
    """Whether this process, which has one collector, does without it: as long as anyone wants."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._was_on = False

    def begin(self) -> None:
        with self._lock:
            if not self._wanted:
                self._was_on = gc.isenabled()
                gc.disable()
            self._wanted += 1

    def end(self) -> None:
        with self._lock:
            self._wanted -= 1
            if not self._wanted and self._was_on:
                gc.enable()


_PAUSE = _Pause()


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage for a while: of what an import makes, or a file that is read, or a report,
    hardly any is, and looking at all of it again and again takes a fifth of the time.

    It holds over threads: an import goes on while a file has been read.
    """
    _PAUSE.begin()
    try:
        yield
    finally:
        _PAUSE.end()
