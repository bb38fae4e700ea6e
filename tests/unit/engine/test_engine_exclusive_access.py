"""A load case has its provider to itself, and nobody waits for ever."""

import asyncio

import pytest

from pytest_arena.engine.calling.exclusive_access import ExclusiveAccess, SharedExclusiveAccess
from pytest_arena.engine.calling.shared_state import SharedTable


class Log:
    """Enter a passage under a name, and leave it when told."""

    def __init__(self, exclusive_access: ExclusiveAccess | None = None) -> None:
        self.exclusive_access = exclusive_access or ExclusiveAccess()
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
        await self.exclusive_access.enter(alone=alone)
        self.inside.append(name)
        try:
            await self._leave[name].wait()
        finally:
            self.inside.remove(name)
            self.exclusive_access.leave(alone=alone)


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
        log.exclusive_access.leave(alone=True)
        log.tasks["a"].cancel()
        with pytest.raises(asyncio.CancelledError):
            await log.tasks["a"]
        log.exclusive_access._taken = True  # the first one leaves for good now
        await log.end("load")
        log.start("next", alone=True)
        await settle()
        assert log.inside == ["next"]

    asyncio.run(story())


# --- over several processes


class Lives(SharedTable):
    """A table of processes, some of which died."""

    def __init__(self) -> None:
        super().__init__()
        self.dead: set[int] = set()

    def lives(self, owner: int) -> bool:
        return owner not in self.dead


@pytest.fixture
def table() -> Lives:
    return Lives()


@pytest.fixture
def logs(table: Lives) -> tuple[Log, Log]:
    """Two processes that call the same provider."""
    one, two = (SharedExclusiveAccess(table, "p", process=n, poll_s=0.0) for n in (1, 2))
    return Log(one), Log(two)


async def later() -> None:
    """Let those who look again and again come to their turn."""
    for _ in range(40):
        await asyncio.sleep(0)


def test_a_load_waits_for_calls_of_other_processes_and_keeps_new_ones_out(
    logs: tuple[Log, Log],
) -> None:
    here, there = logs

    async def story() -> None:
        there.start("a")
        there.start("b")
        await later()
        here.start("load", alone=True)
        await later()
        there.start("c")
        here.start("d")
        await later()
        assert (here.inside, there.inside) == ([], ["a", "b"])
        await there.end("a")
        await there.end("b")
        await later()
        assert (here.inside, there.inside) == (["load"], [])
        await here.end("load")
        await later()
        assert (here.inside, there.inside) == (["d"], ["c"])

    asyncio.run(story())


def test_loads_of_two_processes_run_one_after_the_other(logs: tuple[Log, Log]) -> None:
    here, there = logs

    async def story() -> None:
        here.start("one", alone=True)
        there.start("two", alone=True)
        await later()
        assert (here.inside, there.inside) == (["one"], [])
        await here.end("one")
        await later()
        assert (here.inside, there.inside) == ([], ["two"])

    asyncio.run(story())


@pytest.mark.parametrize("alone", [True, False])
def test_one_that_is_cancelled_while_another_process_is_inside_takes_no_place(
    logs: tuple[Log, Log], alone: bool
) -> None:
    here, there = logs

    async def story() -> None:
        there.start("first", alone=not alone)
        await later()
        here.start("waits", alone=alone)
        await later()
        here.tasks["waits"].cancel()
        await later()
        await there.end("first")
        there.start("load", alone=True)
        await later()
        assert (here.inside, there.inside) == ([], ["load"])
        await there.end("load")
        here.start("next")
        await later()
        assert here.inside == ["next"]

    asyncio.run(story())


def test_what_a_dead_process_left_holds_nobody_up(logs: tuple[Log, Log], table: Lives) -> None:
    here, there = logs

    async def story() -> None:
        there.start("load", alone=True)
        await later()
        here.start("a")
        await later()
        assert here.inside == []
        table.dead.add(2)
        await later()
        assert here.inside == ["a"]

    asyncio.run(story())


def test_other_providers_are_not_held_up(logs: tuple[Log, Log], table: Lives) -> None:
    async def story() -> None:
        logs[0].start("load", alone=True)
        other = Log(SharedExclusiveAccess(table, "q", process=2, poll_s=0.0))
        other.start("a")
        await later()
        assert (logs[0].inside, other.inside) == (["load"], ["a"])

    asyncio.run(story())


def test_one_that_is_cancelled_as_it_is_let_in_leaves_no_trace_for_other_processes(
    logs: tuple[Log, Log], table: Lives
) -> None:
    here, there = logs

    async def story() -> None:
        here.start("load", alone=True)
        await later()
        here.start("a")
        await later()
        here.exclusive_access.leave(alone=True)
        here.tasks["a"].cancel()
        with pytest.raises(asyncio.CancelledError):
            await here.tasks["a"]
        assert all(row[0] == 0 for row in table.rows("passage p").values())
        there.start("next", alone=True)
        await later()
        assert there.inside == ["next"]

    asyncio.run(story())
