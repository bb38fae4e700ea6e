"""A limit on the time of code that may not come back: a user's own, and what reads strangers'
texts."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from pytest_arena.real_time import real_time

T = TypeVar("T")

_AGAIN_S = 1.0
"""Until code that has caught the sign is given it again."""
_ENDING_S = 1.0
"""For a thread to end that was told to."""
_NOT_LESS_S = 0.001


class TimeLimitError(BaseException):
    """Code has run for as long as it may.

    No `Exception`, so that a check which catches all of its own failures does not catch this one.
    """


def within(seconds: float, function: Callable[[], T]) -> T:
    """Return what a function gives, or raise `TimeLimitError` when it has taken so long.

    In the main thread it is broken off wherever it is, within a pattern of `re` as well. In any
    other thread it has one of its own, which is told to end, and left behind where it does not.
    """
    if _has_alarm():
        return _in_main_thread(seconds, function)
    return _in_thread(seconds, function)


class _Alarm:
    """What a signal calls in the main thread: it breaks off the one piece of code it is set for."""

    armed = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if self.armed:
            raise TimeLimitError


class _LastingAlarm(_Alarm):
    """An alarm that is left in place between the pieces of code that it is set for."""

    def __init__(self) -> None:
        self._is_put = False
        self._before: Any = None

    def is_in_place(self) -> bool:
        """Return whether it is in place, where it has been put the first time it was asked; code
        that it was set for may have left another one there."""
        if not self._is_put:
            self._before = signal.signal(signal.SIGALRM, self)
            self._is_put = True
            return True
        return signal.getsignal(signal.SIGALRM) is self

    def take_away(self) -> None:
        if self._is_put:
            _put_back(self._before)


_lasting: list[_LastingAlarm] = []
"""The one that `alarm_in_place` has made, if any."""


@contextmanager
def alarm_in_place() -> Iterator[None]:
    """Leave the alarm for `within` in place from the first piece of code that needs it on: for each
    of many checks to put it there would take longer than most of them."""
    if _lasting or not _has_alarm():
        yield
        return
    alarm = _LastingAlarm()
    _lasting.append(alarm)
    try:
        yield
    finally:
        _lasting.clear()
        alarm.take_away()


def _has_alarm() -> bool:
    return threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")


async def in_thread_within(seconds: float, function: Callable[[], T]) -> T:
    """Run a function off the event loop, and wait for what `within` gives."""
    return await asyncio.to_thread(within, seconds, function)


def _in_main_thread(seconds: float, function: Callable[[], T]) -> T:
    began = real_time.monotonic()
    other_left, other_interval = signal.setitimer(signal.ITIMER_REAL, 0)
    if not other_left and _lasting and _lasting[0].is_in_place():
        return _until_it_rings(_lasting[0], seconds, function)
    if 0 < other_left <= seconds:
        # of pytest-timeout, or a user's own, which comes first
        signal.setitimer(signal.ITIMER_REAL, other_left, other_interval)
        return function()
    alarm = _Alarm()
    before = signal.signal(signal.SIGALRM, alarm)
    try:
        return _until_it_rings(alarm, seconds, function)
    finally:
        _put_back(before)
        if other_left:
            left = max(other_left - (real_time.monotonic() - began), _NOT_LESS_S)
            signal.setitimer(signal.ITIMER_REAL, left, other_interval)


def _put_back(before: Any) -> None:
    """Give the signal to whoever had it; None stands for code that is not Python's."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)


def _until_it_rings(alarm: _Alarm, seconds: float, function: Callable[[], T]) -> T:
    alarm.armed = True
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S)
        return function()
    finally:
        alarm.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def _in_thread(seconds: float, function: Callable[[], T]) -> T:
    results: list[T] = []
    errors: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            results.append(context.run(function))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            errors.append(error)

    # a daemon: one that never comes back keeps no process from ending
    thread = threading.Thread(target=work, name="arena-check", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        break_off(thread)
        thread.join(_ENDING_S)
        raise TimeLimitError
    if errors:
        raise errors[0]
    return results[0]


def break_off(thread: threading.Thread) -> None:
    """Raise `TimeLimitError` in a thread, as soon as it runs Python again."""
    import ctypes

    number = ctypes.c_ulong(thread.ident or 0)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(TimeLimitError))
