"""Rows of data files, and the files that an arena may name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.loading.data_files import read_rows
from pytest_arena.loading.files import find_file

PLACE = Location("arena.yaml", 3, 7)


def rows(tmp_path: Path, name: str, content: str | bytes) -> list[dict[str, Any]]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_rows(path, tmp_path, PLACE)


def refusal(tmp_path: Path, name: str, content: str | bytes) -> str:
    with pytest.raises(ArenaFileError) as caught:
        rows(tmp_path, name, content)
    return str(caught.value)


def test_csv_values_stay_text(tmp_path: Path) -> None:
    assert rows(tmp_path, "r.csv", '\ufeffa, b\r\n1,no\r\n\r\n"x,\ny",\r\n') == [
        {"a": "1", "b": "no"},
        {"a": "x,\ny", "b": ""},
    ]


def test_jsonl_values_keep_their_kind(tmp_path: Path) -> None:
    assert rows(tmp_path, "r.jsonl", '{"a": 1, "b": [true]}\n\n{"a": null}\n') == [
        {"a": 1, "b": [True]},
        {"a": None},
    ]


def test_parquet_rows_are_plain_values(tmp_path: Path) -> None:
    import datetime

    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table(
        {"a": [1, 2], "t": [datetime.date(2024, 1, 2)] * 2, "l": [["x"], []], "b": [b"q", None]}
    )
    pyarrow.parquet.write_table(table, tmp_path / "r.parquet")
    assert read_rows(tmp_path / "r.parquet", tmp_path, PLACE) == [
        {"a": 1, "t": "2024-01-02", "l": ["x"], "b": "q"},
        {"a": 2, "t": "2024-01-02", "l": [], "b": None},
    ]


REFUSED = {
    ("r.csv", "a,b\n1\n1,2,3\n"): (
        "r.csv:2:1: this row has 1 value, the header 2 columns\n"
        "  expected: as many values as columns\n"
        "  fix: quote a value that holds commas, or add what is missing\n"
        "r.csv:3:1: this row has 3 values, the header 2 columns\n"
        "  expected: as many values as columns\n"
        "  fix: quote a value that holds commas, or add what is missing"
    ),
    ("r.csv", "a,,a\n1,2,3\n"): (
        "r.csv:1:1: a column without a name\n"
        "  expected: a header line that names every column\n"
        "  fix: name the column, or remove it\n"
        "r.csv:1:1: two columns are named 'a'\n"
        "  expected: each column's name once\n"
        "  fix: rename one of them"
    ),
    ("r.csv", "a\n"): (
        "r.csv:1:1: the data file has no rows\n  expected: at least one row\n  fix: add a row"
    ),
    ("r.csv", 'a\n"x'): (
        "r.csv:2:1: cannot be read as CSV: unexpected end of data\n"
        "  expected: valid CSV\n  fix: mend this line"
    ),
    ("r.csv", b"a\n\xff\n"): (
        "r.csv:2:1: the file is not UTF-8\n  expected: UTF-8 text\n  fix: save it as UTF-8"
    ),
    ("r.jsonl", '{"a": 1}\n[1]\n{"a" 1}\n'): (
        "r.jsonl:2:1: this line holds a list\n"
        '  expected: a JSON object, like {"name": "value"}\n'
        "  fix: write the values with their names\n"
        "r.jsonl:3:6: not valid JSON: Expecting ':' delimiter\n"
        "  expected: a JSON object\n  fix: mend this line"
    ),
    ("r.jsonl", "[" * 100_000): (
        "r.jsonl:1:1: not usable JSON: too deep or too long a number\n"
        "  expected: a JSON object of texts and numbers\n  fix: write it flatter"
    ),
    ("r.xlsx", "x"): (
        "arena.yaml:3:7: data file 'r.xlsx' has an unknown format\n"
        "  expected: a file that ends in .csv, .jsonl or .parquet\n  fix: convert it"
    ),
}


@pytest.mark.parametrize(("name", "content"), list(REFUSED), ids=range(len(REFUSED)))
def test_bad_rows_are_named_in_their_file(tmp_path: Path, name: str, content: str | bytes) -> None:
    assert refusal(tmp_path, name, content) == REFUSED[name, content]


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "r.parquet", "x" * 50).startswith(
        "r.parquet:1:1: cannot be read as Parquet: "
    )


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "r.csv", "a\n" + "1\n" * 100_001) == (
        "r.csv:1:1: the data file has 100,001 rows\n"
        "  expected: at most 100,000 rows\n  fix: split it"
    )


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "r.csv")
    with pytest.raises(ArenaFileError) as caught:
        read_rows(tmp_path / "r.csv", tmp_path, PLACE)
    assert str(caught.value) == (
        "arena.yaml:3:7: data file 'r.csv' is not a regular file\n"
        "  expected: a regular file\n  fix: name a file, not a pipe or a device"
    )


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (root / "r.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ArenaFileError) as caught:
        find_file("r.csv", root, root, PLACE, "data file")
    assert str(caught.value) == (
        "arena.yaml:3:7: data file 'r.csv' is outside the root directory\n"
        "  expected: a file inside the root directory, links followed\n"
        "  fix: move the file into the project"
    )


def test_a_misspelt_file_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n1\n")
    with pytest.raises(ArenaFileError) as caught:
        find_file("row.csv", tmp_path, tmp_path, PLACE, "data file")
    assert str(caught.value) == (
        "arena.yaml:3:7: data file 'row.csv' does not exist\n"
        "  expected: a file in .\n  fix: did you mean 'rows.csv'?"
    )
