"""`matrix:` and `data:` of a case: the variables and the name's ending of each case made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from itertools import product
from math import prod
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.data_places import MAX_ROWS, DataRow
from pytest_arena.loading.templates import render_value
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.loading.validate import build_model
from pytest_arena.prompts.templates import as_text
from pytest_arena.schema import DataSpec


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One combination of a matrix and one row: their variables, and what they add to the case's
    name."""

    variables: dict[str, Any] = field(default_factory=dict)
    ending: str = ""
    row: DataRow | None = None


ALONE = (ParameterSet(),)


def expand(
    case: YamlMap, shared: Mapping[str, Any], context: LoadContext
) -> tuple[ParameterSet, ...]:
    """Return the variants of a case, matrix first, rows within; none where they have problems.

    `shared` are the variables of the file and of the case.
    """
    if case.get("matrix") is None and case.get("data") is None:
        return ALONE
    matrix = _matrix(case, shared, context)
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
        ParameterSet({**outer.variables, **inner.variables}, outer.ending + inner.ending, inner.row)
        for outer in matrix
        for inner in rows
    )


def _matrix(
    case: YamlMap, shared: Mapping[str, Any], context: LoadContext
) -> tuple[ParameterSet, ...]:
    if case.get("matrix") is None:
        return ALONE
    matrix = render_value(case, "matrix", shared, context.problems)
    if not isinstance(matrix, YamlMap):
        return ()  # The model refuses it, in its own words.
    for key, values in matrix.items():
        if not isinstance(values, YamlList):
            _refuse_values(matrix, key, case, context)
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
        ParameterSet(dict(zip(names, values, strict=True)), _ending(names, values))
        for values in product(*plain(matrix).values())
    )


def _ending(names: list[str], values: tuple[Any, ...]) -> str:
    shown = ", ".join(
        f"{name}={_in_a_name(value)}" for name, value in zip(names, values, strict=True)
    )
    return f" ({shown})" if shown else ""


def _in_a_name(value: Any) -> str:
    # A name is one line without `::`, whatever the value holds.
    return shorten(" ".join(as_text(value).split()).replace("::", ":"), 40)


def _refuse_values(matrix: YamlMap, key: Any, case: YamlMap, context: LoadContext) -> None:
    """Refuse what a template gave for the values; what is written so the model refuses."""
    written = case["matrix"]
    if isinstance(written, YamlMap) and not isinstance(written[key], str):
        return
    if isinstance(written, YamlMap) and "{{" not in written[key]:
        return
    context.problems.add(
        f"'matrix' has no list for {shorten(str(key))!r}",
        matrix.value_place(key),
        expected="a variable of the file or the case that holds a list",
        fix=f"write it like {key}: [one, two]",
    )


def _rows(case: YamlMap, context: LoadContext) -> tuple[ParameterSet, ...]:
    if case.get("data") is None:
        return ALONE
    spec = _data_spec(case, context)
    if spec is None:
        return ()
    from pytest_arena.loading.data_files import read_rows

    place = case.value_place("data")
    with context.gathering():
        path = context.find(spec.file, place, "data file")
        file = read_rows(spec, path, context.root, place)
        return tuple(
            ParameterSet(row, f" #{number}", DataRow(file, number))
            for number, row in enumerate(file.rows, start=1)
        )
    return ()


def _data_spec(case: YamlMap, context: LoadContext) -> DataSpec | None:
    written = case["data"]
    if isinstance(written, str):
        return DataSpec(file=written)
    if isinstance(written, YamlMap):
        return build_model(DataSpec, written, context.problems, "'data'")
    context.problems.add(
        "'data' is neither a file's name nor a mapping",
        case.value_place("data"),
        expected="a file's name, or a mapping with file, records, delimiter, columns, split",
        fix="write it like data: rows.csv, or data: {file: rows.json, records: items}",
    )
    return None
