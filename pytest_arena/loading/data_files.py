"""Data files whose rows become cases: found by their ending, completed as the arena says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_arena.errors import (
    PARQUET_EXTRA,
    ArenaFileError,
    Location,
    Problem,
    first_line,
    shorten,
    suggest,
)
from pytest_arena.loading.data_places import MAX_ROWS
from pytest_arena.loading.delimited import Delimited
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.json_rows import PlaceOf, Row, json_rows, jsonl_rows, yaml_rows
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.schema import DataSpec
from pytest_arena.text.spreadsheet import without_apostrophes

MAX_BYTES = 50_000_000
MAX_UNPACKED = 500_000_000

_DELIMITED = (".csv", ".tsv")
_ENDINGS = (*_DELIMITED, ".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".parquet")
_WITH_RECORDS = (".json", ".yaml", ".yml")
_PROMPTFOO = re.compile(
    r"_{1,2}expected\d*|__(prefix|suffix|description|metric|threshold|providerOutput)"
    r"|__(metadata|config):.*"
)
"""Columns that mean something to promptfoo, and are no variables.
Source: https://www.promptfoo.dev/docs/configuration/test-cases/#csv-format"""


@dataclass(frozen=True)
class DataFile:
    """The rows of a data file, and where each value stands."""

    rows: list[Row]
    place: PlaceOf
    hint: str | None = None
    """How to mend a table whose header looks as if something else stood between its columns."""
    hidden: Mapping[str, Problem] = field(default_factory=dict)
    """The columns that it would have then, each with what to say where one is missed."""
    empty_is_none: bool = False
    """Whether its values are the texts of a table, where an empty one is nothing."""

    @cached_property
    def columns(self) -> list[str]:
        """All names that a row has, in the order in which they come."""
        return _columns(self.rows)


def read_rows(
    spec: DataSpec, path: Path, root: Path, asked: Location, *, become_variables: bool = True
) -> DataFile:
    """Return a data file's rows by column, `path` being where `spec.file` was found.

    `asked` is where the arena names it. CSV values stay text. Raises `ArenaFileError` with every
    problem of the file, columns among them that would check nothing where rows `become_variables`.
    """
    ending = path.suffix.lower()
    _check_settings(spec, ending, asked)
    name = display_name(path, root)
    data = read_limited(path, MAX_BYTES, asked, "data file")
    file = _read(spec, ending, data, name, asked, of_case=become_variables)
    if not file.rows:
        raise _problem("the data file has no rows", name, "at least one row", "add a row")
    if len(file.rows) > MAX_ROWS:
        raise _too_many(name, len(file.rows))
    if become_variables:
        _refuse_checks(file)
    _complete(file, spec, asked)
    return file


def _columns(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _check_settings(spec: DataSpec, ending: str, asked: Location) -> None:
    if ending not in _ENDINGS:
        raise ArenaFileError(
            Problem(
                f"data file {spec.file!r} has an unknown format",
                asked,
                "a file that ends in .csv, .tsv, .json, .jsonl, .yaml or .parquet",
                "convert it",
            )
        )
    for key, value, endings in (
        ("records", spec.records, _WITH_RECORDS),
        ("delimiter", spec.delimiter, _DELIMITED),
    ):
        if value is not None and ending not in endings:
            raise ArenaFileError(
                Problem(
                    f"{key!r} says nothing of a file that ends in {ending}",
                    asked,
                    f"{key!r} beside {', '.join(endings)} alone",
                    f"remove {key!r}",
                )
            )


def _read(
    spec: DataSpec, ending: str, data: bytes, name: str, asked: Location, *, of_case: bool
) -> DataFile:
    if ending in _DELIMITED:
        given = spec.delimiter or ("\t" if ending == ".tsv" else None)
        table = Delimited(decode(data, name), name, given)
        return _of_table(table, f"data: {{file: {spec.file}, {{}}}}" if of_case else "{}")
    if ending == ".json":
        return DataFile(*json_rows(data, name, spec.records, asked))
    if ending in (".yaml", ".yml"):
        return DataFile(*yaml_rows(data, name, spec.records, asked))
    if ending == ".parquet":
        return DataFile(_parquet(data, name), lambda _row, _column: Location(name, 1, 1))
    return DataFile(*jsonl_rows(data, name))


def _of_table(table: Delimited, written: str) -> DataFile:
    """Return the rows of a table; `written` is how a delimiter is named, `{}` standing for it."""
    try:
        rows = [without_apostrophes(row) for row in table.rows()]
    except ArenaFileError:
        if table.reads_otherwise():
            raise ArenaFileError(_hidden(table, written).values()) from None
        raise
    hint = f"name a column, or {_delimiter_fix(table, written)}" if table.other_delimiter else None
    return DataFile(rows, table.place, hint, _hidden(table, written), empty_is_none=True)


def _hidden(table: Delimited, written: str) -> dict[str, Problem]:
    whole, names = table.run_together
    problem = Problem(
        f"the columns {', '.join(names)} are read as one, {shorten(whole)!r}",
        table.place(None, whole),
        "columns with what 'delimiter' says between them",
        _delimiter_fix(table, written),
    )
    return dict.fromkeys(names, problem)


def _delimiter_fix(table: Delimited, written: str) -> str:
    mark = "\\t" if table.other_delimiter == "\t" else table.other_delimiter
    return "say what stands between the columns, as in " + written.replace(
        "{}", f'delimiter: "{mark}"'
    )


def _refuse_checks(file: DataFile) -> None:
    """Refuse columns that hold checks for promptfoo: as variables they would check nothing."""
    columns = [column for column in _columns(file.rows) if _PROMPTFOO.fullmatch(column)]
    if not columns:
        return
    first = columns[0]
    more = f" (and {len(columns) - 1} more)" if len(columns) > 1 else ""
    raise ArenaFileError(
        Problem(
            f"column {shorten(first)!r}{more} is for promptfoo, and would check nothing here",
            file.place(None, first),
            "columns that are variables; a table of promptfoo's has to be imported first",
            "write what it checks under assertions:, and remove or rename the column",
        )
    )


def _complete(file: DataFile, spec: DataSpec, asked: Location) -> None:
    """Split the columns that hold lists, and fill in what rows do not have."""
    known = [*_columns(file.rows), *spec.columns]
    for column in spec.split:
        if column not in known:
            raise ArenaFileError(
                Problem(
                    f"'split' names {shorten(column)!r}, which is no column of {spec.file}",
                    asked,
                    one_of(column, known, "a column of the file"),
                    suggest(column, known) or "name one of these",
                )
            )
    problems: list[Problem] = []
    for index, row in enumerate(file.rows):
        for column, separator in spec.split.items():
            value = row.get(column)
            if isinstance(value, str):
                row[column] = [part.strip() for part in value.split(separator) if part.strip()]
            elif value is not None and not isinstance(value, list):
                problems.append(
                    Problem(
                        f"{shorten(str(value))!r} in column {column!r} cannot be split",
                        file.place(index, column),
                        "a text",
                        "quote it, or leave the column out of 'split'",
                    )
                )
        for column, default in spec.columns.items():
            value = row.get(column)
            if value is None or (file.empty_is_none and value in ("", [])):
                row[column] = default
    if problems:
        raise ArenaFileError(problems)


def _parquet(data: bytes, name: str) -> list[Row]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise _problem(
            "cannot be read as Parquet without the package pyarrow, which is not installed",
            name,
            "CSV, JSON or YAML, or that package",
            PARQUET_EXTRA,
        ) from None
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
                f"at most {MAX_UNPACKED:,} bytes",
                "split it",
            )
        rows = file.read().to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        said = shorten(first_line(str(error)))
        raise _problem(
            f"cannot be read as Parquet: {said}", name, "a Parquet file", "write it again"
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
        f"the data file has {count:,} rows", name, f"at most {MAX_ROWS:,} rows", "split it"
    )


def _problem(what: str, name: str, expected: str, fix: str) -> ArenaFileError:
    return ArenaFileError(Problem(what, Location(name, 1, 1), expected, fix))
