"""What is said between a test that asks for a warm process and the process that forks it.

An order goes over a unix socket together with the files that become standard input, output and
error. Back come the process's id, once it runs, and its exit code, once it has ended.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "COVERAGE_", "COV_")
"""What an interpreter looks at when it starts, so that a fork would not follow a change of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to be: a program that runs tests, or a worker of xdist."""

    command: list[str]
    folder: str
    env: dict[str, str]
    real_workers: bool = False
    """Whether workers of a program are started as users' are."""

    def sent(self, address: str, files: Sequence[int]) -> Forked:
        """Have it forked; `files` become its standard input, output and error."""
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(address)
            data = json.dumps(asdict(self)).encode()
            sent = socket.send_fds(line, [data], files)
            line.sendall(data[sent:])
            line.shutdown(socket.SHUT_WR)
            return Forked(line)
        except BaseException:
            line.close()
            raise

    @classmethod
    def received(cls, line: socket.socket) -> tuple[Order, list[int]]:
        data, files, _, _ = socket.recv_fds(line, 1 << 16, 3)
        while more := line.recv(1 << 16):
            data += more
        return cls(**json.loads(data)), files


class Forked:
    """A process that was forked on an order. Its parent, which waits for it, is another."""

    def __init__(self, line: socket.socket) -> None:
        self._said = line.makefile("r")
        line.close()
        self.pid = int(self._said.readline())
        self._code: int | None = None
        self._waiting = threading.Lock()

    def wait(self) -> int:
        with self._waiting:
            if self._code is None:
                self._code = int(self._said.readline())
                self._said.close()
            return self._code

    def kill(self) -> None:
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def read_at_start(env: dict[str, str]) -> dict[str, str]:
    """Return what an interpreter that starts in this environment would look at, without what a
    fork can follow: whether it keeps byte code."""
    return {
        name: value
        for name, value in env.items()
        if name.startswith(_AT_START) and name != "PYTHONDONTWRITEBYTECODE"
    }
