"""A finished cell on its way from the item to the item's report."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.results.cell import Cell

CELL = pytest.StashKey[tuple[Cell, str]]()
"""The cell that an item has finished and its report has not taken along yet."""
RESUMED = pytest.StashKey[bool]()
"""Whether an item's cell was finished by an interrupted run."""


def leave(item: pytest.Item, cell: Cell, line: str) -> None:
    """Leave a cell and its line with the item, for the next report."""
    item.stash[CELL] = (cell, line)


def has_cell(item: pytest.Item) -> bool:
    """Return whether a cell waits for the item's report."""
    return CELL in item.stash


def mark_resumed(item: pytest.Item) -> None:
    """Note that the item's cell comes from an interrupted run."""
    item.stash[RESUMED] = True


def take_along(item: pytest.Item, report: Any) -> None:
    """Put the item's cell, if it has one, into a report; it then lasts as long as the calls."""
    if not has_cell(item):
        return
    cell, report.arena_cell = item.stash[CELL]
    report.arena_verdict = cell.verdict
    report.arena_resumed = item.stash.get(RESUMED, False)
    latencies = [trial.latency_ms for trial in cell.trials if trial.latency_ms]
    if cell.load is not None:
        report.duration = cell.load.elapsed_s
    elif latencies:
        # the wait for a call that was started ahead says nothing
        report.duration = sum(latencies) / 1000
    del item.stash[CELL]
    # a re-run of the item runs its cell
    item.stash[RESUMED] = False
