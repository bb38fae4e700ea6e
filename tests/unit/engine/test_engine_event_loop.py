"""The loop's thread ends with nobody left waiting for it."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError

import pytest

from pytest_arena.engine.event_loop import EventLoopThread


def test_who_waits_for_a_coroutine_is_told_when_the_loop_stops() -> None:
    thread = EventLoopThread()

    async def forever() -> None:
        await asyncio.Event().wait()

    work = thread.submit(forever())
    thread.stop()
    with pytest.raises(CancelledError):
        work.result(timeout=60)
    thread.stop()
