"""Cells and runs to the lines of `results.jsonl`, and back.

A field is described once, where its dataclass declares it: pydantic reads, checks and writes the
dataclasses as they are. Keys that this version does not know are let be; a field that has its
default is not written.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, field, fields, make_dataclass
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from pytest_arena.results.cell import Cell
from pytest_arena.results.cleaning import clean_value
from pytest_arena.results.request_response import Response
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.text.redaction import Redactor

T = TypeVar("T")

FORMAT = 2


class ShapeError(Exception):
    """Which value of a record is wrong, and what was expected there."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path, expected)
        self.path = path
        self.expected = expected


def to_line(record: Mapping[str, Any]) -> str:
    """Return one record as one line of JSON, without its newline."""
    return json.dumps(record, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)


def cell_line(cell: Cell) -> str:
    """Return a cell as one line of JSON, without its newline."""
    return _line("cell", _dumped(cell))


def cell_from_line(line: str | bytes) -> Cell:
    """Return the cell of a line; one that is not as it must be is a `ShapeError`."""
    return read(Cell, line)


def run_line(info: RunInfo) -> str:
    """Return the facts of a run as the first line of its results."""
    return _line("run", _dumped(info), f'"format": {FORMAT}')


def end_line(run: RunResult) -> str:
    """Return what was concluded of a run as the last line of its results."""
    return _line("end", _dumped(end_of(run)))


def end_of(run: RunResult) -> Any:
    """Return all that is kept of a run beside its facts and its cells."""
    kind = run_end()
    return kind(**{one.name: getattr(run, one.name) for one in fields(kind)})


@cache
def run_end() -> type[Any]:
    """Return the dataclass of a results file's last line: the fields of a `RunResult` that stand
    on no other line, and the totals."""
    hints = get_type_hints(RunResult, include_extras=True)
    own = [
        (one.name, hints[one.name], _same_default(one))
        for one in fields(RunResult)
        if one.name not in ("info", "cells")
    ]
    totals: Any = ("totals", Mapping[str, Any], field(default_factory=dict))
    return make_dataclass("RunEnd", [*own, totals], frozen=True)


def _same_default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return field(default_factory=one.default_factory)
    return field() if one.default is MISSING else field(default=one.default)


def response_from_record(record: Mapping[str, Any], path: str = "") -> Response:
    """Return the answer of a mapping; one that is not as it must be is a `ShapeError`, with
    `path` before its own."""
    return read(Response, json.dumps(record), path)


def record_of(value: Any) -> dict[str, Any]:
    """Return a cell, an answer, the facts of a run or its end as a mapping that JSON can hold."""
    record: dict[str, Any] = json.loads(_dumped(value))
    return record


def seal(cell: Cell, redactor: Redactor) -> tuple[Cell, str]:
    """Return a finished cell and its line as they may leave the process, without secrets."""
    line = cell_line(cell)
    if redactor.clean(line) == line:
        return cell, line
    # text by text: a key may begin in one and seem to end in another
    record = redactor.clean_value(json.loads(line))
    line = to_line(record)
    return cell_from_line(line), line


def read(kind: type[T], line: str | bytes, path: str = "") -> T:
    """Return the dataclass of a line of JSON; `ShapeError` names the first value that is wrong."""
    adapter = _adapter(cast(Hashable, kind))
    value: T
    try:
        try:
            value = adapter.validate_json(line, strict=True)
        except ValidationError as error:
            if error.errors()[0]["type"] != "json_invalid":
                raise
            # nested deeper than pydantic's own parser goes, as arguments of a model's may be
            value = adapter.validate_python(json.loads(line))
    except ValidationError as error:
        raise _shape_error(error, path) from None
    except (ValueError, RecursionError):
        raise ShapeError(path, "JSON") from None
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _dumped(value: Any) -> bytes:
    adapter = _adapter(cast(Hashable, type(value)))
    try:
        return adapter.dump_json(value, exclude_defaults=True)
    except PydanticSerializationError:
        # lone surrogates, deep nesting, or what a hook put into a message: nothing is lost for it
        record = clean_value(adapter.dump_python(value, exclude_defaults=True))
        return json.dumps(record, ensure_ascii=False, default=str).encode()


def _line(kind: str, dumped: bytes, *further: str) -> str:
    head = ", ".join([f'{{"kind": "{kind}"', *further])
    rest = dumped.decode()[1:]
    return f"{head}{rest}" if rest == "}" else f"{head}, {rest}"


_EXPECTED = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "greater_than": "a number above 0",
    "missing": "a value, but there is none",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "an object",
    "mapping_type": "an object",
    "dataclass_type": "an object",
}


def _shape_error(error: ValidationError, path: str) -> ShapeError:
    first = error.errors(include_url=False)[0]
    for part in first["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else str(part)
    kind = first["type"]
    if kind == "literal_error":
        expected = "one of " + first["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
    elif kind == "greater_than_equal":
        whole = "whole " if isinstance(first["input"], int) else ""
        expected = f"a {whole}number of at least {first['ctx']['ge']:g}"
    else:
        expected = _EXPECTED.get(kind, first["msg"].lower())
    return ShapeError(path, expected)
