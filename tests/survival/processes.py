"""Runs of pytest in process groups of their own, which others end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

INTERRUPTIBLE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from {module} import main; sys.exit(main(sys.argv[1:]))"
)
"""A program where Ctrl-C counts: whoever runs the tests in the background has it ignored."""
PATIENCE_S = 120
AT_ONCE = 4
"""Calls in flight, of all workers together."""


def pytest_command(workers: int, *options: str) -> list[str]:
    """Return the command of a run over so many workers; 0: in one process."""
    command = [sys.executable, "-c", INTERRUPTIBLE.format(module="pytest"), "--arena", "-v"]
    for plugin in ("randomly", "cacheprovider", "hypothesispytest", "asyncio", "rerunfailures"):
        command += ["-p", f"no:{plugin}"]
    return [
        *command,
        f"--arena-concurrency={AT_ONCE}",
        *([f"-n{workers}"] if workers else []),
        *options,
    ]


def arena_command(*arguments: str) -> list[str]:
    """Return the command of the console script."""
    return [sys.executable, "-c", INTERRUPTIBLE.format(module="pytest_arena.cli"), *arguments]


@contextmanager
def process_group(
    command: Sequence[str], folder: Path, output: str = "output"
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group of its own, its output in a file; nothing of it is left at
    the end."""
    with open(folder / output, "w") as written:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    with killed_at_the_end(process):
        yield process


class Group(Protocol):
    """A process that leads a group of its own."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


@contextmanager
def killed_at_the_end(process: Group) -> Iterator[None]:
    """Leave nothing of a group that is still there in the end."""
    try:
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(holds: Callable[[], object], folder: Path, every_s: float = 0.02) -> None:
    """Wait until something holds; where it never does, fail with what the run in a folder said."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, (folder / "output").read_text()
        time.sleep(every_s)


def is_alive(pid: int) -> bool:
    return _status(pid)[:1] not in ([], ["Z"])


def parent_of(pid: int) -> int | None:
    """Return the parent of a process; None where it has ended."""
    status = _status(pid)
    return int(status[1]) if status else None


def _status(pid: int) -> list[str]:
    """Return what Linux tells of a process, from its state on; nothing of one that has ended."""
    try:
        status = Path("/proc", str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return status.rpartition(")")[2].split()
