"""Code that does not come back is given up, whatever it is at, in every kind of thread."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable

import pytest

from pytest_arena.running.time_limit import TimeLimitError, alarm_in_place, within

QUICKLY = 0.05


def looping() -> None:
    while True:
        pass


def swallowing() -> None:
    # a check that catches everything is given the sign again
    for _ in range(2):
        try:
            looping()
        except BaseException:  # noqa: BLE001
            continue
    looping()


def waiting() -> None:
    threading.Event().wait()


def sleeping() -> None:
    time.sleep(10_000)


def searching() -> None:
    # Python's own module has no time limit, and holds the lock of the whole process
    re.search(r"(a+)+$", "a" * 60 + "b")


def in_main(work: Callable[[], None]) -> None:
    with pytest.raises(TimeLimitError):
        within(QUICKLY, work)


def in_another(work: Callable[[], None]) -> None:
    caught: list[BaseException] = []

    def run() -> None:
        try:
            within(QUICKLY, work)
        except TimeLimitError as error:
            caught.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    assert len(caught) == 1


@pytest.mark.parametrize("work", [looping, swallowing, waiting, sleeping, searching])
def test_nothing_takes_longer_in_the_main_thread(work: Callable[[], None]) -> None:
    in_main(work)


@pytest.mark.parametrize("work", [looping, searching])
def test_nothing_takes_longer_where_the_alarm_is_in_place(work: Callable[[], None]) -> None:
    before = signal.getsignal(signal.SIGALRM)
    with alarm_in_place():
        in_main(work)
        # an inner limit that is longer holds no longer than the outer one
        in_main(lambda: within(60, work))
        # one that is shorter leaves the outer one as it is
        assert within(60, lambda: in_main(work)) is None
        assert within(60, lambda: 5) == 5
        # nor does it matter which alarm a check has left behind
        within(60, lambda: signal.signal(signal.SIGALRM, lambda _number, _frame: None))
        in_main(work)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_alarm_is_put_in_place_where_something_needs_it() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with alarm_in_place():
        assert signal.getsignal(signal.SIGALRM) is before
        assert within(60, lambda: signal.getsignal(signal.SIGALRM)) is not before
        there = signal.getsignal(signal.SIGALRM)
        assert within(60, lambda: signal.getsignal(signal.SIGALRM)) is there
    assert signal.getsignal(signal.SIGALRM) is before


def test_the_alarm_leaves_a_timer_that_was_set_before_alone() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with alarm_in_place():
            within(60, lambda: [time.sleep(0.01) for _ in range(100) if not rung])
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("work", [looping, waiting])
def test_nothing_takes_longer_in_another_thread(work: Callable[[], None]) -> None:
    in_another(work)


def test_what_comes_back_is_handed_on() -> None:
    assert within(60, lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        within(60, lambda: 1 / 0)


def test_in_another_thread_results_and_errors_are_handed_on() -> None:
    found: list[object] = []

    def run() -> None:
        found.append(within(60, lambda: 5))
        try:
            within(60, lambda: 1 / 0)
        except ZeroDivisionError as error:
            found.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert found == [5, ZeroDivisionError]


def test_a_timer_that_was_set_before_goes_on() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 100, 7)
        in_main(looping)
        left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left < 100
        assert interval == 7
        # one that rings earlier is that of whoever set it
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        within(60, lambda: [time.sleep(0.01) for _ in range(100) if not rung])
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
