"""Ctrl-C is noted amid what it must not break, and raised where nothing is half done."""

from __future__ import annotations

import _imp
import _thread
import asyncio
import importlib
import inspect
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

import pytest

from pytest_arena.collection.xdist_link import WorkerEvents
from pytest_arena.running.interrupts import (
    given_in,
    held,
    let_others_import,
    let_through,
    result_of,
    unbroken,
    was_interrupted,
)

MOST_INSTRUCTIONS = 5_000


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def pythons_own_handler() -> Iterator[None]:
    """Where the tests run in the background, Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    handler = signal.signal(signal.SIGINT, before)
    assert handler is signal.default_int_handler


def test_ctrl_c_is_raised_at_the_end_of_what_it_must_not_break() -> None:
    done = []

    def work() -> None:
        ctrl_c()
        done.append(was_interrupted())

    with pytest.raises(KeyboardInterrupt), held():
        work()
    assert done == [True]


def test_work_without_ctrl_c_is_as_it_was() -> None:
    with held():
        let_through()
        assert not was_interrupted()
    with pytest.raises(ValueError, match="own"), held():
        raise ValueError("own")


def test_a_second_ctrl_c_is_raised_at_once() -> None:
    done = []

    def work() -> None:
        ctrl_c()
        try:
            ctrl_c()
        finally:
            done.append(was_interrupted())

    with pytest.raises(KeyboardInterrupt), held():
        work()
    assert done == [False]


def test_work_within_work_is_held_until_the_outer_one_ends() -> None:
    done = []

    def work() -> None:
        with held():
            ctrl_c()
        done.append("inner")

    with pytest.raises(KeyboardInterrupt), held():
        work()
    assert done == ["inner"]


def test_a_failure_does_not_hide_ctrl_c() -> None:

    def work() -> None:
        ctrl_c()
        raise ValueError("besides")

    with pytest.raises(KeyboardInterrupt) as caught, held():
        work()
    assert str(caught.value.__context__) == "besides"


def test_work_that_gives_in_ends_by_itself() -> None:
    with held():
        assert not given_in()
        ctrl_c()
        assert given_in()
        let_through()


def test_ctrl_c_is_raised_where_the_work_lets_it_through_and_once_alone() -> None:
    done = []
    with held():
        ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            let_through()
        let_through()
        done.append("to its end")
    assert done == ["to its end"]


def test_what_is_not_to_be_broken_waits_on_and_ctrl_c_is_raised_behind_it() -> None:
    done = []

    def work() -> None:
        future: Future[str] = Future()
        with unbroken():
            ctrl_c()
            done.append(result_of(future, lambda: future.set_result("in order"), 0.001))
        done.append("outside")
        with suppress(KeyboardInterrupt):
            result_of(future)
            done.append("not broken off")
        done.append("broken off")
        with unbroken():
            done.append(result_of(future))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), held():
        work()
    assert done == ["in order", "outside", "broken off", "in order"]


def test_a_second_ctrl_c_breaks_off_what_waits_on_for_the_first() -> None:
    future: Future[str] = Future()
    done = []

    def work() -> None:
        with unbroken():
            ctrl_c()
            try:
                result_of(future, ctrl_c, 0.001)
            finally:
                done.append(was_interrupted())

    with pytest.raises(KeyboardInterrupt), held():
        work()
    assert done == [False]


def test_a_handler_of_somebody_else_stays() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with held():
            ctrl_c()
            assert heard == [signal.SIGINT]
            assert not was_interrupted()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_that_the_work_puts_in_place_stays() -> None:
    heard: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    with held():
        signal.signal(signal.SIGINT, hear)
    assert signal.signal(signal.SIGINT, signal.default_int_handler) is hear


def test_asyncio_takes_ctrl_c_by_itself_outside_of_what_is_held() -> None:
    ended = []

    async def wait() -> None:
        with held():
            pass
        asyncio.get_running_loop().call_soon(ctrl_c)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("in order")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(wait())
    assert ended == ["in order"]


def test_other_threads_hold_nothing() -> None:
    found: list[Any] = []

    def look() -> None:
        future: Future[int] = Future()
        future.set_result(1)
        with held():
            found.extend([was_interrupted(), given_in(), result_of(future)])

    def work() -> None:
        ctrl_c()
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    with pytest.raises(KeyboardInterrupt), held():
        work()
    assert found == [False, False, 1]


def test_what_is_waited_for_is_looked_at_meanwhile() -> None:
    future: Future[str] = Future()
    looks = iter([None, None, "there"])

    def look() -> None:
        if text := next(looks):
            future.set_result(text)

    assert result_of(future, look, 0.001) == "there"


def test_a_failure_that_is_waited_for_is_raised() -> None:
    future: Future[str] = Future()
    future.set_exception(ValueError("of the work"))
    with pytest.raises(ValueError, match="of the work"):
        result_of(future)


def test_events_of_workers_come_in_order_or_not_at_all() -> None:
    events = WorkerEvents()
    events.put(("one", {}))
    events.put(("two", {}))
    assert [events.get(timeout=1)[0], events.get(timeout=1)[0]] == ["one", "two"]
    with pytest.raises(Empty):
        events.get(timeout=0.001)


# --- at each instruction


def holds() -> bool:
    with held():
        return signal.getsignal(signal.SIGINT) is not signal.default_int_handler


def interrupted_at(number: int, work: Callable[[], object]) -> bool:
    """Do something and press Ctrl-C at its instruction with this number; return whether it has so
    many."""
    left = number

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        frame.f_trace_opcodes = True
        if event == "opcode":
            left -= 1
            if left == -1:
                ctrl_c()
        return trace

    before = sys.gettrace()
    # Python 3.12 looks for such a frame when tracing begins
    inspect.currentframe().f_trace_opcodes = True  # type: ignore[union-attr]
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return left < 0


class Answered(Future[int]):
    """A future that another thread sets as soon as somebody waits for it."""

    def add_done_callback(self, fn: Callable[[Future[int]], object]) -> None:
        super().add_done_callback(fn)
        _thread.start_new_thread(self.set_result, (1,))


def in_time(work: Callable[[], object]) -> bool:
    """Return whether another thread can do something without waiting for ever."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(30)
    return not thread.is_alive()


def press_at_each_instruction_of_waiting() -> None:
    for number in range(MOST_INSTRUCTIONS):
        future = Answered()
        if not interrupted_at(number, lambda: result_of(future)):  # noqa: B023 - called here
            assert number > 50
            return
        # nobody holds its lock
        assert in_time(future.done), number
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, number
        assert holds(), number
    raise AssertionError("there is no end of instructions")


def press_at_each_instruction_of_the_controllers_loop() -> None:
    for number in range(MOST_INSTRUCTIONS):
        events, done = WorkerEvents(), []

        def loop() -> None:
            with held():
                for _ in range(3):
                    name, _ = events.get(timeout=30)  # noqa: B023
                    done.append(f"{name} began")  # noqa: B023
                    done.append(f"{name} ended")  # noqa: B023

        for name in ("one", "two", "three"):
            events.put((name, {}))
        if not interrupted_at(number, loop):
            assert number > 50
            return
        assert len(done) % 2 == 0, f"{number}: {done}"
        assert in_time(lambda: events.put(("four", {}))), number  # noqa: B023
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler, number
        assert holds(), number
    raise AssertionError("there is no end of instructions")


@pytest.mark.parametrize(
    "sweep",
    [press_at_each_instruction_of_waiting, press_at_each_instruction_of_the_controllers_loop],
)
def test_ctrl_c_at_any_instruction_leaves_nothing_half_done(sweep: Callable[[], None]) -> None:
    # in a process of its own: where an exception is just being caught, Python never lets go of it
    done = subprocess.run(
        [sys.executable, __file__, sweep.__name__], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def leave_imports_locked() -> None:
    """Do as `import` does where Ctrl-C comes right behind the lock it takes."""
    _imp.acquire_lock()


def import_elsewhere(name: str) -> Future[None]:
    """Import a module in another thread."""
    imported: Future[None] = Future()

    def work() -> None:
        sys.modules.pop(name, None)
        importlib.import_module(name)
        imported.set_result(None)

    threading.Thread(target=work, daemon=True).start()
    return imported


def test_what_is_waited_for_may_import_after_ctrl_c_amid_an_import() -> None:
    leave_imports_locked()
    leave_imports_locked()
    imported = import_elsewhere("colorsys")
    assert not imported.done()
    result_of(imported, every_s=0.01)
    assert not _imp.lock_held()


def test_an_import_of_another_thread_keeps_its_lock() -> None:
    taken, free = threading.Event(), threading.Event()

    def hold() -> None:
        leave_imports_locked()
        taken.set()
        free.wait(30)
        _imp.release_lock()

    other = threading.Thread(target=hold)
    other.start()
    taken.wait(30)
    let_others_import()
    assert _imp.lock_held()
    free.set()
    other.join()


def test_ctrl_c_ends_the_waiting_for_a_worker_that_says_nothing() -> None:
    events: WorkerEvents = WorkerEvents()
    waits: SimpleQueue[None] = SimpleQueue()

    def press() -> None:
        waits.get()
        _thread.interrupt_main()

    presser = threading.Thread(target=press)
    presser.start()

    def work() -> None:
        waits.put(None)
        while True:
            with suppress(Empty):
                events.get(timeout=0.1)

    with pytest.raises(KeyboardInterrupt), held():
        work()
    presser.join()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    globals()[sys.argv[1]]()
