"""A load case has its provider to itself, and nobody waits for ever."""

import asyncio

import pytest

from pytest_arena.engine.passage import Passage


class Log:
    """Enter a passage under a name, and leave it when told."""

    def __init__(self) -> None:
        self.passage = Passage()
        self.inside: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, *, alone: bool = False) -> None:
        self._leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._pass(name, alone))

    async def end(self, name: str) -> None:
        self._leave[name].set()
        await self.tasks[name]
        await settle()

    async def _pass(self, name: str, alone: bool) -> None:
        await self.passage.enter(alone=alone)
        self.inside.append(name)
        try:
            await self._leave[name].wait()
        finally:
            self.inside.remove(name)
            self.passage.leave(alone=alone)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_load_waits_for_the_calls_before_it_and_holds_up_those_behind_it(log: Log) -> None:
    async def story() -> None:
        log.start("a")
        log.start("b")
        log.start("load", alone=True)
        log.start("c")
        log.start("d")
        await settle()
        assert log.inside == ["a", "b"]
        await log.end("a")
        assert log.inside == ["b"]
        await log.end("b")
        assert log.inside == ["load"]
        await log.end("load")
        assert log.inside == ["c", "d"]

    asyncio.run(story())


def test_two_loads_run_one_after_the_other(log: Log) -> None:
    async def story() -> None:
        log.start("one", alone=True)
        log.start("two", alone=True)
        await settle()
        assert log.inside == ["one"]
        await log.end("one")
        assert log.inside == ["two"]

    asyncio.run(story())


def test_a_load_that_is_cancelled_while_it_waits_lets_the_others_go_on(log: Log) -> None:
    async def story() -> None:
        log.start("a")
        log.start("load", alone=True)
        log.start("b")
        await settle()
        log.tasks["load"].cancel()
        await settle()
        assert log.inside == ["a", "b"]

    asyncio.run(story())


def test_one_that_is_cancelled_as_it_is_let_in_takes_no_place(log: Log) -> None:
    async def story() -> None:
        log.start("load", alone=True)
        log.start("a")
        await settle()
        log.passage.leave(alone=True)
        log.tasks["a"].cancel()
        with pytest.raises(asyncio.CancelledError):
            await log.tasks["a"]
        log.passage._taken = True  # the first one leaves for good now
        await log.end("load")
        log.start("next", alone=True)
        await settle()
        assert log.inside == ["next"]

    asyncio.run(story())
