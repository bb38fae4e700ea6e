"""Comparison tables of a run; pandas is imported only where a DataFrame is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_arena.comparison.comparison import Comparison, compare
    from pytest_arena.comparison.tables import (
        assertion_table,
        differences_table,
        load_results,
        matrix_table,
        provider_table,
        tag_table,
        trials_table,
    )

_TABLES = (
    "assertion_table",
    "differences_table",
    "load_results",
    "matrix_table",
    "provider_table",
    "tag_table",
    "trials_table",
)

__all__ = [
    "Comparison",
    "assertion_table",
    "compare",
    "differences_table",
    "load_results",
    "matrix_table",
    "provider_table",
    "tag_table",
    "trials_table",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = "tables" if name in _TABLES else "comparison"
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
