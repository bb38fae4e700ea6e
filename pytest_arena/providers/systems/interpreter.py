"""A function in an interpreter of its own: another environment, another version of a package."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pytest_arena.environment import copied
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.providers.systems.portable import serve
from pytest_arena.providers.systems.program_pool import ProgramPool, greeting_of
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.program import MOST_BYTES, Program

_OF_THIS_ONE = ("PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__")
"""Variables that would have another interpreter import what belongs to this one."""


class Interpreter:
    """The processes of one interpreter that call one function.

    `before` and `after` are folders that modules are looked for in before and after those that are
    installed there.
    """

    def __init__(
        self,
        call: str,
        python: Path,
        *,
        root: Path,
        folder: Path,
        before: Sequence[Path],
        after: Sequence[Path],
    ) -> None:
        self._call = call
        self._python = python
        self._folder = folder
        self._given = json.dumps(
            {
                "call": call,
                "root": str(root),
                "before": [str(path) for path in before],
                "after": [str(path) for path in after],
            }
        )

    def pool(
        self,
        environment: ProviderEnvironment,
        further: Callable[[], Mapping[str, str]],
        most_bytes: int,
    ) -> ProgramPool:
        """Return the processes that answer calls; `further` gives variables that each starts
        with."""

        def launch() -> Program:
            variables = {**copied(environment.variables), **further()}
            return self._launch(variables, environment.process_guard, most_bytes)

        return ProgramPool(self._call, launch, says_ready=True)

    def why_not(self, variables: Mapping[str, str]) -> str | None:
        """Return why the function cannot be called, None where it can; takes an import of it."""
        if not self._python.exists():
            return (
                f"there is no interpreter {self._python}\n"
                "  expected: a virtual environment, or an interpreter\n"
                "  fix: correct venv, or make it with python -m venv"
            )
        guard = ProcessGuard()
        try:
            program = self._launch(variables, guard)
        except OSError as error:
            return f"{self._python} cannot be started: {error}"
        try:
            return greeting_of(self._call, program).get("fault")
        finally:
            program.finish()
            guard.stop_if_idle()

    def _launch(
        self, variables: Mapping[str, str], guard: ProcessGuard, most_bytes: int = 0
    ) -> Program:
        own = {name: text for name, text in variables.items() if name not in _OF_THIS_ONE}
        home = self._python.parent
        own["PATH"] = os.pathsep.join([str(home), own.get("PATH", os.defpath)])
        own["VIRTUAL_ENV"] = str(home.parent)
        command = [str(self._python), "-c", serve.BOOT, str(Path(serve.__file__).parent)]
        # what is said at the start has no bound of the user's, nor have escapes in a line
        most = max(most_bytes, MOST_BYTES)
        return Program([*command, self._given], self._folder, own, guard, most)
