"""Threads of calls: used again, given up, and none left behind."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import types
import warnings
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import pytest

from pytest_arena.running import user_code
from pytest_arena.running.user_code import (
    Raised,
    Threads,
    UserLoop,
    in_thread,
    is_of_held_up,
)


def run(test: Callable[[Threads], Coroutine[Any, Any, None]]) -> None:
    async def with_threads() -> None:
        threads = Threads()
        try:
            await asyncio.wait_for(test(threads), 30)
        finally:
            threads.close()

    asyncio.run(with_threads())


def test_a_thread_that_has_answered_takes_the_next_call() -> None:
    async def test(threads: Threads) -> None:
        seen = [await threads.run(threading.current_thread) for _ in range(20)]
        assert len(set(seen)) == 1
        assert {one.daemon for one in seen if isinstance(one, threading.Thread)} == {True}
        assert threading.main_thread() not in seen

    run(test)


def test_calls_at_once_have_a_thread_each() -> None:
    async def test(threads: Threads) -> None:
        barrier = threading.Barrier(5)
        await asyncio.gather(*(threads.run(barrier.wait) for _ in range(5)))

    run(test)


def test_a_call_that_never_returns_costs_its_own_thread_alone() -> None:
    never = threading.Event()

    async def test(threads: Threads) -> None:
        hung = asyncio.create_task(threads.run(never.wait))
        await threads.run(int)
        hung.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hung
        assert await threads.run(lambda: 7) == 7

    run(test)
    never.set()


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, ValueError])
def test_what_is_raised_ends_no_thread(error: type[BaseException]) -> None:
    def raises() -> None:
        raise error

    async def test(threads: Threads) -> None:
        first = await threads.run(threading.current_thread)
        found = await threads.run(raises)
        assert isinstance(found, Raised)
        assert type(found.error) is error
        assert await threads.run(threading.current_thread) is first

    run(test)


def test_threads_end_when_they_are_closed_and_calls_go_on() -> None:
    async def test(threads: Threads) -> None:
        first = await threads.run(threading.current_thread)
        assert isinstance(first, threading.Thread)
        busy = threading.Event()
        late = asyncio.create_task(threads.run(busy.wait))
        await asyncio.sleep(0)
        threads.close()
        busy.set()
        assert await late is True
        first.join(30)
        assert not first.is_alive()
        for _ in range(3):
            assert await threads.run(lambda: 7) == 7

    run(test)


def test_nothing_of_a_call_is_kept() -> None:
    class Held:
        pass

    async def test(threads: Threads) -> None:
        held = Held()
        before = sys.getrefcount(held)
        assert await threads.run(lambda: held) is held
        await threads.run(int)
        assert sys.getrefcount(held) == before

    run(test)


def test_one_call_needs_no_more_than_its_thread() -> None:
    thread = asyncio.run(in_thread(threading.current_thread))
    assert isinstance(thread, threading.Thread)
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What Python complains of where nobody can catch it."""
    found: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: found.append(str(told.exc_value)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield found
        gc.collect()


async def _user_code() -> int:
    return 7


async def _around(waiting: Awaitable[int]) -> int:
    return await waiting


def test_a_coroutine_that_comes_too_late_is_not_warned_of(warned: list[str]) -> None:
    goes_on, gone = threading.Event(), threading.Event()

    def late() -> Coroutine[Any, Any, int]:
        goes_on.wait()
        made = _user_code()
        weakref.finalize(made, gone.set)
        return made

    async def test(threads: Threads) -> None:
        given_up = asyncio.create_task(threads.run(late))
        await threads.run(int)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        goes_on.set()
        await threads.run(gone.wait)

    run(test)
    gc.collect()
    assert warned == []


def test_a_coroutine_that_comes_as_the_wait_is_given_up_is_not_warned_of(
    warned: list[str],
) -> None:
    async def test(threads: Threads) -> None:
        waiting = asyncio.create_task(threads.run(_user_code))
        loop = asyncio.get_running_loop()
        # the answer and the end of the wait come in one turn of the loop
        call_soon = loop.call_soon_threadsafe

        def together(settle: Callable[[object], None], answer: object) -> object:
            return call_soon(lambda: (settle(answer), waiting.cancel()))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "call_soon_threadsafe", together)
            with pytest.raises(asyncio.CancelledError):
                await waiting

    run(test)
    gc.collect()
    assert warned == []


def test_a_coroutine_behind_one_that_blocks_is_not_warned_of(warned: list[str]) -> None:
    blocked, free = threading.Event(), threading.Event()

    async def blocks() -> None:
        blocked.set()
        free.wait()

    async def test(threads: Threads) -> None:
        loop = UserLoop()
        first = asyncio.create_task(loop.run(blocks()))
        await threads.run(blocked.wait)
        behind = asyncio.create_task(loop.run(_around(_user_code())))
        await asyncio.sleep(0)
        for task in (first, behind):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        gc.collect()
        assert warned == []
        free.set()
        await loop.stop()

    run(test)
    gc.collect()
    assert warned == []


async def _cancelling(once: threading.Event | None = None) -> None:
    if once is not None:
        once.wait(30)
        await asyncio.sleep(0)  # whoever asked meanwhile has a task now, that has not begun
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(0)


async def _hanging(begun: threading.Event) -> None:
    begun.set()
    await asyncio.Event().wait()


async def _stopping() -> str:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)
    return "gone on"


def test_tasks_that_the_user_cancels_have_an_end_and_give_nobody_up() -> None:
    async def test(threads: Threads) -> None:
        loop = UserLoop()
        both_asked = threading.Event()

        async def say_so() -> None:
            both_asked.set()

        # the one behind is cancelled before it has begun
        work = [loop.run(one) for one in (_cancelling(both_asked), asyncio.sleep(0))]
        for found in (await asyncio.gather(*work, say_so()))[:2]:
            assert isinstance(found, Raised)
            assert isinstance(found.error, asyncio.CancelledError)
        await loop.stop()

    run(test)


def test_who_is_cancelled_by_another_may_call_again_and_is_alone_then() -> None:
    async def test(threads: Threads) -> None:
        loop = UserLoop()
        callers = object(), object()
        begun = threading.Event()
        beside = asyncio.create_task(loop.run(_hanging(begun), callers[0]))
        await threads.run(begun.wait)
        first = await loop.run(_cancelling(), callers[1])
        for found in (await beside, first):
            assert isinstance(found, Raised)
            assert found.disturbed
        # the one that did it is known by doing it once more
        again, other = await asyncio.gather(
            loop.run(_cancelling(), callers[1]), loop.run(asyncio.sleep(0, "fine"), callers[0])
        )
        assert isinstance(again, Raised)
        assert not again.disturbed
        assert other == "fine"
        await loop.stop()

    run(test)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> types.SimpleNamespace:
    """A clock that loops are watched by, and that stands."""
    made = types.SimpleNamespace(now=0.0)
    made.monotonic = lambda: made.now
    monkeypatch.setattr(user_code, "real_time", made)
    return made


@pytest.mark.parametrize("caller", [object(), None])
def test_who_waits_for_one_that_blocks_may_call_again_elsewhere(
    clock: types.SimpleNamespace, caller: object
) -> None:
    blocked, free = threading.Event(), threading.Event()

    async def blocks() -> None:
        blocked.set()
        free.wait()

    async def test(threads: Threads) -> None:
        loop = UserLoop()
        begun = threading.Event()
        beside = asyncio.create_task(loop.run(_hanging(begun), caller))
        await threads.run(begun.wait)
        first = asyncio.create_task(loop.run(blocks()))
        await threads.run(blocked.wait)
        clock.now = 3.0
        for task in (beside, first):
            task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await beside
        assert is_of_held_up(caught.value) is (caller is not None)
        assert await loop.run(asyncio.sleep(0, "fine"), caller) == "fine"
        free.set()
        await loop.stop()

    run(test)


def test_who_hangs_by_itself_is_not_held_up(clock: types.SimpleNamespace) -> None:
    async def test(threads: Threads) -> None:
        loop = UserLoop()
        begun = threading.Event()
        hung = asyncio.create_task(loop.run(_hanging(begun), object()))
        await threads.run(begun.wait)
        hung.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await hung
        assert not is_of_held_up(caught.value)
        await loop.stop()

    run(test)


def test_a_loop_that_the_user_stops_goes_on() -> None:
    async def test(threads: Threads) -> None:
        loop = UserLoop()
        beside = asyncio.create_task(loop.run(asyncio.sleep(0.01, "beside")))
        assert await loop.run(_stopping()) == "gone on"
        assert await beside == "beside"
        assert await loop.run(asyncio.sleep(0, "later")) == "later"
        await loop.stop()

    before = threading.active_count()
    run(test)
    left = [one for one in threading.enumerate() if one.name == "arena-system-loop"]
    for thread in left:
        thread.join(10)
    assert threading.active_count() <= before
