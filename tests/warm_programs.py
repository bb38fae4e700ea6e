"""Programs in processes of their own that have imported everything already.

Most of a short run is imports. A process that has done them, and runs nothing itself, forks one
child a run; what the child does to modules, folders and the environment ends with it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

IMPORTED = (
    "pytest",
    "xdist.plugin",
    "xdist.dsession",
    "xdist.scheduler",
    "pytest_arena.cli",
    "pytest_arena.collection.setup",
    "pytest_arena.collection.session",
    "pytest_arena.comparison.comparison",
    "pytest_arena.comparison.gate",
    "pytest_arena.engine.engine",
    "pytest_arena.engine_setup",
    "pytest_arena.loading",
    "pytest_arena.providers.mock",
    "pytest_arena.targets.agent",
    "pytest_arena.targets.chain",
    "pytest_arena_reporters.html",
    "pytest_arena_reporters.markdown",
    "pytest_arena_reporters.terminal",
)


LONGEST_S = 300
"""What a run may take at most, before it is taken for one that hangs."""


@dataclass(frozen=True, slots=True)
class Done:
    """A run that has ended."""

    returncode: int
    stdout: str
    stderr: str


class WarmPrograms:
    """The process that forks runs of `pytest` and `arena`; started for the first one."""

    programs = ("pytest", "arena")

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        env: Mapping[str, str] | None = None,
        *,
        merged: bool = False,
    ) -> Done:
        """Run `pytest …` or `arena …` in a folder until it ends; `merged` puts what it says on
        standard error among what it says on standard output."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        with tempfile.TemporaryDirectory() as kept:
            out, err = Path(kept, "out"), Path(kept, "out" if merged else "err")
            order = {
                "command": [str(word) for word in command],
                "folder": str(folder),
                "env": dict(os.environ if env is None else env),
                "files": [str(out), str(err)],
            }
            print(json.dumps(order), file=process.stdin, flush=True)
            code = int(process.stdout.readline())
            said = "" if merged else err.read_text("utf-8", "replace")
            return Done(code, out.read_text("utf-8", "replace"), said)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._process


WARM = WarmPrograms()


def serve() -> None:
    """Fork a child for each line that is read, and answer with its exit code."""
    for name in IMPORTED:
        import_module(name)
        plugin = sys.modules[name.partition(".")[0]]
        # pytest warns of plug-ins that were imported before it could rewrite their assertions
        plugin.__doc__ = f"{plugin.__doc__} PYTEST_DONT_REWRITE"
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            sys.exit(_run(**json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _run(command: list[str], folder: str, env: dict[str, str], files: list[str]) -> int:
    signal.alarm(LONGEST_S)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(files, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    # a module that a test writes anew within a second would be taken for the one before
    os.environ.clear()
    os.environ.update(env, PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = True
    os.chdir(folder)
    sys.argv = command
    program, *arguments = command
    if program == "arena":
        sys.path.pop(0)
        return import_module("pytest_arena.cli").main(arguments)
    sys.path[0] = folder
    return int(import_module("pytest").main(arguments))


if __name__ == "__main__":
    serve()
