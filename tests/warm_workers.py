"""Workers of xdist that have imported everything already, for runs inside the tests.

A worker that starts as users' do imports pytest and pytest-arena anew, which is most of what a
short run over two of them costs. These are forked instead, by the process that forks programs.
What starts otherwise than `-n2` does (another Python, a proxy, an environment that an interpreter
reads when it starts) is started for real.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from execnet import gateway_io
from execnet.gateway_base import ExecModel, Popen2IO
from execnet.xspec import XSpec
from warm_forks import Forked, Order, read_at_start


class WarmWorker(Popen2IO):
    """A worker that was forked, as execnet talks to one that it has started."""

    def __init__(self, address: str, order: Order, execmodel: ExecModel) -> None:
        given, to_worker = os.pipe()
        from_worker, taken = os.pipe()
        try:
            self._forked: Forked = order.sent(address, [given, taken, 2])
        except BaseException:
            os.close(to_worker)
            os.close(from_worker)
            raise
        finally:
            os.close(given)
            os.close(taken)
        super().__init__(os.fdopen(to_worker, "wb"), os.fdopen(from_worker, "rb"), execmodel)

    def wait(self) -> int | None:
        return self._forked.wait()

    def kill(self) -> None:
        self._forked.kill()


class WarmIO:
    """execnet's `create_io`, which has workers forked wherever a fork is as good as a start.

    `address` says where forks are asked for, and `at_start` what the process that forks them had
    of what an interpreter reads when it starts.
    """

    def __init__(
        self, address: Callable[[], str | None], at_start: dict[str, str], group: int
    ) -> None:
        self._address = address
        self._at_start = at_start
        self._group = group
        self._started: Any = gateway_io.create_io

    def __call__(self, spec: XSpec, execmodel: ExecModel) -> Any:
        env = dict(os.environ)
        alike = (
            spec.popen
            and not (spec.python or spec.via or spec.installvia)
            and read_at_start(env) == self._at_start
            and os.getpgrp() == self._group
        )
        address = self._address() if alike else None
        if address is None:
            return self._started(spec, execmodel)
        order = Order(gateway_io.popen_args(spec), str(Path.cwd()), env)
        return WarmWorker(address, order, execmodel)


def become_worker(command: list[str]) -> None:
    """Do in this process what `python -u -c …` does with the line that execnet sends first."""
    sys.argv = ["-c"]
    sys.orig_argv = list(command)
    sys.path[0] = ""
    sys.stdin = sys.__stdin__ = _anew(sys.__stdin__, "r")
    sys.stdout = sys.__stdout__ = _anew(sys.__stdout__, "w")
    sys.stderr = sys.__stderr__ = _anew(sys.__stderr__, "w")
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__annotations__ = {}
    exec(command[-1], vars(main))


def _anew(stream: TextIO | None, mode: str) -> TextIOWrapper:
    """Return a stream over the same file, as `-u` makes them: nothing written waits."""
    assert stream is not None
    return TextIOWrapper(
        os.fdopen(stream.fileno(), f"{mode}b", 0 if mode == "w" else -1, closefd=False),
        encoding=stream.encoding,
        errors=stream.errors,
        write_through=True,
    )
