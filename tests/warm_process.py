"""The process that forks: it has imported everything, and runs nothing itself."""

from __future__ import annotations

import atexit
import gc
import os
import runpy
import selectors
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from warm_forks import Order, read_at_start
from warm_imports import import_all
from warm_workers import WarmIO, become_worker

LONGEST_S = 300
"""What a run may take at most, before it is taken for one that hangs."""


class WarmProcess:
    """Forks a child for each order that comes to a socket, and says what became of it.

    It ends when its standard input does, takes the socket's folder away, and its children go on.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._at_start = read_at_start(dict(os.environ))
        self._on_interrupt = signal.getsignal(signal.SIGINT)
        self._orders = socket.socket(socket.AF_UNIX)
        self._ended, ended = socket.socketpair()
        self._wakes = ended
        self._lines: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        import_all()
        # what a child's collector looks at is copied for it; none of this is ever garbage
        gc.collect()
        gc.freeze()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for end in (self._ended, self._wakes):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        self._orders.bind(self._address)
        self._orders.listen(64)
        print("ready", flush=True)
        for each in (0, self._orders, self._ended):
            self._selector.register(each, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in self._selector.select()}
            if self._ended in ready:
                self._say_what_ended()
            if self._orders in ready:
                self._fork()
            if 0 in ready:
                shutil.rmtree(Path(self._address).parent)
                return

    def _say_what_ended(self) -> None:
        self._ended.recv(1 << 12)
        while self._lines:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._lines.pop(pid) as line, suppress(BrokenPipeError):
                line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))

    def _fork(self) -> None:
        line, _ = self._orders.accept()
        order, files = Order.received(line)
        pid = os.fork()
        if pid == 0:
            self._leave_to_the_parent(line)
            _take(order, files)
            signal.signal(signal.SIGINT, self._on_interrupt)
            _end(self._run(order))
        for file in files:
            os.close(file)
        self._lines[pid] = line
        with suppress(BrokenPipeError):
            line.sendall(b"%d\n" % pid)

    def _leave_to_the_parent(self, line: socket.socket) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for end in (line, self._orders, self._ended, self._wakes, *self._lines.values()):
            end.close()

    def _run(self, order: Order) -> int:
        if order.command[0] == sys.executable:
            no_bytecode = order.env.get("PYTHONDONTWRITEBYTECODE")
            sys.dont_write_bytecode = bool(no_bytecode) or "-B" in order.command
            become_worker(order.command)
            return 0
        signal.alarm(LONGEST_S)
        if not order.real_workers:
            io = WarmIO(lambda: self._address, self._at_start, os.getpgrp())
            import_module("execnet.gateway_io").create_io = io  # type: ignore[attr-defined]
        # a module that a test writes anew within a second would be taken for the one before
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.dont_write_bytecode = True
        sys.argv = order.command
        program, *arguments = order.command
        if program == "arena":
            sys.path.pop(0)
            return int(import_module("pytest_arena.cli").main(arguments))
        sys.path[0] = order.folder
        if program == "python":
            sys.argv = arguments
            runpy.run_path(arguments[0], run_name="__main__")
            return 0
        return int(import_module("pytest").main(arguments))


def _take(order: Order, files: list[int]) -> None:
    """Take the files, the environment and the folder of an order."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(order.env)
    time.tzset()
    os.chdir(order.folder)


def _end(code: int) -> NoReturn:
    """End as an interpreter does, without taking apart all modules, which would copy them first."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    WarmProcess(sys.argv[1]).serve()
