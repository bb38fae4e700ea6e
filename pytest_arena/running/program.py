"""A program as a child process: started, given something, read, and killed with all of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from pytest_arena.errors import ArenaError
from pytest_arena.real_time import real_time
from pytest_arena.running.open_files import PATIENCE_S, is_short, patiently
from pytest_arena.running.pipes import READABLE, WRITABLE, pipes_of
from pytest_arena.running.process_groups import signal_group
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.runnable import runnable

MOST_BYTES = 16 * 1024 * 1024
"""Of one answer on standard output."""
LAST_WORDS = 4_000
"""Bytes of standard error that are kept."""
_MOST_LINES = 12
_LOOK_S = 0.05
"""Between two looks whether a program has ended, where the system has no other way to tell."""
_ENDING_S = 0.5
"""For a program to end that has closed its standard output."""

OPEN_FILES = 4
"""That a program holds open here: three pipes, and what tells of its end."""
_IN_VAIN = threading.Event()
"""Set where what the last program needed was waited for in vain: until one starts, no further one
waits."""


class ProgramFailed(ArenaError):
    """A program gave no answer; the text says what it did, with its last words."""


class Program:
    """A child process in a process group of its own, with pipes.

    Its methods block: they are for one thread at a time, `kill` for any. Reading and writing go on
    side by side, so that neither side waits for the other with a full pipe.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        guard: ProcessGuard,
        most_bytes: int = MOST_BYTES,
        *,
        patient: bool = True,
    ) -> None:
        """Start it. Raises `OSError` or `ValueError` where that cannot be done; `patient` waits a
        while for what the machine has no more of for the moment."""
        start = _started_patiently if patient else _started
        self._process = start(command, folder, environment, guard)
        self._guard = guard
        self._most_bytes = most_bytes
        self._stdin = _opened(self._process.stdin)
        self._stdout = _opened(self._process.stdout)
        self._stderr = _opened(self._process.stderr)
        self._readable = {pipe.fileno(): pipe for pipe in (self._stdout, self._stderr)}
        self._pipes = pipes_of(self._stdin, (self._stdout, self._stderr))
        self._exit = _exit_file(self._process.pid)
        self._given = memoryview(b"")
        self._output = bytearray()
        self._errors = bytearray()
        self._lock = threading.Lock()
        self._finished = False

    @property
    def has_ended(self) -> bool:
        """Whether it has come to its end; what it started may still run."""
        if self._finished:
            return True
        if self._exit is None:
            return self._process.poll() is not None
        return bool(self._pipes.ready({self._exit: READABLE}, 0))

    def output_of(self, given: bytes) -> bytes:
        """Give it a text, and return all that it has written when it ends.

        What it left running is killed then. An exit status other than 0, and no output, are a
        `ProgramFailed`.
        """
        self._exchange(given, lambda: False, ends_input=True)
        status = self.finish()
        if status != 0:
            raise ProgramFailed(self._told(ending_of(status)))
        if not self._output.strip():
            raise ProgramFailed(self._told("wrote nothing on standard output"))
        return bytes(self._output)

    def line_after(self, given: bytes, limit_s: float | None = None) -> bytes:
        """Give it a text, and return the next line that it writes; `TimeoutError` after a while."""
        self._exchange(given, lambda: self._has_line or not self._may_write, limit_s=limit_s)
        if self._has_line:
            line, _, rest = bytes(self._output).partition(b"\n")
            self._output = bytearray(rest)
            return line
        self.wait(_ENDING_S)
        ended = self.has_ended
        status = self.finish()
        raise ProgramFailed(
            self._told(ending_of(status) if ended else "closed its standard output")
        )

    def wait(self, seconds: float) -> None:
        """Wait for its end, but no longer than this."""
        with suppress(TimeoutError):
            self._exchange(b"", lambda: False, limit_s=seconds)

    def close_input(self) -> None:
        """Tell it that nothing more will come, upon which a persistent program ends."""
        self._pipes.close_input(self._stdin)

    def kill(self) -> None:
        """Kill it with all that it started; who reads from it is told that it has ended."""
        with self._lock:
            # once it has been waited for, its number may be another's
            if not self._finished:
                signal_group(self._process.pid)

    def finish(self) -> int:
        """Kill what is left, and return the exit status: its own, where it had ended before."""
        self.kill()
        status = self._process.wait()
        with self._lock:
            if self._finished:
                return status
            self._finished = True
        for pipe in (self._stdin, self._stdout, self._stderr):
            with suppress(OSError):
                pipe.close()
        self._readable.clear()
        if self._exit is not None:
            os.close(self._exit)
        self._guard.discard(self._process.pid)
        return status

    def _exchange(
        self,
        given: bytes,
        done: Callable[[], bool],
        *,
        ends_input: bool = False,
        limit_s: float | None = None,
    ) -> None:
        """Write what is given and read what comes, until that is enough or the program has ended;
        `TimeoutError` after a while."""
        end = None if limit_s is None else real_time.monotonic() + limit_s
        # what the line before has left unread comes first
        self._given = memoryview(bytes(self._given) + given)
        while not self._finished and not done():
            if not self._given and ends_input:
                self.close_input()
                ends_input = False
            ready = self._pipes.ready(self._files(), self._longest_wait(end))
            if not self._stdin.closed and self._stdin.fileno() in ready:
                self._write()
            for file in ready & self._readable.keys():
                self._read(file)
            if self._exit in ready or (self._exit is None and self.has_ended):
                # those that it started may hold its pipes open, and write on
                self.kill()
                self._pipes.settle()
                for file in list(self._readable):
                    while self._read(file):
                        pass
                return
            if end is not None and real_time.monotonic() >= end:
                raise TimeoutError

    @property
    def _has_line(self) -> bool:
        return b"\n" in self._output

    @property
    def _may_write(self) -> bool:
        return self._stdout in self._readable.values()

    def _files(self) -> dict[int, int]:
        """Return what is waited for: each file with the kind of its event."""
        files = dict.fromkeys(self._readable, READABLE)
        if self._exit is not None:
            files[self._exit] = READABLE
        if self._given and not self._stdin.closed:
            files[self._stdin.fileno()] = WRITABLE
        return files

    def _longest_wait(self, end: float | None) -> float | None:
        left = None if end is None else max(end - real_time.monotonic(), 0.0)
        if self._exit is not None:
            return left
        return _LOOK_S if left is None else min(left, _LOOK_S)

    def _write(self) -> None:
        try:
            self._given = self._given[self._pipes.write(self._stdin.fileno(), self._given) :]
        except BlockingIOError:
            return
        except OSError:
            # it closed its standard input: what it makes of that, its output says
            self._given = memoryview(b"")

    def _read(self, file: int) -> bool:
        """Take a part of what there is; return whether there was any."""
        try:
            part = self._pipes.read(file)
        except BlockingIOError:
            return False
        pipe = self._readable[file]
        if not part:
            del self._readable[file]
        elif pipe is self._stderr:
            self._errors += part
            del self._errors[:-LAST_WORDS]
        else:
            self._output += part
            if len(self._output) > self._most_bytes:
                most = f"{self._most_bytes / (1 << 20):.4g} MiB"
                raise ProgramFailed(f"wrote more than {most} on standard output")
        return bool(part)

    def _told(self, what: str) -> str:
        return with_last_words(what, self._errors)


def _started_patiently(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], guard: ProcessGuard
) -> subprocess.Popen[bytes]:
    """Start a process as soon as the machine has what it needs, within a while."""
    longest_s = 0.0 if _IN_VAIN.is_set() else PATIENCE_S
    try:
        process = patiently(lambda: _started(command, folder, environment, guard), longest_s)
    except OSError as error:
        if is_short(error):
            _IN_VAIN.set()
        raise
    _IN_VAIN.clear()
    return process


def _started(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], guard: ProcessGuard
) -> subprocess.Popen[bytes]:
    """Start a process that the guard knows."""
    # a process, too: what there is too little of for it must not cost the program half its work
    guard.start()
    read, write = os.pipe()
    stdin = open(write, "wb", buffering=0)  # noqa: SIM115 - the program's for as long as it runs
    try:
        with guard.starting(read):
            process = subprocess.Popen(  # noqa: S603 - the user's own program, without a shell
                runnable(command, folder, environment),
                cwd=folder,
                env=environment,
                stdin=read,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
            process.stdin = stdin
            try:
                guard.add(process.pid)
            except OSError:
                _end(process)
                raise
    except BaseException:
        stdin.close()
        raise
    finally:
        os.close(read)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    signal_group(process.pid)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        _opened(pipe).close()


def with_last_words(what: str, errors: bytes | bytearray) -> str:
    """Return what a program did, with the last lines that it wrote to standard error."""
    lines = errors.decode("utf-8", "replace").strip().splitlines()[-_MOST_LINES:]
    return "\n".join([what, *(f"  {line[:500]}" for line in lines if line.strip())])


def ending_of(status: int) -> str:
    """Return how a program ended, by its exit status or, where that is negative, by a signal."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _exit_file(pid: int) -> int | None:
    """Return what becomes readable when a process ends; None where the system has no such thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - all three are opened as pipes
    return pipe
