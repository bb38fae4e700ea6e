"""`matrix:` and `data:` of a case: the variables and the name's ending of each case made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.data_files import MAX_ROWS, read_rows
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.prompts.templates import as_text


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One row: its variables, and what it adds to the case's name."""

    variables: dict[str, Any] = field(default_factory=dict)
    ending: str = ""


ALONE = (ParameterSet(),)


def expand(case: YamlMap, context: LoadContext) -> tuple[ParameterSet, ...]:
    """Return the variants of a case, matrix first, rows within; none where they have problems."""
    if case.get("matrix") is None and case.get("data") is None:
        return ALONE
    matrix = _matrix(case, context)
    rows = _rows(case, context)
    if len(matrix) * len(rows) > MAX_ROWS:
        context.problems.add(
            f"'matrix' and 'data' make {len(matrix) * len(rows):,} cases of this one",
            case.key_place("matrix"),
            expected=f"at most {MAX_ROWS:,}",
            fix="leave some values or rows out",
        )
        return ()
    return tuple(
        ParameterSet({**outer.variables, **inner.variables}, outer.ending + inner.ending)
        for outer in matrix
        for inner in rows
    )


def _matrix(case: YamlMap, context: LoadContext) -> tuple[ParameterSet, ...]:
    matrix = case.get("matrix")
    if matrix is None:
        return ALONE
    if not isinstance(matrix, YamlMap):
        return ()  # The model refuses it, in its own words.
    for key, values in matrix.items():
        if not isinstance(values, YamlList):
            return ()
        if not values:
            context.problems.add(
                f"'matrix' has no values for {shorten(str(key))!r}",
                matrix.value_place(key),
                expected="a list of values, each for a case of its own",
                fix=f"write it like {key}: [one, two]",
            )
            return ()
    count = prod(len(values) for values in matrix.values())
    if count > MAX_ROWS:
        context.problems.add(
            f"'matrix' makes {count:,} cases of this one",
            case.key_place("matrix"),
            expected=f"at most {MAX_ROWS:,}",
            fix="leave some values out",
        )
        return ()
    names = [str(name) for name in matrix]
    return tuple(
        ParameterSet(dict(zip(names, plain(list(values)), strict=True)), _ending(names, values))
        for values in product(*matrix.values())
    )


def _ending(names: list[str], values: tuple[Any, ...]) -> str:
    shown = ", ".join(
        f"{name}={_in_a_name(value)}" for name, value in zip(names, values, strict=True)
    )
    return f" ({shown})" if shown else ""


def _in_a_name(value: Any) -> str:
    # A name is one line without `::`, whatever the value holds.
    return shorten(" ".join(as_text(value).split()).replace("::", ":"), 40)


def _rows(case: YamlMap, context: LoadContext) -> tuple[ParameterSet, ...]:
    data = case.get("data")
    if data is None:
        return ALONE
    if not isinstance(data, str):
        return ()  # The model refuses it, in its own words.
    place = case.value_place("data")
    with context.gathering():
        path = context.find(data, place, "data file")
        rows = read_rows(path, context.root, place)
        return tuple(ParameterSet(row, f" #{number}") for number, row in enumerate(rows, start=1))
    return ()
