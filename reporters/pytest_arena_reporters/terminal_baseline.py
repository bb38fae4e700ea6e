"""What changed since the baseline, on a terminal: regressed cells, and how many of what."""

from __future__ import annotations

from pytest_arena.comparison.gate.summary import SinceBaseline
from pytest_arena.results import Cell
from pytest_arena_reporters import beside_baseline
from pytest_arena_reporters.terminal_text import DIM, RED, cut_to, one_line, styled, wrapped

MOST_REGRESSIONS = 10
MOST_LINES = 5
MOST_COLUMNS = 8


def render(found: SinceBaseline, width: int, color: bool) -> list[str]:
    """Return the lines, none wider than `width` columns."""
    lines = []
    for cell in found.regressed[:MOST_REGRESSIONS]:
        lines += _regression(cell, width, color)
    if len(found.regressed) > MOST_REGRESSIONS:
        lines.append(f"  … and {len(found.regressed) - MOST_REGRESSIONS:,} more")
    counts = beside_baseline.status_counts(found)
    lines += wrapped(f"Against the baseline: {counts}.", width) if counts else []
    for name, words in beside_baseline.took(found)[:MOST_COLUMNS]:
        lines += wrapped(f"{one_line(name)}: {words}.", width)
    return lines


def _regression(cell: Cell, width: int, color: bool) -> list[str]:
    if cell.standing is None:
        return []
    name = cut_to(one_line(f"  {cell.case} [{cell.column}]"), width - 2)
    parts = [cell.standing.reason, beside_baseline.what_changed(cell)]
    detail = "; ".join(one_line(part) for part in parts if part)
    lines = [styled(f"  {name}", RED, color)]
    return lines + [
        styled(f"    {line}", DIM, color) for line in wrapped(detail, width - 4)[:MOST_LINES]
    ]
