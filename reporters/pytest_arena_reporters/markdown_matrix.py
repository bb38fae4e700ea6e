"""The cases that not every column passed, as a table of cases and columns, in Markdown."""

from __future__ import annotations

from pytest_arena.comparison.matrix import Matrix
from pytest_arena.results import Cell
from pytest_arena_reporters import figures
from pytest_arena_reporters.failures import is_unpassed
from pytest_arena_reporters.markdown_text import Page, inline

MOST_ROWS = 20
MOST_COLUMNS = 8
_MARKS = {"passed": "✅", "failed": "❌", "error": "⚠️ error", "skipped": "skipped"}


def add(page: Page, matrix: Matrix) -> None:
    """Add the table, as far as there is room; nothing where all is green."""
    rows = [row for row in matrix.rows if any(is_unpassed(cell) for cell in row.cells if cell)]
    if not rows or len(matrix.providers) < 2:
        # one column has the list of failures
        return
    names = matrix.providers[:MOST_COLUMNS]
    heading = " | ".join(inline(name, 60) for name in names)
    page.add(f"| not all green | {heading} |\n|---|{':-:|' * len(names)}\n")
    shown = 0
    for row in rows[:MOST_ROWS]:
        marks = " | ".join(_mark(cell) for cell in row.cells[:MOST_COLUMNS])
        if not page.add(f"| {inline(row.case, 120)} | {marks} |\n", keep=4000):
            break
        shown += 1
    left_out = []
    if shown < len(rows):
        left_out.append(figures.plural(len(rows) - shown, "further case"))
    if len(names) < len(matrix.providers):
        left_out.append(figures.plural(len(matrix.providers) - len(names), "further column"))
    page.add(f"\n{' and '.join(left_out)}: see the HTML report.\n\n" if left_out else "\n")


def _mark(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return "xfailed" if cell.is_xfailed else _MARKS[cell.verdict]
