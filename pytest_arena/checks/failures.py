"""What a check raises: that an answer does not hold, or that nobody could tell."""

from __future__ import annotations

from pytest_arena.errors import ArenaError
from pytest_arena.results.cell import Cell
from pytest_arena.results.failure_text import report_text


class CheckFailed(AssertionError):
    """The failure of a check: an assertion does not hold of the answer."""

    __module__ = "pytest_arena"

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        super().__init__(report_text(cell))


class CheckErrored(ArenaError):
    """The error of a check that reached no verdict, so that it is no failed assertion."""

    __module__ = "pytest_arena"

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        super().__init__(report_text(cell))
