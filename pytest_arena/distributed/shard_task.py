"""One shard on one node: a pytest of its own, whose finished cells are passed on as they come."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_arena.light_dataclass import dataclass
from pytest_arena.places import RESULTS
from pytest_arena.running.process_groups import signal_group
from pytest_arena.running.process_guard import ProcessGuard

_LOOK_S = 0.2
_LAST_WORDS = 4_000


@dataclass(frozen=True, slots=True)
class ShardTask:
    """The `number`-th of `count` shards, of which `at_once` run at the same time.

    `arguments` are pytest's, `folder` is where it is run on the node (None: where the task finds
    itself), and `finished` are lines of the shard's journal that an earlier attempt left.
    """

    number: int
    count: int
    at_once: int
    arguments: tuple[str, ...] = ()
    folder: str | None = None
    finished: bytes = b""

    def command(self, report_dir: Path) -> list[str]:
        """Return the command that runs the shard."""
        options = [
            "--arena",
            f"--arena-shard={self.number}/{self.count}",
            f"--arena-shard-limits={self.at_once}",
            "--arena-report=",
            f"--arena-report-dir={report_dir}",
            *(["--arena-resume"] if self.finished else []),
        ]
        return [sys.executable, "-m", "pytest", *options, *self.arguments]


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines that a shard's journal has got since the last ones."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a shard: pytest's exit code (negative: the signal that killed it), its results
    file, and the last of what it wrote to the terminal."""

    exit_code: int
    results: bytes
    said: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A shard whose node or process is gone, and why as far as is known."""

    why: str


Message = Lines | Ended | Lost


def run_shard(task: ShardTask) -> Iterator[Message]:
    """Run a shard, and yield its lines while they come, and how it ended.

    Whoever stops listening, or is killed, ends the pytest as well.
    """
    with TemporaryDirectory(prefix="arena-shard-", ignore_cleanup_errors=True) as made:
        report_dir = Path(made, "report")
        if task.finished:
            # where a resumed run finds what workers of a killed one had finished
            earlier = report_dir / ".shards" / "earlier" / "cells.jsonl"
            earlier.parent.mkdir(parents=True)
            earlier.write_bytes(task.finished)
        log = Path(made, "log")
        guard = ProcessGuard()
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                task.command(report_dir),
                cwd=task.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        guard.add(process.pid)
        try:
            yield from _lines(report_dir / RESULTS, process)
        finally:
            if process.poll() is None:
                signal_group(process.pid)
            process.wait()
            guard.discard(process.pid)
            guard.stop_if_idle()
        said = log.read_bytes()[-_LAST_WORDS:].decode("utf-8", "replace")
        results = report_dir / RESULTS
        written = results.read_bytes() if results.exists() else b""
        yield Ended(process.returncode, written, said)


def _lines(journal: Path, process: subprocess.Popen[bytes]) -> Iterator[Lines]:
    """Yield what is appended to a journal until the process ends, which replaces the file."""
    file: BufferedReader | None = None
    rest = b""
    try:
        while True:
            ended = process.poll() is not None
            if file is None and not ended and journal.exists():
                file = journal.open("rb")
            whole, newline, rest = (rest + (file.read() if file else b"")).rpartition(b"\n")
            if newline:
                yield Lines(whole + newline)
            if ended:
                return
            time.sleep(_LOOK_S)
    finally:
        if file is not None:
            file.close()
