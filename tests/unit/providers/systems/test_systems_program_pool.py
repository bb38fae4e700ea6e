"""Programs that answer many calls: what counts as an answer's time, and who serves whom."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import ProviderError
from pytest_arena.providers.process_guard import ProcessGuard
from pytest_arena.providers.systems import program_pool
from pytest_arena.providers.systems.portable.pieces import Timing
from pytest_arena.providers.systems.program import Program
from pytest_arena.providers.systems.program_pool import ProgramPool

SERVE = """
import json, os, sys, time
{first}
for line in sys.stdin:
    given = json.loads(line)
    if given["prompt"] == "hang":
        time.sleep(600)
    print(json.dumps({{"id": given["id"], "output": os.getpid(), "at": started}}), flush=True)
"""
READY = "started = time.perf_counter(); print(json.dumps({'ready': True}), flush=True)"
PLAIN = "started = time.perf_counter()"


def with_pool(
    first: str,
    use: Callable[[ProgramPool], Coroutine[Any, Any, None]],
    *,
    says_ready: bool = False,
) -> None:
    guard = ProcessGuard()
    command = [sys.executable, "-S", "-c", SERVE.format(first=first)]

    async def run() -> None:
        pool = ProgramPool(
            "bot", lambda: Program(command, Path(), os.environ, guard), says_ready=says_ready
        )
        try:
            await use(pool)
        finally:
            await pool.close()

    asyncio.run(run())
    guard.stop_if_idle()
    assert not guard._groups


@pytest.mark.parametrize("says_ready", [True, False])
def test_the_time_of_an_answer_begins_when_the_program_is_ready(says_ready: bool) -> None:
    async def use(pool: ProgramPool) -> None:
        timing = Timing()
        answer = await pool.ask("1", {"prompt": "hi"}, timing)
        # one clock for all processes
        assert timing.began >= answer["at"]

    with_pool(READY, use, says_ready=says_ready)


def test_calls_at_once_have_a_process_each_and_later_ones_use_them_again() -> None:
    async def use(pool: ProgramPool) -> None:
        async def ask(number: int) -> int:
            answer = await pool.ask(str(number), {"prompt": "hi"}, Timing())
            return int(answer["output"])

        await pool.start()
        first = set(await asyncio.gather(*map(ask, range(3))))
        later = {await ask(number) for number in range(3)}
        assert len(first) == 3
        assert later < first
        assert len(later) == 1

    with_pool(PLAIN, use)


def test_a_process_whose_call_was_given_up_is_not_used_again() -> None:
    async def use(pool: ProgramPool) -> None:
        before = await pool.ask("1", {"prompt": "hi"}, Timing())
        hanging = asyncio.create_task(pool.ask("2", {"prompt": "hang"}, Timing()))
        await asyncio.sleep(0)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        after = await pool.ask("3", {"prompt": "hi"}, Timing())
        assert after["output"] != before["output"]

    with_pool(PLAIN, use)


def test_a_process_that_nobody_waits_for_any_more_serves_the_next_call() -> None:
    async def use(pool: ProgramPool) -> None:
        given_up = asyncio.create_task(pool.ask("1", {"prompt": "hi"}, Timing()))
        while not pool._starting:
            await asyncio.sleep(0)
        starting = next(iter(pool._starting))
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        program = await starting
        await asyncio.sleep(0)
        assert pool._idle == [program]

    with_pool(READY, use, says_ready=True)


def test_what_keeps_programs_from_starting_is_met_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_pool, "START_S", 0.05)

    async def use(pool: ProgramPool) -> None:
        messages = []
        for _ in range(2):
            with pytest.raises(ProviderError) as caught:
                await pool.start()
            messages.append(caught.value.message)
        assert messages == ["bot is not ready within 0.05 s"] * 2
        assert not pool._all

    with_pool("time.sleep(600)", use, says_ready=True)
