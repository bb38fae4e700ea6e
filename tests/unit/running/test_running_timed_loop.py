"""Coroutines that block their loop, wait for ever, or wait behind others."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pytest_arena.running.time_limit import TimeLimitError
from pytest_arena.running.timed_loop import (
    HeldUpError,
    Stopwatch,
    TimedLoop,
    asked_from_elsewhere,
)
from pytest_arena.running.user_code import Raised


def run(test: Callable[[TimedLoop], Coroutine[Any, Any, None]]) -> None:
    async def with_loop() -> None:
        loop = TimedLoop()
        try:
            await asyncio.wait_for(test(loop), 60)
        finally:
            await loop.stop()

    asyncio.run(with_loop())


async def seven(_watch: Stopwatch) -> int:
    await asyncio.sleep(0)
    return 7


def test_what_is_awaited_and_what_is_not_is_given_back() -> None:
    async def test(loop: TimedLoop) -> None:
        assert await loop.run(30, seven) == 7
        assert await loop.run(30, lambda _watch: 8) == 8

    run(test)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_what_is_raised_is_told_and_ends_nothing(error: BaseException) -> None:
    async def fails(_watch: Stopwatch) -> None:
        await asyncio.sleep(0)
        raise error

    async def test(loop: TimedLoop) -> None:
        assert await loop.run(30, fails) == Raised(error)
        assert await loop.run(30, seven) == 7

    run(test)


def test_tasks_that_the_user_cancels_have_an_end() -> None:
    both_asked = threading.Event()

    async def cancels(_watch: Stopwatch) -> None:
        both_asked.wait(30)
        await asyncio.sleep(0)  # the other's task is there now, and has not begun
        for task in asyncio.all_tasks():
            task.cancel()
        await asyncio.sleep(0)

    async def say_so() -> None:
        both_asked.set()

    async def test(loop: TimedLoop) -> None:
        asked = asyncio.gather(loop.run(30, cancels), loop.run(30, seven), say_so())
        for found in (await asked)[:2]:
            assert isinstance(found, Raised)
            assert isinstance(found.error, asyncio.CancelledError)
        assert await loop.run(30, seven) == 7

    run(test)


def test_one_that_waits_for_ever_is_cancelled_and_its_loop_goes_on() -> None:
    cancelled = threading.Event()
    threads = set()

    async def waits(_watch: Stopwatch) -> None:
        threads.add(threading.current_thread())
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def then(_watch: Stopwatch) -> None:
        threads.add(threading.current_thread())

    async def test(loop: TimedLoop) -> None:
        with pytest.raises(TimeLimitError):
            await loop.run(0.1, waits)
        await loop.run(30, then)
        assert await asyncio.to_thread(cancelled.wait, 30)
        assert len(threads) == 1

    run(test)


def test_one_that_blocks_is_given_up_and_others_have_another_loop() -> None:
    async def blocks(_watch: Stopwatch) -> None:
        while True:
            pass

    async def test(loop: TimedLoop) -> None:
        with pytest.raises(TimeLimitError):
            await loop.run(0.1, blocks)
        await asyncio.sleep(1.5)
        assert await loop.run(30, seven) == 7

    before = threading.active_count()
    run(test)
    # what loops in Python is told to end, and does
    for _ in range(300):
        if threading.active_count() <= before:
            break
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_who_waited_beside_one_that_blocked_is_told_so() -> None:
    release = threading.Event()

    async def waits(_watch: Stopwatch) -> None:
        await asyncio.Event().wait()

    async def blocks(_watch: Stopwatch) -> None:
        release.wait()

    async def test(loop: TimedLoop) -> None:
        beside = asyncio.create_task(loop.run(60, waits))
        await asyncio.sleep(0.1)
        with pytest.raises(TimeLimitError):
            await loop.run(0.2, blocks)
        with pytest.raises(HeldUpError):
            await beside

    run(test)
    release.set()


def test_who_has_not_begun_behind_one_that_blocks_begins_elsewhere_and_once() -> None:
    begun = []
    release = threading.Event()

    async def blocks(_watch: Stopwatch) -> None:
        release.wait()

    async def counts(_watch: Stopwatch) -> int:
        begun.append(1)
        return await seven(_watch)

    async def test(loop: TimedLoop) -> None:
        blocked = asyncio.create_task(loop.run(3, blocks))
        await asyncio.sleep(0.1)
        found = await asyncio.gather(*(loop.run(30, counts) for _ in range(20)))
        assert found == [7] * 20
        assert not blocked.done()
        release.set()
        await blocked
        await asyncio.sleep(0.1)
        assert len(begun) == 20

    run(test)


def test_the_time_that_others_have_the_loop_is_not_ones_own() -> None:
    async def takes(_watch: Stopwatch) -> float:
        # as a check does that asks by a client which is not async
        time.sleep(0.1)
        await asyncio.sleep(0)
        return 1.0

    async def test(loop: TimedLoop) -> None:
        found = await asyncio.gather(*(loop.run(0.9, takes) for _ in range(12)))
        assert found == [1.0] * 12

    run(test)


def test_time_stands_still_while_the_run_is_asked() -> None:
    async def slowly(word: str) -> str:
        await asyncio.sleep(0.5)
        return word * 2

    async def test(loop: TimedLoop) -> None:
        here = asyncio.get_running_loop()

        async def asks(watch: Stopwatch) -> list[str]:
            assert asyncio.get_running_loop() is not here
            ask = asked_from_elsewhere(slowly, here, watch)
            return await asyncio.gather(ask("a"), ask("b"))

        assert await loop.run(0.3, asks) == ["aa", "bb"]

    run(test)
