"""Functions of files of code, called in child processes that answer line by line."""

from __future__ import annotations

import json
import math
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pytest_arena.errors import ArenaError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.program import Program, ProgramFailed

_HOSTS = Path(__file__).parent / "hosts"
_MOST = 8
"""Processes of one host, each of which answers one call at a time."""
Language = Literal["javascript", "python"]


class NotCalledError(ArenaError):
    """A function that could not be called, or did not come to an end; the text says why."""


class RaisedError(ArenaError):
    """What a function threw or raised; the text says what."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a function gave: its value as JSON has it, and its type as its language calls it."""

    kind: str
    value: Any


class FunctionHost:
    """Child processes that load files of one language and call what is in them.

    Its methods may be called by any thread, and block. A process that takes too long for a call is
    killed with all that it started.
    """

    def __init__(self, language: Language, folder: Path, environment: Mapping[str, str]) -> None:
        self._language = language
        self._folder = folder
        self._environment = environment
        self._guard = ProcessGuard()
        self._idle: list[Program] = []
        self._lock = threading.Lock()
        self._places = threading.Semaphore(_MOST)

    def call(
        self,
        how: str,
        file: Path,
        name: str | None,
        args: Sequence[Any],
        limit_s: float,
        **further: Any,
    ) -> Given:
        """Call a function of a file, by one of the `WAYS` of the language's host."""
        asked = {"id": 1, "how": how, "file": str(file), "name": name, "args": args, **further}
        line = json.dumps(asked, ensure_ascii=True, default=str).encode() + b"\n"
        with self._places:
            answer = self._answer(line, limit_s)
        fault = answer.get("fault")
        if fault is not None:
            raise (RaisedError if fault == "threw" else NotCalledError)(str(answer.get("error")))
        kind, value = str(answer.get("kind")), answer.get("value")
        if kind == "number" and isinstance(value, str):
            value = {"Infinity": math.inf, "-Infinity": -math.inf}.get(value, math.nan)
        return Given(kind, value)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for program in idle:
            program.finish()
        self._guard.stop_if_idle()

    def _answer(self, line: bytes, limit_s: float) -> dict[str, Any]:
        program = self._next()
        try:
            said = json.loads(program.line_after(line, limit_s))
        except TimeoutError:
            program.finish()
            raise NotCalledError(f"it took longer than {limit_s:g} s") from None
        except (ProgramFailed, ValueError) as error:
            program.finish()
            raise NotCalledError(str(error)) from error
        except BaseException:
            program.finish()
            raise
        with self._lock:
            self._idle.append(program)
        return said if isinstance(said, dict) else {}

    def _next(self) -> Program:
        with self._lock:
            while self._idle:
                program = self._idle.pop()
                if not program.has_ended:
                    return program
                program.finish()
        try:
            return Program(self._command(), self._folder, self._environment, self._guard)
        except OSError as error:
            raise NotCalledError(f"{self._language} cannot be started: {error}") from error

    def _command(self) -> list[str]:
        if self._language == "python":
            return [sys.executable, str(_HOSTS / "python_host.py")]
        node = shutil.which("node", path=self._environment.get("PATH"))
        if node is None:
            raise NotCalledError("it needs node, and there is none on PATH: install Node.js 20")
        return [node, str(_HOSTS / "node_host.mjs")]
