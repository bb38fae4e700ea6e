"""The rows of a data set: where they stand in a file, and what their cells hold."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.rows import TABLES
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_LISTS = (
    "examples", "goldens", "conversationalGoldens", "conversational_goldens", "testCases",
    "test_cases", "conversationalTestCases", "items", "data", "samples", "rows", "runs", "results",
)  # fmt: skip


def columns_of(source: Source) -> set[str]:
    """Return all names that a row has."""
    maps = (row for rows in _lists_of(source) for row in rows if isinstance(row, YamlMap))
    return {str(key) for row in maps for key in row}


def each_row(source: Source) -> Iterator[tuple[YamlMap, Location]]:
    """Yield each row that is a mapping with its place; others are told."""
    for rows in _lists_of(source):
        for number, row in enumerate(rows):
            if isinstance(row, YamlMap):
                yield row, rows.value_place(number)
            else:
                place = rows.value_place(number)
                source.findings.left_out(place, "a row that is no mapping")


def _lists_of(source: Source) -> list[YamlList]:
    """Return the lists of rows that a file has: the file itself, or what its keys hold."""
    tree = source.tree
    if isinstance(tree, YamlList):
        return [tree]
    found = [tree.get(key) for key in _LISTS] if isinstance(tree, YamlMap) else []
    return [rows for rows in found if isinstance(rows, YamlList)]


def is_table(source: Source) -> bool:
    """Return whether the rows are those of a table, whose values are texts."""
    return source.path.suffix.lower() in TABLES


def values_of(row: YamlMap, source: Source, structured: Sequence[str]) -> dict[str, Any]:
    """Return a row by its names in snake case, without what is empty; in a table the `structured`
    columns may hold JSON, or lists as Python writes them."""
    from_table = is_table(source)
    found: dict[str, Any] = {}
    for key, value in row.items():
        name = snake_case(str(key))
        value = plain(value)
        if from_table and name in structured:
            value = cell_value(value)
        if value is not None and value != "":
            found.setdefault(name, value)
    return found


def snake_case(name: str) -> str:
    """Return `expectedOutput` as `expected_output`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).lower()


def cell_value(text: Any) -> Any:
    """Return what a cell of a table holds: JSON, a literal of Python's, else its text."""
    if not isinstance(text, str) or text.strip()[:1] not in ("{", "[", '"'):
        return text
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, (dict, list, str)) else text


def number_of(value: Any) -> float | int | None:
    """Return a figure that is not negative; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    if not 0 <= found < float("inf"):
        return None
    return int(found) if found.is_integer() else found
