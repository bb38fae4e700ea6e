"""Which shards run, which run again, and what of them is kept: the driver of a run on a cluster."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pytest_arena.distributed.shard_task import Ended, Lines, Lost, Message, ShardTask
from pytest_arena.results.writing import RESULTS
from pytest_arena.text.numbers import counted

_KIND = re.compile(rb'\{"kind": ?"(\w+)"')


class Cluster(Protocol):
    """What runs tasks on nodes."""

    def start(self, task: ShardTask) -> Hashable:
        """Have a task run on some node, and return what it is called by."""

    def next(self) -> tuple[Hashable, Message]:
        """Wait for the next message of any task that was started; `Ended` and `Lost` are a task's
        last ones."""

    def stop(self) -> None:
        """End all tasks that run."""


class Journals:
    """What has come of each shard, as results files: `arena-K/results.jsonl` in one folder.

    Lines are appended as they come, so that a driver that is killed loses none, and can be started
    again with what is there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._begun: set[Path] = set()
        """The files that this driver has appended to."""

    def path(self, number: int) -> Path:
        return self.folder / f"arena-{number}" / RESULTS

    def forget(self) -> None:
        """Remove what an earlier run left."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def append(self, number: int, data: bytes) -> int:
        """Keep lines of a shard, and return how many of them are cells. The facts of the run stand
        there once, however often the shard is begun."""
        path = self.path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_torn(path)
        is_new = not path.exists() or not path.stat().st_size
        kept = [line for line in data.splitlines(keepends=True) if is_new or _kind(line) != "run"]
        with path.open("ab") as file:
            file.write(b"".join(kept))
        return sum(_kind(line) == "cell" for line in kept)

    def _cut_torn(self, path: Path) -> None:
        """Cut off half a line that a killed driver left, or the next one would be torn with it."""
        if path in self._begun:
            return
        self._begun.add(path)
        if path.exists():
            with path.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)

    def conclude(self, number: int, results: bytes) -> None:
        """Put the results file of a shard that ended in the place of its journal."""
        path = self.path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}")
        temporary.write_bytes(results)
        os.replace(temporary, path)

    def read(self, number: int) -> bytes:
        """Return the whole lines of a shard; nothing of one that never began."""
        path = self.path(number)
        data = path.read_bytes() if path.exists() else b""
        return data[: data.rfind(b"\n") + 1]

    def has_ended(self, number: int) -> bool:
        """Return whether a shard ran to an end that need not be repeated."""
        lines = self.read(number).rstrip(b"\n").rpartition(b"\n")
        return _kind(lines[2]) == "end" and b'"interrupted":true' not in lines[2].replace(b" ", b"")


@dataclass(slots=True)
class Outcome:
    """What became of the shards: those that were given up, with the reason; and where one was
    refused, pytest's exit code with what it said."""

    given_up: dict[int, str] = field(default_factory=dict)
    refused: tuple[int, str] | None = None
    lost: int = 0
    """How often a shard was lost on its way, and run again or given up."""


class Driver:
    """The loop that gives shards to a cluster until each has ended.

    A shard whose node is lost is run again elsewhere, from the cells that had reached the driver;
    after `retries` further attempts it is given up. A shard that pytest refuses (a mistake in an
    option or a file) ends the run, since the others would be refused, too.
    """

    def __init__(
        self,
        cluster: Cluster,
        journals: Journals,
        *,
        count: int,
        at_once: int,
        arguments: tuple[str, ...] = (),
        folder: str | None = None,
        retries: int = 3,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._cluster = cluster
        self._journals = journals
        self._count = count
        self._at_once = at_once
        self._arguments = arguments
        self._folder = folder
        self._retries = retries
        self._say = say
        self._cells: Counter[int] = Counter()
        self._attempts: Counter[int] = Counter()

    def run(self) -> Outcome:
        """Run all shards that have not ended yet."""
        outcome = Outcome()
        numbers = range(1, self._count + 1)
        waiting = deque(number for number in numbers if not self._journals.has_ended(number))
        running: dict[Hashable, int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._at_once:
                    number = waiting.popleft()
                    running[self._cluster.start(self._task(number))] = number
                handle, message = self._cluster.next()
                if handle not in running:
                    # the last words of a task that is known to be lost
                    continue
                number = running[handle]
                if isinstance(message, Lines):
                    self._cells[number] += self._journals.append(number, message.data)
                    continue
                del running[handle]
                why = _loss(message)
                if isinstance(message, Ended) and why is None:
                    if not message.results or message.exit_code == 4:
                        outcome.refused = (message.exit_code, message.said)
                        return outcome
                    self._journals.conclude(number, message.results)
                    self._tell_end(number, message, len(running), len(waiting))
                elif self._is_given_up(number, why or "", outcome):
                    continue
                else:
                    waiting.appendleft(number)
            return outcome
        finally:
            self._cluster.stop()

    def _task(self, number: int) -> ShardTask:
        return ShardTask(
            number,
            self._count,
            self._at_once,
            self._arguments,
            self._folder,
            self._journals.read(number),
        )

    def _is_given_up(self, number: int, why: str, outcome: Outcome) -> bool:
        outcome.lost += 1
        self._attempts[number] += 1
        kept = counted(self._cells[number], "cell")
        if self._attempts[number] > self._retries:
            outcome.given_up[number] = why
            self._say(f"shard {number}/{self._count} is given up with {kept}: {why}")
            return True
        self._say(f"shard {number}/{self._count} was lost with {kept}, and is run again: {why}")
        return False

    def _tell_end(self, number: int, ended: Ended, running: int, waiting: int) -> None:
        cells = sum(_kind(line) == "cell" for line in ended.results.splitlines())
        still = f"{running} running, {waiting} waiting"
        self._say(
            f"shard {number}/{self._count} ended: {counted(cells, 'cell')}, "
            f"exit code {ended.exit_code} ({still})"
        )


def _loss(message: Message) -> str | None:
    """Return why a shard must be run again, or None where it came to its end."""
    if isinstance(message, Lost):
        return message.why
    if isinstance(message, Ended) and message.exit_code < 0:
        return f"its pytest was killed by signal {-message.exit_code}"
    return None


def _kind(line: bytes) -> str:
    found = _KIND.match(line)
    return found[1].decode() if found is not None else ""
