"""Ctrl-C amid work that it must not break: noted at once, raised where nothing is half done.

Python raises `KeyboardInterrupt` at any instruction of the main thread, also amid its own locks:
of a queue or a future that is waited for, one may stay locked, or be unlocked twice.
"""

from __future__ import annotations

import _imp
import _signal  # type: ignore[import-not-found]
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

# What the functions of `signal` call: these also try to make an enum of each handler, which takes
# ten times as long, and each cell comes by here.
_set_handler, _handler_of = _signal.signal, _signal.getsignal
_LOOKS_EVERY_S = 1.0
"""A signal that comes just before a thread goes to sleep does not wake it."""


class _Hold:
    """What Ctrl-C calls while it is held: the first is noted, a further one raised at once."""

    def __init__(self) -> None:
        self.heard = False
        self.raised = False
        """Whether it has been raised, or is not to be."""
        self.insisted = False
        self.wake: Callable[[], object] | None = None
        """Ends what the main thread waits for."""

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if self.heard:
            self.insisted = True
            raise KeyboardInterrupt
        self.heard = True
        if self.wake is not None:
            self.wake()

    def let_through(self) -> None:
        """Raise what was noted, once."""
        if self.heard and not self.raised:
            self.raised = True
            raise KeyboardInterrupt


_holds: list[_Hold] = []
"""The one that is in place, if any."""


class held:  # noqa: N801 - it is called as functions are
    """Note the first Ctrl-C of a stretch of work, and raise it at its end, or amid it where `take`
    waits; a second one is raised at once.

    A handler of somebody else's stays, and so does Ctrl-C that is ignored.
    """

    __slots__ = ("_hold",)

    def __enter__(self) -> None:
        self._hold: _Hold | None = None
        may_hold = not _holds and threading.current_thread() is threading.main_thread()
        if not may_hold or _handler_of(signal.SIGINT) is not signal.default_int_handler:
            return
        hold = _Hold()
        try:
            self._hold = hold
            _holds.append(hold)
            _set_handler(signal.SIGINT, hold)
        except BaseException:
            self._give_back(hold)
            raise

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        hold = self._hold
        if hold is None:
            return
        self._give_back(hold)
        if error is None or isinstance(error, Exception):
            # an interrupted run ends as one, whatever has failed besides
            hold.let_through()

    @staticmethod
    def _give_back(hold: _Hold) -> None:
        # first, since Ctrl-C is raised as soon as Python's own handler is there again
        _holds.clear()
        if _handler_of(signal.SIGINT) is hold:
            _set_handler(signal.SIGINT, signal.default_int_handler)


def let_through() -> None:
    """Raise Ctrl-C here, if one is held."""
    hold = _hold_here()
    if hold is not None:
        hold.let_through()


def was_interrupted() -> bool:
    """Return whether Ctrl-C was pressed amid this stretch, and once alone: the work may end in
    order."""
    hold = _hold_here()
    return hold is not None and hold.heard and not hold.insisted


def given_in() -> bool:
    """Return the same, and have it said: it is not raised any more."""
    hold = _hold_here()
    if hold is None or not was_interrupted():
        return False
    hold.raised = True
    return True


@contextmanager
def unbroken() -> Iterator[None]:
    """Let what is held wait for the end of a stretch, also where the stretch waits."""
    hold = _hold_here()
    if hold is None:
        yield
        return
    before, hold.raised = hold.raised, True
    try:
        yield
    finally:
        hold.raised = before


def take(queue: SimpleQueue[T], timeout: float) -> T:
    """Return the next item of a queue, or raise `Empty`; Ctrl-C that is held is raised here."""
    hold = _hold_here()
    if hold is None or hold.raised:
        return queue.get(timeout=timeout)
    waker: Any = queue
    # an item of its own: a handler may put it amid `get`, which is a single instruction of Python's
    hold.wake = lambda: waker.put(None)
    try:
        hold.let_through()
        item = queue.get(timeout=timeout)
    finally:
        hold.wake = None
    hold.let_through()
    return item


def result_of(
    future: Future[T],
    meanwhile: Callable[[], object] | None = None,
    every_s: float = _LOOKS_EVERY_S,
) -> T:
    """Return what a future gives once it is there; until then, call `meanwhile` every so often.

    Ctrl-C breaks the waiting off, and leaves the future's lock free for who has yet to set it.
    """
    done: SimpleQueue[Future[T]] = SimpleQueue()
    with held():
        future.add_done_callback(done.put)
        while True:
            try:
                ready = take(done, every_s)
            except Empty:
                let_others_import()
                if meanwhile is not None:
                    meanwhile()
            else:
                return ready.result()


def let_others_import() -> None:
    """Give back Python's lock on all imports, which Ctrl-C amid an import of this thread leaves
    with it for good: no other thread could import anything any more, and what waits for one never
    ends. To be called where this thread imports nothing."""
    with suppress(RuntimeError):  # another thread has it, and is amid an import
        while _imp.lock_held():
            _imp.release_lock()


def _hold_here() -> _Hold | None:
    if _holds and threading.current_thread() is threading.main_thread():
        return _holds[0]
    return None
