"""The driver of a run on a cluster, against a stand-in whose nodes fail as the test says."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.distributed import Driver, Ended, Journals, Lines, Lost, ShardTask
from pytest_arena.distributed.shard_task import Message

CELLS = 5
"""In each shard of these tests."""


class StandIn:
    """A cluster in this process: its tasks take turns, and do what a script says."""

    def __init__(self, script: Callable[[ShardTask], Iterator[Message]]) -> None:
        self._script = script
        self._running: deque[tuple[int, Iterator[Message]]] = deque()
        self.tasks: list[ShardTask] = []
        self.most = 0
        self.stopped = False

    def start(self, task: ShardTask) -> Hashable:
        self.tasks.append(task)
        self._running.append((len(self.tasks), self._script(task)))
        self.most = max(self.most, len(self._running))
        return len(self.tasks)

    def next(self) -> tuple[Hashable, Message]:
        handle, messages = self._running.popleft()
        message = next(messages)
        if isinstance(message, Lines):
            self._running.append((handle, messages))
        return handle, message

    def stop(self) -> None:
        self.stopped = True


def line(kind: str, **facts: object) -> bytes:
    return json.dumps({"kind": kind, **facts}).encode() + b"\n"


def cells_of(data: bytes) -> list[str]:
    records = [json.loads(one) for one in data.splitlines()]
    return [record["id"] for record in records if record["kind"] == "cell"]


def shard(task: ShardTask, *, lost_after: int | None = None) -> Iterator[Message]:
    """Do what a shard does: cells that an earlier attempt finished are not called for again."""
    yield Lines(line("run", attempt=len(task.finished)))
    own = [f"{task.number}.{n}" for n in range(CELLS)]
    for n, cell in enumerate(own):
        if n == lost_after:
            yield Lost("the node is gone")
        yield Lines(line("cell", id=cell))
    yield Ended(0, line("run") + b"".join(line("cell", id=c) for c in own) + line("end"), "")


def run(
    tmp_path: Path, script: Callable[[ShardTask], Iterator[Message]], count: int = 4, **more: int
) -> tuple[StandIn, Journals, Driver, list[str]]:
    cluster = StandIn(script)
    journals = Journals(tmp_path / "journals")
    said: list[str] = []
    at_once = more.pop("at_once", 2)
    driver = Driver(
        cluster, journals, count=count, at_once=at_once, arguments=("-q",), say=said.append, **more
    )
    return cluster, journals, driver, said


def test_so_many_shards_run_at_once_and_know_it(tmp_path: Path) -> None:
    cluster, journals, driver, said = run(tmp_path, shard, count=5)
    outcome = driver.run()
    assert (outcome.given_up, outcome.lost, cluster.most, cluster.stopped) == ({}, 0, 2, True)
    assert [(t.number, t.count, t.at_once) for t in cluster.tasks] == [
        (n, 5, 2) for n in range(1, 6)
    ]
    for number in range(1, 6):
        assert len(cells_of(journals.read(number))) == CELLS
        assert journals.has_ended(number)
    assert said[0] == "shard 1/5 ended: 5 cells, exit code 0 (1 running, 3 waiting)"


def test_a_shard_of_a_lost_node_goes_on_with_what_reached_the_driver(tmp_path: Path) -> None:
    def script(task: ShardTask) -> Iterator[Message]:
        fails = task.number == 2 and not task.finished
        return shard(task, lost_after=3 if fails else None)

    cluster, journals, driver, said = run(tmp_path, script)
    assert driver.run().lost == 1
    again = [task for task in cluster.tasks if task.number == 2][1]
    assert cells_of(again.finished) == ["2.0", "2.1", "2.2"]
    assert again.finished.startswith(line("run", attempt=0))
    assert "--arena-resume" in again.command(tmp_path)
    assert "--arena-resume" not in cluster.tasks[0].command(tmp_path)
    assert cells_of(journals.read(2)) == [f"2.{n}" for n in range(CELLS)]
    assert "shard 2/4 was lost with 3 cells, and is run again: the node is gone" in said


def test_a_shard_that_is_lost_too_often_is_given_up_and_keeps_what_it_had(tmp_path: Path) -> None:
    def script(task: ShardTask) -> Iterator[Message]:
        return shard(task, lost_after=1 if task.number == 3 else None)

    cluster, journals, driver, _ = run(tmp_path, script, retries=2)
    outcome = driver.run()
    assert outcome.given_up == {3: "the node is gone"}
    assert sum(task.number == 3 for task in cluster.tasks) == 3
    assert set(cells_of(journals.read(3))) == {"3.0"}
    assert journals.read(3).count(b'"run"') == 1
    assert [journals.has_ended(n) for n in range(1, 5)] == [True, True, False, True]


def test_a_pytest_that_was_killed_is_run_again(tmp_path: Path) -> None:
    def script(task: ShardTask) -> Iterator[Message]:
        if task.number == 1 and not task.finished:
            return iter([Lines(line("run") + line("cell", id="1.0")), Ended(-9, b"", "")])
        return shard(task)

    _, _, driver, said = run(tmp_path, script)
    assert driver.run().lost == 1
    assert any("its pytest was killed by signal 9" in one for one in said)


@pytest.mark.parametrize("ended", [Ended(4, b"", "ERROR: no"), Ended(3, b"", "ERROR: no")])
def test_what_pytest_refuses_ends_the_run(tmp_path: Path, ended: Ended) -> None:
    cluster, _, driver, _ = run(tmp_path, lambda task: iter([ended]))
    assert driver.run().refused == (ended.exit_code, "ERROR: no")
    assert (len(cluster.tasks), cluster.stopped) == (2, True)


def test_a_driver_that_was_killed_goes_on(tmp_path: Path) -> None:
    _, journals, driver, _ = run(tmp_path, shard)
    journals.append(1, line("run") + line("cell", id="1.0") + b'{"kind": "cell", "id": "torn')
    journals.conclude(2, line("run") + line("end", interrupted=False))
    journals.conclude(3, line("run") + line("end", interrupted=True))
    assert driver.run().given_up == {}
    cluster = driver._cluster
    assert isinstance(cluster, StandIn)
    assert [task.number for task in cluster.tasks] == [1, 3, 4]
    assert cells_of(cluster.tasks[0].finished) == ["1.0"]


def test_a_cell_that_a_shard_takes_over_stands_once_in_its_journal(tmp_path: Path) -> None:
    journals = Journals(tmp_path)
    first = (
        line("run") + line("cell", id="a", verdict="passed") + line("cell", id="b", verdict="error")
    )
    assert journals.append(1, first) == 2
    # taken over, run again, and new
    assert journals.append(1, line("run") + line("cell", id="a", verdict="passed")) == 0
    assert journals.append(1, line("cell", id="b", verdict="passed")) == 0
    assert journals.append(1, line("cell", id="c", verdict="passed")) == 1
    records = [json.loads(one) for one in journals.read(1).splitlines()]
    assert [(one["kind"], one.get("id"), one.get("verdict")) for one in records] == [
        ("run", None, None),
        *(("cell", name, "passed") for name in "abc"),
    ]


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_half_a_line_of_a_killed_driver_spoils_none_behind_it(tmp_path: Path, whole: int) -> None:
    journals = Journals(tmp_path)
    lines = [line("run", attempt=1), line("cell", id="a"), line("cell", id="b")]
    journals.append(1, b"".join(lines[:whole]))
    with journals.path(1).open("ab") as file:
        file.write(lines[whole][:9])
    again = Journals(tmp_path)
    again.append(1, b"".join(lines))
    again.append(1, line("cell", id="c"))
    records = [json.loads(one) for one in again.read(1).splitlines()]
    assert [record["kind"] for record in records].count("run") == 1
    assert cells_of(again.read(1))[-3:] == ["a", "b", "c"]


@given(st.integers(1, 12), st.integers(1, 5), st.integers())
def test_whatever_is_lost_each_cell_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, count: int, at_once: int, seed: int
) -> None:
    random = Random(seed)

    def script(task: ShardTask) -> Iterator[Message]:
        return shard(task, lost_after=random.choice([None, None, 0, 2, CELLS - 1]))

    folder = tmp_path_factory.mktemp("driver")
    cluster, journals, driver, _ = run(folder, script, count, at_once=at_once, retries=1000)
    outcome = driver.run()
    assert not outcome.given_up
    assert cluster.most <= at_once
    found = [cell for number in range(1, count + 1) for cell in cells_of(journals.read(number))]
    assert len(found) == len(set(found)) == count * CELLS
