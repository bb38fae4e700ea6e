"""Rows of a CSV, JSONL or Parquet file; each becomes a case."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.yaml_errors import decode

MAX_BYTES = 50_000_000
MAX_ROWS = 100_000
MAX_UNPACKED = 500_000_000

Row = dict[str, Any]


def read_rows(path: Path, root: Path, place: Location) -> list[Row]:
    """Return a data file's rows by column; `place` is where the arena names the file.

    CSV values stay text. Raises `ArenaFileError` with every problem of the file.
    """
    reader = {".csv": _csv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".parquet": _parquet}.get(
        path.suffix.lower()
    )
    if reader is None:
        raise ArenaFileError(
            Problem(
                f"data file {path.name!r} has an unknown format",
                place,
                "a file that ends in .csv, .jsonl or .parquet",
                "convert it",
            )
        )
    name = display_name(path, root)
    data = read_limited(path, MAX_BYTES, place, "data file")
    rows = reader(data, name)
    if not rows:
        raise _problem("the data file has no rows", name, 1, 1, "at least one row", "add a row")
    if len(rows) > MAX_ROWS:
        raise _too_many(name, len(rows))
    return rows


def _csv(data: bytes, name: str) -> list[Row]:
    reader = csv.reader(io.StringIO(decode(data, name), newline=""), strict=True)
    problems: list[Problem] = []
    rows: list[Row] = []
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise _problem(
                f"cannot be read as CSV: {error}", name, line, 1, "valid CSV", "mend this line"
            ) from None
        if fields is None:
            break
        if not fields:
            continue
        if header is None:
            header = [column.strip() for column in fields]
            problems += _header_problems(header, Location(name, line, 1))
        elif len(fields) != len(header):
            problems.append(_ragged(fields, header, Location(name, line, 1)))
        else:
            rows.append(dict(zip(header, fields, strict=True)))
    if problems:
        raise ArenaFileError(problems)
    return rows


def _header_problems(header: list[str], place: Location) -> list[Problem]:
    problems = []
    if not all(header):
        problems.append(
            Problem(
                "a column without a name",
                place,
                "a header line that names every column",
                "name the column, or remove it",
            )
        )
    twice = sorted({word for word in header if word and header.count(word) > 1})
    problems += [
        Problem(
            f"two columns are named {shorten(column)!r}",
            place,
            "each column's name once",
            "rename one of them",
        )
        for column in twice
    ]
    return problems


def _ragged(fields: list[str], header: list[str], place: Location) -> Problem:
    return Problem(
        f"this row has {_count(len(fields), 'value')}, the header {_count(len(header), 'column')}",
        place,
        "as many values as columns",
        "quote a value that holds commas, or add what is missing",
    )


def _jsonl(data: bytes, name: str) -> list[Row]:
    problems: list[Problem] = []
    rows: list[Row] = []
    for number, line in enumerate(decode(data, name).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            place = Location(name, number, error.colno)
            problems.append(
                Problem(f"not valid JSON: {error.msg}", place, "a JSON object", "mend this line")
            )
            continue
        except (RecursionError, ValueError):
            place = Location(name, number, 1)
            problems.append(
                Problem(
                    "not usable JSON: too deep or too long a number",
                    place,
                    "a JSON object of texts and numbers",
                    "write it flatter",
                )
            )
            continue
        if isinstance(row, dict):
            rows.append(row)
        else:
            problems.append(
                Problem(
                    f"this line holds {_KINDS.get(type(row), 'no object')}",
                    Location(name, number, 1),
                    'a JSON object, like {"name": "value"}',
                    "write the values with their names",
                )
            )
    if problems:
        raise ArenaFileError(problems)
    return rows


_KINDS: dict[type, str] = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def _parquet(data: bytes, name: str) -> list[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        facts = file.metadata
        if facts.num_rows > MAX_ROWS:
            raise _too_many(name, facts.num_rows)
        unpacked = sum(
            facts.row_group(group).total_byte_size for group in range(facts.num_row_groups)
        )
        if unpacked > MAX_UNPACKED:
            raise _problem(
                f"the data file unpacks to {unpacked:,} bytes",
                name,
                1,
                1,
                f"at most {MAX_UNPACKED:,} bytes",
                "split it",
            )
        rows = file.read().to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        said = shorten(str(error).splitlines()[0] if str(error) else "no reason given")
        raise _problem(
            f"cannot be read as Parquet: {said}", name, 1, 1, "a Parquet file", "write it again"
        ) from None
    return [{str(column): _plain(value) for column, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _too_many(name: str, count: int) -> ArenaFileError:
    return _problem(
        f"the data file has {count:,} rows", name, 1, 1, f"at most {MAX_ROWS:,} rows", "split it"
    )


def _problem(
    what: str, name: str, line: int, column: int, expected: str, fix: str
) -> ArenaFileError:
    return ArenaFileError(Problem(what, Location(name, line, column), expected, fix))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
