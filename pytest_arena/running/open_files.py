"""The files that this process may have open, and what says that it has no more of them.

A connection is one, and a program that is spoken to takes several. Windows has no such limit.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from pytest_arena.real_time import real_time

try:
    import resource as _resource
except ImportError:
    _resource = None  # type: ignore[assignment]  # there is none on Windows

T = TypeVar("T")

_OUT = frozenset({errno.EMFILE, errno.ENFILE})
_SHORT = _OUT | {errno.EAGAIN, errno.ENOMEM}
"""What a program is not started for that may be started a little later."""
PATIENCE_S = 10.0
"""For something that this machine has no more of for the moment."""
PAUSE_S = 0.1
_LISTS = ("/proc/self/fd", "/dev/fd")
_USUAL = 16
"""Open files of a process that cannot tell how many it has."""


def most_files() -> int | None:
    """Return how many files this process may have open; None where nothing limits that."""
    if _resource is None:
        return None
    soft, _ = _resource.getrlimit(_resource.RLIMIT_NOFILE)
    return None if soft == _resource.RLIM_INFINITY else soft


def allow_files(wanted: int) -> int | None:
    """Raise the limit to what is wanted, as far as the system lets it; return what holds then."""
    before = most_files()
    if before is None or before >= wanted:
        return before
    _, hard = _resource.getrlimit(_resource.RLIMIT_NOFILE)
    soft = wanted if hard == _resource.RLIM_INFINITY else min(wanted, hard)
    try:
        _resource.setrlimit(_resource.RLIMIT_NOFILE, (soft, hard))
    except (OSError, ValueError):
        # macOS has a bound below the hard limit that it tells: what was there holds
        return before
    return soft


def files_open() -> int:
    """Return how many files this process has open."""
    for place in _LISTS:
        try:
            # one of them is the list itself
            return len(os.listdir(place)) - 1
        except OSError as error:
            if error.errno in _OUT:
                return most_files() or _USUAL
    return _USUAL


class SpareFiles:
    """Files that are held open for nothing, so that there are some when no other is left."""

    def __init__(self) -> None:
        self._held: list[int] = []
        self._given = 0
        self._lock = threading.Lock()

    def hold(self, count: int) -> None:
        """Hold so many, as far as there are any."""
        with self._lock:
            self._given = 0
            try:
                while len(self._held) < count:
                    self._held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError as error:
                if error.errno not in _OUT:
                    raise

    def give(self) -> None:
        """Give them to whoever needs one now."""
        with self._lock:
            held, self._held = self._held, []
            self._given += len(held)
        for file in held:
            os.close(file)

    def given(self) -> int:
        """Return how many were given since this was last asked."""
        with self._lock:
            given, self._given = self._given, 0
        return given


SPARE_FILES = SpareFiles()
"""Those of this process, which has one table of files."""


def patiently(action: Callable[[], T], longest_s: float = PATIENCE_S) -> T:
    """Do what needs files or a process, in a thread that may wait: where the machine has no more of
    them for the moment, others end and give theirs back."""
    end = real_time.monotonic() + longest_s
    while True:
        try:
            return action()
        except OSError as error:
            if not is_short(error) or real_time.monotonic() >= end:
                raise
        SPARE_FILES.give()
        time.sleep(PAUSE_S)


def is_short(error: OSError) -> bool:
    """Return whether a program could not be started for what the machine may have again soon."""
    return error.errno in _SHORT


def ran_out_of_files(error: BaseException) -> bool:
    """Return whether an error came of there being no file left to open.

    Of some, as of a name that was not found, only what the process has left can tell.
    """
    vague = False
    for link in _links(error):
        if isinstance(link, OSError) and link.errno in _OUT:
            return True
        met = isinstance(link, (OSError, ImportError))
        vague = vague or (met and not isinstance(link, (ConnectionError, TimeoutError)))
    return vague and not _can_open()


def no_file_left(what: str) -> str:
    """Say that something failed since no file was left to open."""
    most = most_files()
    allowed = f", which may have {most:,}" if most is not None else ""
    return f"no file was left to open in this process{allowed} (raise with `ulimit -n`): {what}"


def _can_open() -> bool:
    try:
        file = os.open(os.devnull, os.O_RDONLY)
    except OSError as error:
        return error.errno not in _OUT
    os.close(file)
    return True


def _links(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that stands behind it, those of groups included."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        link = waiting.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [one for one in (link.__cause__, link.__context__) if one is not None]
        if isinstance(link, BaseExceptionGroup):
            waiting += link.exceptions
