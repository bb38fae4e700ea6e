"""Two threads that compute by turns, as pytest's and the event loop's do."""

from __future__ import annotations

import asyncio
import selectors
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arena.engine import event_loop, turns
from pytest_arena.engine.engine import Engine
from pytest_arena.engine.event_loop import EventLoopThread
from pytest_arena.engine.turns import Turns, TurnTakingSelector

LONG_S = 30.0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody wait in vain, however slow the machine is."""
    monkeypatch.setattr(turns, "LOOP_WAITS_S", LONG_S)
    monkeypatch.setattr(turns, "PYTEST_WAITS_S", LONG_S)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    pause = threading.Event()
    for _ in range(3000):
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it never held")


def waiting(both: Turns, seen: list[str]) -> threading.Thread:
    """Take pytest's turn, and return a thread that waits for the loop's, to be seen."""
    both.pytest.take()

    def work() -> None:
        both.loop.take()
        seen.append("loop")
        both.loop.give()

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: both.loop._waits)
    return thread


@pytest.mark.usefixtures("patient")
def test_one_waits_until_the_other_gives_its_turn() -> None:
    both = Turns()
    seen: list[str] = []
    other = waiting(both, seen)
    seen.append("pytest")
    both.pytest.give()
    other.join(LONG_S)
    assert not other.is_alive()
    assert seen == ["pytest", "loop"]
    both.pytest.take()
    assert both.pytest.taken
    assert not both.loop.taken


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("lasts_s", [0.0, LONG_S], ids=["long", "short"])
def test_a_long_turn_is_shared_and_a_short_one_is_not(
    monkeypatch: pytest.MonkeyPatch, lasts_s: float
) -> None:
    monkeypatch.setattr(turns, "PYTEST_LASTS_S", lasts_s)
    both = Turns()
    seen: list[str] = []
    other = waiting(both, seen)
    both.pytest.share()
    seen.append("pytest")
    assert both.pytest.taken
    both.pytest.give()
    other.join(LONG_S)
    assert not other.is_alive()
    assert seen == (["pytest", "loop"] if lasts_s else ["loop", "pytest"])


@pytest.mark.usefixtures("patient")
def test_the_loop_keeps_its_turn_for_longer_than_pytest_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "PYTEST_LASTS_S", 0.0)
    monkeypatch.setattr(turns, "LOOP_LASTS_S", LONG_S)
    both = Turns()
    both.loop.take()
    seen: list[str] = []

    def work() -> None:
        both.pytest.take()
        seen.append("pytest")

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: both.pytest._waits)
    both.loop.share()
    seen.append("loop")
    both.loop.give()
    thread.join(LONG_S)
    assert not thread.is_alive()
    assert seen == ["loop", "pytest"]


def test_a_turn_that_takes_too_long_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOOP_WAITS_S", 0.01)
    both = Turns()
    both.pytest.take()
    waits: list[float] = []
    monkeypatch.setattr(both.loop, "_given", Counted(both.loop._given, waits))
    for _ in range(3):
        both.loop.take()
        assert both.loop.taken
        both.loop.give()
    assert waits == [0.01]
    both.pytest.give()
    both.pytest.take()
    both.loop.take()
    assert waits == [0.01, 0.01]


@pytest.mark.usefixtures("patient")
def test_where_both_have_the_turn_one_of_them_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PYTEST_LASTS_S", 0.0)
    both = Turns()
    both.pytest.take()
    # as after a wait in vain
    both.loop._begin()
    seen: list[str] = []

    def work() -> None:
        both.pytest.share()
        seen.append("pytest")

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: both.pytest._waits)
    assert not both.pytest.taken
    seen.append("loop")
    both.loop.give()
    thread.join(LONG_S)
    assert not thread.is_alive()
    assert seen == ["loop", "pytest"]
    assert both.pytest.taken
    assert not both.loop.taken


class Counted:
    """A queue that tells how long was waited for it, each time."""

    def __init__(self, queue: Any, waits: list[float]) -> None:
        self._queue = queue
        self._waits = waits

    def get(self, timeout: float) -> None:
        self._waits.append(timeout)
        self._queue.get(timeout=timeout)


def test_a_turn_that_nobody_waits_for_is_kept_and_given_at_will() -> None:
    both = Turns()
    both.pytest.share()
    assert not both.pytest.taken
    both.pytest.take()
    both.pytest.take()
    both.pytest.share()
    assert both.pytest.taken
    both.pytest.give()
    both.pytest.give()
    assert not both.pytest.taken


def test_a_selector_has_no_turn_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Turns()
    selector = TurnTakingSelector(both.loop)
    during: list[tuple[float | None, bool]] = []
    select = selectors.DefaultSelector.select

    def watched(self: selectors.DefaultSelector, timeout: float | None = None) -> Any:
        during.append((timeout, both.loop.taken))
        return select(self, timeout)

    monkeypatch.setattr(selectors.DefaultSelector, "select", watched)
    near, far = socket.socketpair()
    with near, far, selector:
        selector.register(near, selectors.EVENT_READ)
        assert selector.select(0.01) == []
        assert during == [(0, False), (0.01, False)]
        assert both.loop.taken
        del during[:]
        assert selector.select(0) == []
        far.send(b"x")
        # what is there already is taken in the same turn
        assert len(selector.select(None)) == 1
        assert during == [(0, True), (0, True)]


@pytest.mark.skipif(sys.platform == "win32", reason="its loop has no selector")
def test_the_loop_takes_turns_and_one_of_a_policys_is_let_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Theirs(asyncio.SelectorEventLoop):
        """A loop as a policy may give it."""

    thread = EventLoopThread()
    try:
        assert type(thread.loop._selector) is TurnTakingSelector  # type: ignore[attr-defined]
    finally:
        thread.stop()
    monkeypatch.setattr(event_loop.asyncio, "new_event_loop", Theirs)
    thread = EventLoopThread()
    try:
        assert type(thread.loop) is Theirs
        assert thread.submit(asyncio.sleep(0, 7)).result(LONG_S) == 7
    finally:
        thread.stop()


def test_who_waits_for_the_engine_has_no_turn() -> None:
    engine = Engine(concurrency=1, make_provider=lambda _spec: None)  # type: ignore[arg-type,return-value]
    turn = engine._thread.turns.pytest
    try:
        turn.take()
        assert engine.wait(asyncio.sleep(0, 7)) == 7
        assert not turn.taken
    finally:
        engine.close()
