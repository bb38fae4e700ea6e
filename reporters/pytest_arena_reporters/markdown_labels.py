"""Labels in the Markdown report: a sentence a column, and its table folded away."""

from __future__ import annotations

from pytest_arena.comparison import Comparison
from pytest_arena_reporters import figures
from pytest_arena_reporters.label_figures import FIGURES, LabelTable, label_tables
from pytest_arena_reporters.markdown_text import Page, inline

_MOST_TABLES = 8
_MOST_LABELS = 12


def add(page: Page, comparison: Comparison) -> None:
    """Add what each column made of labels, as far as there is room."""
    tables = label_tables(comparison, _MOST_LABELS)
    shown = 0
    for table in tables[:_MOST_TABLES]:
        if not page.add(_block(table), keep=2000):
            break
        shown += 1
    if shown < len(tables):
        more = figures.plural(len(tables) - shown, "further column")
        page.add(f"Labels of {more}: see the HTML report.\n\n")


def _block(table: LabelTable) -> str:
    head = f"Labels of **{inline(table.title, 200)}**: {inline(table.words)}"
    if not table.rows:
        return f"{head}\n\n"
    titles = [*FIGURES, *(f"as {inline(name, 60)}" for name in table.given)]
    lines = [
        f"<details>\n<summary>{head.replace('**', '')}</summary>\n",
        f"| {' | '.join(titles)} |",
        f"|---|{'--:|' * (len(titles) - 1)}",
        *(f"| {' | '.join(inline(text, 60) for text in row)} |" for row in table.rows),
    ]
    if table.left_out:
        lines.append(f"\nThese are the {len(table.rows)} with the lowest F1.")
    if table.confused:
        lines.append(f"\nMost often: {inline(table.confused)}.")
    return "\n".join([*lines, "\n</details>\n\n"])
