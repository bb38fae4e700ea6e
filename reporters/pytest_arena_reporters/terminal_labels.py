"""Labels on the terminal: a sentence and a small table a column."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.comparison import Comparison
from pytest_arena_reporters import figures
from pytest_arena_reporters.label_figures import FIGURES, LabelTable, label_tables
from pytest_arena_reporters.terminal_text import (
    DIM,
    cut_to,
    one_line,
    padded,
    styled,
    text_width,
    wrapped,
)

MOST_TABLES = 4
_MOST_LABELS = 8
_LONGEST_NAME = 24
_GAP = "  "


def render(comparison: Comparison, width: int, color: bool) -> list[str]:
    """Return the lines on labels; none where no case has one."""
    tables = label_tables(comparison, _MOST_LABELS)
    lines: list[str] = []
    for table in tables[:MOST_TABLES]:
        lines += wrapped(one_line(f"Labels of {table.title}: {table.words}."), width)
        lines += _with_matrix(table, width, color)
        if table.left_out:
            lines += wrapped(f"These are the {len(table.rows)} with the lowest F1.", width)
    more = len(tables) - MOST_TABLES
    if more > 0:
        lines.append(f"and the labels of {figures.plural(more, 'more column')}: see the report")
    return lines


def _with_matrix(table: LabelTable, width: int, color: bool) -> list[str]:
    """Return the figures, and the confusion matrix beside or below them, where there is room."""
    if not table.rows:
        return []
    shown = len(FIGURES)
    own = [FIGURES, *(row[:shown] for row in table.rows)]
    if not table.confused:
        return _aligned(own, width, color)
    matrix = [("answered as", *table.given), *((row[0], *row[shown:]) for row in table.rows)]
    lines = _aligned(own, width, color)
    if table.given and _is_whole(matrix, width):
        return lines + _aligned(matrix, width, color)
    return lines + wrapped(one_line(f"Most often: {table.confused}."), width)


def _is_whole(rows: Sequence[Sequence[str]], width: int) -> bool:
    widths = _widths(rows)
    return sum(widths) + len(_GAP) * len(widths) <= width


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(text_width(_cell(row[place])) for row in rows) for place in range(len(rows[0]))]


def _cell(text: str) -> str:
    return cut_to(one_line(text), _LONGEST_NAME)


def _aligned(rows: Sequence[Sequence[str]], width: int, color: bool) -> list[str]:
    """Return the rows of a table, as many of its columns as there is room for."""
    widths = _widths(rows)
    while len(widths) > 1 and sum(widths) + len(_GAP) * len(widths) > width:
        widths.pop()
    lines = []
    for number, row in enumerate(rows):
        parts = [
            padded(_cell(text), room, right=place > 0)
            for place, (text, room) in enumerate(zip(row, widths, strict=False))
        ]
        line = _GAP + _GAP.join(parts).rstrip()
        lines.append(styled(cut_to(line, width), DIM if number == 0 else "", color))
    return lines
