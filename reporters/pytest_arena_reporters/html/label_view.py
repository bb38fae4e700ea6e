"""What the report shows of labels, as plain texts for the template."""

from __future__ import annotations

from typing import Any

from pytest_arena.comparison import Comparison
from pytest_arena_reporters.html.view import text
from pytest_arena_reporters.label_figures import FIGURES, LabelTable, label_tables

_MOST_LABELS = 25
_MOST_TABLES = 12


def tables(comparison: Comparison) -> dict[str, Any]:
    """Return the first columns' tables, and how many there are in all."""
    found = label_tables(comparison, _MOST_LABELS)
    return {"tables": [_table(one) for one in found[:_MOST_TABLES]], "all": len(found)}


def _table(table: LabelTable) -> dict[str, Any]:
    return {
        "title": text(table.title, 200),
        "words": text(table.words),
        "titles": [title[:1].upper() + title[1:] for title in FIGURES],
        "given": [text(name, 40) for name in table.given],
        "rows": [
            {
                "name": text(row[0], 60),
                "figures": row[1 : len(FIGURES)],
                "counts": _counts(row[len(FIGURES) :], right),
            }
            for row, right in zip(table.rows, table.right, strict=True)
        ],
        "confused": text(table.confused),
        "left_out": table.left_out,
    }


def _counts(row: tuple[str, ...], right: int | None) -> list[tuple[str, str]]:
    """Return the counts of a row of the matrix, each with the class that colours it."""
    return [
        (count, "dim" if count == "0" else "right" if place == right else "wrong")
        for place, count in enumerate(row)
    ]
