"""JSON, JSONL and YAML: a list of records to rows, where every value knows its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten, suggest
from pytest_arena.loading.problems import ProblemList, one_of
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.loading.yaml_reader import read_yaml

Row = dict[str, Any]
PlaceOf = Callable[[int | None, str | None], Location]
"""Where a row (from 0; None: the first with that column) stands, or its value in a column."""

_KINDS: dict[type, str] = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "nothing",
}
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_DEEPEST_LIST = 3


def jsonl_rows(data: bytes, name: str) -> tuple[list[Row], PlaceOf]:
    """Return the rows of a file with a JSON object a line."""
    problems: list[Problem] = []
    rows: list[Row] = []
    lines: list[int] = []
    for number, line in enumerate(decode(data, name).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = parsed_json(line, name, number, "a JSON object")
        except ArenaFileError as error:
            problems += error.problems
            continue
        if isinstance(row, dict):
            rows.append(row)
            lines.append(number)
        else:
            problems.append(_no_record("this line holds", row, Location(name, number, 1)))
    if problems:
        raise ArenaFileError(problems)

    def place(row: int | None, column: str | None) -> Location:
        if row is None:
            row = next((n for n, one in enumerate(rows) if column in one), 0)
        return Location(name, lines[row], 1)

    return rows, place


def json_rows(
    data: bytes, name: str, records: str | None, asked: Location
) -> tuple[list[Row], PlaceOf]:
    """Return the rows of a JSON file: the document itself, or the list that `records` leads to.

    `asked` is where the arena says so.
    """
    document = parsed_json(decode(data, name), name, 1, "a list of JSON objects")

    @cache
    def places() -> PlaceOf:
        # JSON is YAML, but reading it so takes longer: only for a message
        try:
            return _places(_found(read_yaml(data, [name], ProblemList()), records), name)
        except ArenaFileError:
            return lambda _row, _column: Location(name, 1, 1)

    def place(row: int | None, column: str | None) -> Location:
        return places()(row, column)

    return _rows(_list_of(document, records, name, asked), place), place


def yaml_rows(
    data: bytes, name: str, records: str | None, asked: Location
) -> tuple[list[Row], PlaceOf]:
    """Return the rows of a YAML file, read as arena files are."""
    problems = ProblemList()
    document = read_yaml(data, [name], problems)
    problems.raise_if_any()
    found = _list_of(document, records, name, asked)
    place = _places(found, name)
    return [
        {str(key): value for key, value in row.items()} for row in plain(_rows(found, place))
    ], place


def parsed_json(text: str, name: str, line: int, expected: str) -> Any:
    """Return the value of a JSON text that begins at a line."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = Location(name, line + error.lineno - 1, error.colno)
        problem = Problem(f"not valid JSON: {error.msg}", place, expected, "mend this line")
        raise ArenaFileError(problem) from None
    except _ConstantError as error:
        what = f"{error} is no JSON"
        problem = Problem(what, Location(name, line, 1), "a number or null", "write null")
        raise ArenaFileError(problem) from None
    except (RecursionError, ValueError):
        problem = Problem(
            "not usable JSON: too deep or too long a number",
            Location(name, line, 1),
            f"{expected} of texts and numbers",
            "write it flatter",
        )
        raise ArenaFileError(problem) from None
    if _HALF_PAIR.search(text):
        _refuse_half_pairs(value, Location(name, line, 1))
    return value


class _ConstantError(Exception):
    """NaN or an infinity, which Python's JSON reader would take."""


def _refuse_constant(word: str) -> Any:
    raise _ConstantError(word)


def _refuse_half_pairs(value: Any, place: Location) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        code = ord(error.object[error.start])
        raise ArenaFileError(
            Problem(
                f"the escape \\u{code:04x} is one half of a character",
                place,
                "both halves, like \\ud83d\\ude00",
                "write the other half, or the character itself",
            )
        ) from None


def _list_of(document: Any, records: str | None, name: str, asked: Location) -> list[Any]:
    """Return the list of records in a document."""
    found = _found(document, records, name, asked)
    if isinstance(found, list):
        return found
    way = next(_ways_to_lists(found), None)
    if records is None:
        raise ArenaFileError(
            Problem(
                f"the file holds {_KINDS.get(type(plain(found)), 'no list')}, not a list of rows",
                Location(name, 1, 1),
                "a list, or records: with the way to one",
                f"add records: {way} beside the file's name" if way else "make it a list",
            )
        )
    raise ArenaFileError(
        Problem(
            f"'records' leads to {_KINDS.get(type(plain(found)), 'no list')} in {name}",
            asked,
            "the way to a list of rows",
            f"write records: {records}.{way}" if way else "name the list that holds the rows",
        )
    )


def _found(
    document: Any, records: str | None, name: str = "", asked: Location | None = None
) -> Any:
    """Return what a way like `data.items` leads to."""
    found = document
    for step in records.split(".") if records else ():
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            known = [str(key) for key in found] if isinstance(found, dict) else []
            raise ArenaFileError(
                Problem(
                    f"'records' asks for {shorten(step)!r}, which {name} does not have there",
                    asked,
                    one_of(step, known, "the way to a list of rows"),
                    suggest(step, known) or "mend the way to the rows",
                )
            )
    return found


def _ways_to_lists(document: Any, way: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(document, dict):
        return
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield ".".join((*way, str(key)))
    if len(way) < _DEEPEST_LIST:
        for key, value in document.items():
            yield from _ways_to_lists(value, (*way, str(key)))


def _rows(found: Sequence[Any], place: PlaceOf) -> list[Row]:
    problems = [
        _no_record(f"row {number} is", plain(row), place(number - 1, None))
        for number, row in enumerate(found, start=1)
        if not isinstance(row, Mapping)
    ]
    if problems:
        raise ArenaFileError(problems)
    return list(found)


def _places(found: Any, name: str) -> PlaceOf:
    def place(row: int | None, column: str | None) -> Location:
        if not isinstance(found, YamlList):
            return Location(name, 1, 1)
        if row is None:
            row = next((n for n, entry in enumerate(found) if column in entry), 0)
        entry = found[row]
        if column is not None and isinstance(entry, YamlMap) and column in entry:
            return entry.value_place(column)
        return found.value_place(row)

    return place


def _no_record(what: str, given: Any, place: Location) -> Problem:
    return Problem(
        f"{what} {_KINDS.get(type(given), 'no object')}",
        place,
        'a JSON object, like {"name": "value"}',
        "write the values with their names",
    )
