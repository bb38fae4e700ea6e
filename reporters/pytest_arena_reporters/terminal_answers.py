"""The answers of a run side by side on a terminal: a case below the other, a column a provider."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from pytest_arena.comparison.matrix import matrix
from pytest_arena.results import Cell, RunResult
from pytest_arena_reporters.failures import answer, prompt, why
from pytest_arena_reporters.terminal_text import (
    BOLD,
    DIM,
    GREEN,
    RED,
    YELLOW,
    cut_to,
    one_line,
    styled,
    text_width,
    wrapped,
)

MOST_LINES = 12
"""Of one answer; the reports have all of it."""
_GAP = "   "
_NARROWEST = 24
_MARKS = {
    "passed": ("✓", GREEN),
    "failed": ("✗", RED),
    "error": ("!", YELLOW),
    "skipped": ("-", DIM),
}


def render(run: RunResult, width: int, color: bool) -> list[str]:
    """Return the lines, none wider than `width` columns.

    Where the columns would be too narrow to read, some stand below the others.
    """
    table = matrix(run.cells)
    beside = max(1, min(len(table.providers), (width + len(_GAP)) // (_NARROWEST + len(_GAP))))
    room = (width + len(_GAP)) // beside - len(_GAP)
    lines: list[str] = []
    for row in table.rows:
        cells = [cell for cell in row.cells if cell is not None]
        lines += [styled(cut_to(one_line(row.case), width), BOLD, color)]
        asked = next((text for cell in cells if (text := prompt(cell))), "")
        lines += [styled(line, DIM, color) for line in wrapped(asked, width)[:MOST_LINES]]
        for first in range(0, len(cells), beside):
            lines += _side_by_side(cells[first : first + beside], room, color)
        lines.append("")
    return lines


def _side_by_side(cells: Sequence[Cell], room: int, color: bool) -> Iterator[str]:
    for parts in zip_longest(*(_column(cell, room) for cell in cells), fillvalue=("", "")):
        padded = (
            styled(text, style, color) + " " * (room - text_width(text)) for text, style in parts
        )
        yield _GAP.join(padded).rstrip()


def _column(cell: Cell, room: int) -> list[tuple[str, str]]:
    """Return the lines of one answer, each with its style: verdict, why, and the answer itself."""
    mark, style = _MARKS[cell.verdict]
    lines = [(cut_to(f"{mark} {one_line(cell.column)}", room), style)]
    if cell.verdict in ("failed", "error"):
        lines += [(line, style) for line in wrapped(why(cell), room)[:3]]
    given = wrapped(answer(cell) or "", room)
    lines += [(line, "") for line in given[:MOST_LINES]]
    if len(given) > MOST_LINES:
        lines.append((cut_to(f"… {len(given) - MOST_LINES:,} more lines", room), DIM))
    return lines
