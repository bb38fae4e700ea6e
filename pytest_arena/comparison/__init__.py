"""What a run says when its cells are laid side by side: tables, statistics, baseline and gate.

Everything here is a function of results: nothing is called and nothing is written but baseline
files. The leaderboard, the matrix and the differences are made when a report asks for them
(`Comparison`), from plain dataclasses; pandas is imported by `tables` alone, where a DataFrame is
asked for. `stats` holds formulas that know numbers only, `baseline` the stored cells of earlier
runs, `gate` the rules that tell change from chance, and the limits of `gates:`.

No import here may lead to the engine: `arena report` and `arena merge` use the same functions on
files from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_arena.comparison.comparison import Comparison, compare
    from pytest_arena.comparison.tables import (
        assertion_table,
        confusion_table,
        differences_table,
        labels_table,
        load_results,
        matrix_table,
        provider_table,
        tag_table,
        trials_table,
        variants_table,
    )

_TABLES = (
    "assertion_table",
    "confusion_table",
    "differences_table",
    "labels_table",
    "load_results",
    "matrix_table",
    "provider_table",
    "tag_table",
    "trials_table",
    "variants_table",
)

__all__ = [
    "Comparison",
    "assertion_table",
    "compare",
    "confusion_table",
    "differences_table",
    "labels_table",
    "load_results",
    "matrix_table",
    "provider_table",
    "tag_table",
    "trials_table",
    "variants_table",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = "tables" if name in _TABLES else "comparison"
    return getattr(import_module(f"{__name__}.{home}"), name)
