"""The base of every reporter: one run in, one file (or text) out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.run import RunResult
from pytest_arena.results.trend import Trend


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter wrote, for the terminal: the file, and what to say of it."""

    path: Path
    note: str = ""


class Reporter:
    """A report format; subclass it, give it a `format`, and write `write`.

    Called once, in the controller, when all cells are known. The same run gives the same bytes:
    a reporter takes times and versions from the run, never from the clock.
    """

    format: ClassVar[str]

    def write(self, run: RunResult, directory: Path) -> Report:
        """Write the report into a directory that exists, atomically, and say where."""
        raise NotImplementedError(f"{type(self).__name__} has no write()")


class TraceReporter(Reporter):
    """A report of traces, which can also be sent to a collector; `format` is `otlp`."""

    format: ClassVar[str] = "otlp"

    def traces(self, run: RunResult) -> Iterator[dict[str, Any]]:
        """Yield what is exported of each trial: OTLP JSON, as one request may hold it."""
        raise NotImplementedError(f"{type(self).__name__} has no traces()")


class TerminalSummary:
    """The few lines at the end of a run on what it found; `format` is `terminal`."""

    format: ClassVar[str] = "terminal"

    def render(self, run: RunResult, *, width: int, color: bool) -> list[str]:
        """Return the lines of the summary; without `color` they hold no escape sequence."""
        raise NotImplementedError(f"{type(self).__name__} has no render()")

    def answers(self, run: RunResult, *, width: int, color: bool) -> list[str]:
        """Return the answers of all columns side by side (`--arena-answers`)."""
        raise NotImplementedError(f"{type(self).__name__} has no answers()")

    def trend(self, trend: Trend, *, width: int, color: bool) -> list[str]:
        """Return how columns do from run to run (`arena trend`)."""
        raise NotImplementedError(f"{type(self).__name__} has no trend()")
