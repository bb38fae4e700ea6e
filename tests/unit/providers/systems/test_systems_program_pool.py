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
from pytest_arena.providers.systems import program_pool
from pytest_arena.providers.systems.portable.pieces import Timing
from pytest_arena.providers.systems.program_pool import ProgramPool
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.program import Program

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


def test_the_turns_of_a_conversation_go_to_one_process_whoever_else_asks() -> None:
    async def use(pool: ProgramPool) -> None:
        async def talk(session: str) -> set[int]:
            seen = set()
            for turn in range(3):
                given = {"prompt": "hi", "session": session}
                answer = await pool.ask(f"{session}{turn}", given, Timing(), is_last=turn == 2)
                seen.add(int(answer["output"]))
                await asyncio.sleep(0)
            return seen

        talks = await asyncio.gather(*(talk(session) for session in "abcdef"))
        assert {len(seen) for seen in talks} == {1}
        assert not pool._homes

    with_pool(PLAIN, use)


def test_a_conversation_does_not_go_on_where_its_process_has_ended() -> None:
    async def use(pool: ProgramPool) -> None:
        given = {"prompt": "hi", "session": "a"}
        await pool.ask("1", given, Timing(), is_last=False)
        (program,) = pool._idle
        program.kill()
        program.wait(10)
        with pytest.raises(ProviderError, match="the process that answered the turns before"):
            await pool.ask("2", given, Timing())
        assert await pool.ask("3", {**given, "session": "b"}, Timing())

    with_pool(PLAIN, use)


def test_who_waits_for_a_process_that_is_given_up_is_told() -> None:
    async def use(pool: ProgramPool) -> None:
        given = {"prompt": "hi", "session": "a"}
        await pool.ask("1", given, Timing(), is_last=False)
        hanging = asyncio.create_task(pool.ask("2", {"prompt": "hang"}, Timing()))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(pool.ask("3", given, Timing()))
        await asyncio.sleep(0)
        hanging.cancel()
        with pytest.raises(ProviderError, match="the process that answered the turns before"):
            await waiting

    with_pool(PLAIN, use)


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
