"""A cell that did not pass, as pytest's failure of its item."""

from __future__ import annotations

from typing import Any

from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from pytest_arena.errors import ArenaError
from pytest_arena.results.cell import Cell
from pytest_arena.results.failure_text import headline


class CellFailed(AssertionError):
    """The failure of an item whose cell failed."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        super().__init__(headline(cell))


class CellErrored(ArenaError):
    """The error of an item whose cell reached no verdict."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        super().__init__(headline(cell))


def failure_repr(path: str, line: int, text: str) -> ReprExceptionInfo:
    """Return a text as a failure that keeps its first line for the short summary.

    It has the shape of pytest's own native tracebacks, since only these survive the way from an
    xdist worker to the controller.
    """
    crash = ReprFileLocation(path, line, text.splitlines()[0])
    entry = ReprEntryNative([text + "\n"])
    return ReprExceptionInfo(
        reprtraceback=ReprTraceback([entry], None, style="native"), reprcrash=crash
    )


def say_first(report: Any, said: str) -> None:
    """Say something before what a report's failure says, in the short summary and below it."""
    shown = report.longrepr
    crash = getattr(shown, "reprcrash", None)
    if crash is not None:
        crash.message = f"{said}; {crash.message}"
        shown.addsection("arena", said)
