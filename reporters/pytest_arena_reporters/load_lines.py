"""Load cases and repeated trials in plain lines, for the terminal and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.comparison.conclusion import percent
from pytest_arena.comparison.summary import ProviderSummary
from pytest_arena.results import Cell, RunResult
from pytest_arena.results.load_test import load_in_words

MOST_LOADS = 12
MOST_PROVIDERS = 8


def loads(run: RunResult) -> list[tuple[Cell, str]]:
    """Return the load cases with what they measured, in the order of the run."""
    return [(cell, load_in_words(cell.load)) for cell in run.cells if cell.load is not None]


def repeats(summaries: Sequence[ProviderSummary]) -> list[tuple[str, str]]:
    """Return for each provider with repeated trials `pass@3 100 %, pass^3 67 %`."""
    return [
        (
            summary.provider,
            f"pass@{found.k} {percent(found.at_least_one)}, "
            f"pass^{found.k} {percent(found.all_of_them)}",
        )
        for summary in summaries
        if (found := summary.repeats) is not None
    ]
