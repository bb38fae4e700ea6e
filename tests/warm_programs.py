"""Programs in processes of their own that have imported everything already.

Most of a short run is imports. A process that has done them, and runs nothing itself, forks one
child a run; what the child does to modules, folders and the environment ends with it. Workers of
xdist come from there, too: those of such programs, and those of runs in the tests' own process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from warm_forks import Order, read_at_start
from warm_workers import WarmIO

FOLDER = Path(__file__).parent
AT_START = dict(os.environ)
"""The environment before any test changed it."""
TEMPORARY = tempfile.gettempdir()


@dataclass(frozen=True, slots=True)
class Done:
    """A run that has ended."""

    returncode: int
    stdout: str
    stderr: str


class WarmPrograms:
    """The process that forks programs (`pytest …`, `arena …`, `python a_script.py …`) and workers.

    It is started when it is first asked.

    `real_workers` is whether runs start their workers as users' runs do.
    """

    def __init__(self) -> None:
        self.real_workers = False
        self._process: subprocess.Popen[str] | None = None
        self._address = ""

    @staticmethod
    def knows(command: Sequence[str]) -> bool:
        """Return whether a command is one of those programs."""
        program, script = [*command, "", ""][:2]
        return program in ("pytest", "arena") or (program == "python" and script.endswith(".py"))

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str] | None = None,
        *,
        merged: bool = False,
    ) -> Done:
        """Run a program in a folder until it ends; `merged` puts what it says on standard error
        among what it says on standard output."""
        words = [str(word) for word in command]
        given = dict(os.environ if env is None else env)
        order = Order(words, str(folder), given, self.real_workers)
        with (
            open(os.devnull, "rb") as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            said = [out, out if merged else err]
            forked = order.sent(self.address(), [file.fileno() for file in (nothing, *said)])
            code = forked.wait()
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode("utf-8", "replace"))
            return Done(code, *texts)

    def workers(self) -> WarmIO:
        """Return what starts the workers of runs in this process."""

        def address() -> str | None:
            return None if self.real_workers else self.address()

        return WarmIO(address, read_at_start(AT_START), os.getpgrp())

    def address(self) -> str:
        """Return where forks are asked for."""
        if self._process is None:
            self._address = str(Path(tempfile.mkdtemp(prefix="warm-", dir=TEMPORARY), "orders"))
            self._process = subprocess.Popen(
                [sys.executable, str(FOLDER / "warm_process.py"), self._address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=AT_START,
                cwd=FOLDER,
            )
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == "ready\n"
        return self._address

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None


WARM = WarmPrograms()
