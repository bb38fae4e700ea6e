"""Which shards run, which run again, and what of them is kept: the driver of a run on a cluster."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter, deque
from collections.abc import Callable, Hashable
from dataclasses import field
from pathlib import Path
from typing import Protocol

from pytest_arena.distributed.shard_task import Ended, Lines, Lost, Message, ShardTask
from pytest_arena.light_dataclass import dataclass
from pytest_arena.places import RESULTS
from pytest_arena.text.numbers import counted

_KIND = re.compile(rb'\{"kind": ?"(\w+)"')
_CELL = re.compile(rb'\{"kind": ?"cell", ?"id": ?"((?:[^"\\]|\\.)*)"')


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
        self._had: dict[int, dict[bytes, int]] = {}
        """Of shards that were begun again: the cells that were there, with hashes of the lines."""

    def path(self, number: int) -> Path:
        return self.folder / f"arena-{number}" / RESULTS

    def forget(self) -> None:
        """Remove what an earlier run left."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def append(self, number: int, data: bytes) -> int:
        """Keep lines of a shard, and return how many cells came with them. The facts of the run and
        each cell stand there once, however often the shard is begun: it tells anew of those that it
        takes over."""
        path = self.path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_torn(path)
        is_new = not path.exists() or not path.stat().st_size
        lines = data.splitlines(keepends=True)
        if not is_new and any(_kind(line) == "run" for line in lines):
            had = path.read_bytes().splitlines(keepends=True)
            self._had[number] = {cell: hash(line) for line in had if (cell := _cell(line))}
        had_before = self._had.get(number, {})
        kept, replaced = [], set()
        for line in lines:
            cell = _cell(line)
            if had_before.get(cell) == hash(line) or (_kind(line) == "run" and not is_new):
                continue
            if cell in had_before:
                replaced.add(cell)
            kept.append(line)
        if replaced:
            rest = path.read_bytes().splitlines(keepends=True)
            self._replace(path, b"".join(line for line in rest if _cell(line) not in replaced))
            for cell in replaced:
                del had_before[cell]
        with path.open("ab") as file:
            file.write(b"".join(kept))
        return sum(_kind(line) == "cell" for line in kept) - len(replaced)

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
        self._replace(path, results)
        self._had.pop(number, None)

    def _replace(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f".{path.name}")
        temporary.write_bytes(data)
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


def _cell(line: bytes) -> bytes:
    """Return the id of a line's cell; nothing where it is none."""
    found = _CELL.match(line)
    return found[1] if found is not None else b""
