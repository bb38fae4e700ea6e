"""Tools for which the machine has no room wait for others, and are never told to have failed."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.tools.room import OutOfRoom, Room

NO_FILE = OSError(errno.EMFILE, "Too many open files")


def of_places(places: int) -> tuple[Callable[[int], Callable[..., object]], list[int]]:
    """Return tools of which only so many run at once, and how many have at each moment."""
    running: list[int] = []
    now = 0

    def tool(number: int) -> Callable[..., object]:
        async def run() -> int:
            nonlocal now
            if now == places:
                raise OutOfRoom("find", NO_FILE)
            now += 1
            running.append(now)
            await asyncio.sleep(0.01)
            now -= 1
            return number

        return run

    return tool, running


def test_all_run_with_fewer_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_arena.tools.room.PAUSE_S", 0.001)
    tool, running = of_places(3)
    room = Room()

    async def all_of_them() -> list[object]:
        return list(await asyncio.gather(*(room.run(tool(number)) for number in range(40))))

    assert asyncio.run(all_of_them()) == list(range(40))
    assert len(running) == 40
    assert max(running) == 3
    assert room.lacked is not None
    assert room.lacked.startswith("no file was left to open in this process")


def test_what_waits_for_nothing_is_raised_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_arena.tools.room.PAUSE_S", 0.001)
    tool, _ = of_places(0)
    with pytest.raises(OutOfRoom, match=r"tool .find. cannot be started: .*Too many open files"):
        asyncio.run(Room(0.01).run(tool(1)))


def test_one_that_is_given_up_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_arena.tools.room.PAUSE_S", 0.001)
    room = Room()

    async def endless() -> None:
        await asyncio.Event().wait()

    async def short() -> str:
        if room.running > 1:
            raise OutOfRoom("find", NO_FILE)
        return "there"

    async def run() -> str:
        held = asyncio.ensure_future(room.run(endless))
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(room.run(short)) for _ in range(5)]
        await asyncio.sleep(0.02)
        for one in (held, *waiting[:4]):
            one.cancel()
        return await waiting[4]

    assert asyncio.run(asyncio.wait_for(run(), 60)) == "there"
    assert room.running == 0


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (NO_FILE, ErrorKind.OPEN_FILES, "no file was left to open"),
        (BlockingIOError(errno.EAGAIN, "try again"), ErrorKind.SYSTEM, "tool 'find' cannot be"),
    ],
)
def test_it_says_what_there_was_no_room_for(error: OSError, kind: ErrorKind, said: str) -> None:
    told = OutOfRoom("find", error)
    assert isinstance(told, ProviderError)
    assert (told.kind, told.message.startswith(said)) == (kind, True)
