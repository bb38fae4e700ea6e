"""What kills the programs of a run when the run itself is killed and cannot tidy up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_WATCH = """
import os, select, signal, sys, time
parent, groups, starting, rest = int(sys.argv[1]), set(), set(), b""
while True:
    alive = os.getppid() == parent
    if select.select([0], [], [], 0.5 if alive else 0)[0]:
        part = os.read(0, 65536)
        if not part:
            break
        *lines, rest = (rest + part).split(b"\\n")
        for line in lines:
            known = groups if line[:1] in b"+-" else starting
            (known.add if line[:1] in b"+?" else known.discard)(int(line[1:]))
    elif not alive:
        break
def kill(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
for group in groups:
    kill(group)
pipes = {f"pipe:[{inode}]" for inode in starting}
for _ in range(20 if pipes and os.path.isdir("/proc/self/fd") else 0):
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.readlink(f"/proc/{name}/fd/0") in pipes:
                kill(int(name))
        except OSError:
            pass
    time.sleep(0.05)
"""


class ProcessGuard:
    """A small process that knows the process groups of programs, and kills those that are left when
    this process has died, however it died.

    It hears of the death by the end of its pipe, or by having another parent: forked copies of this
    process may hold the pipe open. Both hold on Linux and on macOS. May be used by any thread.

    Between a program's start and the moment at which its number is known here, many threads may
    have their turn. Until then the guard goes by the pipe that is to be the program's standard
    input, which Linux shows.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: set[int] = set()
        self._starting: set[int] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the guard, if it is not there yet: an `OSError` of it comes before a program is."""
        if hasattr(os, "killpg"):
            with self._lock:
                if self._process is None:
                    self._start()

    def add(self, group: int) -> None:
        """Have a group killed if this process dies."""
        if not hasattr(os, "killpg"):
            # Windows has no groups; there, what a killed run leaves behind goes on
            return
        with self._lock:
            self._groups.add(group)
            self._tell(f"+{group}\n")

    def discard(self, group: int) -> None:
        """Forget a group that has ended."""
        if not hasattr(os, "killpg"):
            return
        with self._lock:
            self._groups.discard(group)
            self._tell(f"-{group}\n")

    @contextmanager
    def starting(self, stdin: int) -> Iterator[None]:
        """Have what is started meanwhile with this pipe as its standard input killed if this
        process dies."""
        if not hasattr(os, "killpg"):
            yield
            return
        inode = os.fstat(stdin).st_ino
        with self._lock:
            self._starting.add(inode)
            self._tell(f"?{inode}\n")
        try:
            yield
        finally:
            # one that has to be started anew is told of what there is then
            with self._lock, suppress(OSError):
                self._starting.discard(inode)
                self._tell(f"!{inode}\n")

    def stop_if_idle(self) -> None:
        """End the guard where no group is left."""
        with self._lock:
            if self._process is None or self._groups or self._starting:
                return
            process, self._process = self._process, None
            assert process.stdin is not None  # noqa: S101 - opened as a pipe
            process.stdin.close()
            process.wait()

    def _tell(self, line: str) -> None:
        if self._process is None:
            self._start()
            return
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe
        try:
            self._process.stdin.write(line.encode())
        except BrokenPipeError:
            # somebody killed the guard alone
            self._process.stdin.close()
            self._process.wait()
            self._process = None
            self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-I", "-S", "-c", _WATCH, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe
        known = [f"+{group}\n" for group in self._groups]
        known += [f"?{inode}\n" for inode in self._starting]
        self._process.stdin.write("".join(known).encode())
