"""Rows of data files, and the files that an arena may name."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.loading.data_files import DataFile, read_rows
from pytest_arena.loading.delimited import Delimited
from pytest_arena.loading.files import find_file
from pytest_arena.schema import DataSpec

PLACE = Location("arena.yaml", 3, 7)


def rows(tmp_path: Path, name: str, content: str | bytes, **settings: Any) -> list[dict[str, Any]]:
    return read(tmp_path, name, content, **settings).rows


def read(tmp_path: Path, name: str, content: str | bytes, **settings: Any) -> DataFile:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_rows(DataSpec(file=name, **settings), path, tmp_path, PLACE)


def refusal(tmp_path: Path, name: str, content: str | bytes, **settings: Any) -> str:
    with pytest.raises(ArenaFileError) as caught:
        rows(tmp_path, name, content, **settings)
    return str(caught.value)


def test_csv_values_stay_text(tmp_path: Path) -> None:
    assert rows(tmp_path, "r.csv", '\ufeffa, b\r\n1,no\r\n\r\n"x,\ny",\r\n') == [
        {"a": "1", "b": "no"},
        {"a": "x,\ny", "b": ""},
    ]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (" a , b \n 1 ,\t2 \n", {"a": "1", "b": "2"}),
        ('a,b\n  "x, y"  , z\n', {"a": "x, y", "b": "z"}),
        ('a,b\n" x ","y "\n', {"a": " x ", "b": "y "}),
        ('a,b\n"he said ""yes""",5" pipe\n', {"a": 'he said "yes"', "b": '5" pipe'}),
        ("a,b\r1,2\r", {"a": "1", "b": "2"}),
        ("a,b\n1,2", {"a": "1", "b": "2"}),
        ('a,b\n"",\n', {"a": "", "b": ""}),
        ("a;b\n1,5;2\n", {"a": "1,5", "b": "2"}),
        ("a\tb\n1;2\t3\n", {"a": "1;2", "b": "3"}),
        ("a|b\n1|2\n", {"a": "1", "b": "2"}),
        ('"a;b",c\n1,2\n', {"a;b": "1", "c": "2"}),
        ("sep=;\na;b\n1;2\n", {"a": "1", "b": "2"}),
        ("only\n1\n", {"only": "1"}),
    ],
)
def test_a_csv_is_read_whatever_stands_around_and_between_its_values(
    tmp_path: Path, content: str, row: dict[str, str]
) -> None:
    assert rows(tmp_path, "r.csv", content) == [row]


@given(
    rows=st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)),
    delimiter=st.sampled_from(",;\t|"),
)
def test_whatever_is_quoted_is_read_back(rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    table = Delimited(written.getvalue(), "r.csv", delimiter)
    assert [list(row.values()) for row in table.rows()] == rows


def test_a_cell_may_be_of_any_length(tmp_path: Path) -> None:
    long = "word " * 60_000 + "end"
    assert rows(tmp_path, "r.csv", f'a,b\n"{long}",{long}\n') == [{"a": long, "b": long}]


def test_a_tsv_keeps_blanks_out_and_commas_in(tmp_path: Path) -> None:
    content = 'a\tb\n 1,5 \t"x\ty"\n'
    assert rows(tmp_path, "r.tsv", content) == [{"a": "1,5", "b": "x\ty"}]


def test_apostrophes_that_a_row_names_are_taken_back_and_no_others(tmp_path: Path) -> None:
    table = "output,note,apostrophe\n'=1+1,'tis,output\n'-v' is it,'=a,\n=b,'x,output gone\n"
    assert [(row["output"], row["note"]) for row in rows(tmp_path, "labels.csv", table)] == [
        ("=1+1", "'tis"),
        ("'-v' is it", "'=a"),
        ("=b", "'x"),
    ]


def test_a_delimiter_is_taken_as_given(tmp_path: Path) -> None:
    assert rows(tmp_path, "r.csv", "a~b,c\n1~2\n", delimiter="~") == [{"a": "1", "b,c": "2"}]


CASES_DOCUMENT = {"version": 1, "data": {"items": [{"q": "a", "ideal": ["x"]}, {"q": 2}]}}


@pytest.mark.parametrize(
    ("name", "content", "records"),
    [
        ("r.json", json.dumps(CASES_DOCUMENT), "data.items"),
        ("r.json", json.dumps(CASES_DOCUMENT["data"]["items"]), None),
        ("r.json", json.dumps([CASES_DOCUMENT]), "0.data.items"),
        ("r.yaml", "data: {items: [{q: a, ideal: [x]}, {q: 2}]}", "data.items"),
        ("r.yml", "- {q: a, ideal: [x]}\n- q: 2\n", None),
    ],
)
def test_json_and_yaml_lists_are_rows(
    tmp_path: Path, name: str, content: str, records: str | None
) -> None:
    assert rows(tmp_path, name, content, records=records) == [{"q": "a", "ideal": ["x"]}, {"q": 2}]


def test_columns_stand_in_for_what_a_row_does_not_have(tmp_path: Path) -> None:
    columns = {"lang": "en", "meta": {}}
    found = rows(tmp_path, "r.csv", "q,lang\n1,\n2,de\n", columns=columns)
    assert found == [{"q": "1", "lang": "en", "meta": {}}, {"q": "2", "lang": "de", "meta": {}}]
    content = '{"q": 1, "lang": null}\n{"lang": "", "meta": 0}\n'
    assert rows(tmp_path, "r.jsonl", content, columns=columns) == [
        {"q": 1, "lang": "en", "meta": {}},
        {"lang": "", "meta": 0},
    ]


def test_split_makes_lists_of_texts(tmp_path: Path) -> None:
    content = 'q,ideal\n1,"a | b|"\n2,\n3,c\n'
    found = rows(tmp_path, "r.csv", content, split={"ideal": "|"}, columns={"ideal": ["none"]})
    assert [row["ideal"] for row in found] == [["a", "b"], ["none"], ["c"]]


@pytest.mark.parametrize(
    ("name", "content", "settings", "places"),
    [
        ("r.csv", 'a,b\n"x\ny", 1\n2 ,  "3"\n', {}, "2:1 3:5 4:1 4:6"),
        ("r.json", '[{"a": 1,\n  "b": 2},\n {"a": 3, "b": 4}]', {}, "1:8 2:8 3:8 3:16"),
        ("r.yaml", "x:\n- {a: 1, b: 2}\n- a: 3\n  b: 4\n", {"records": "x"}, "2:7 2:13 3:6 4:6"),
        ("r.jsonl", '{"a": 1, "b": 2}\n\n{"a": 3, "b": 4}\n', {}, "1:1 1:1 3:1 3:1"),
    ],
)
def test_every_value_knows_its_place(
    tmp_path: Path, name: str, content: str, settings: dict[str, str], places: str
) -> None:
    file = read(tmp_path, name, content, **settings)
    found = [file.place(row, column) for row in range(2) for column in "ab"]
    assert " ".join(f"{place.line}:{place.column}" for place in found) == places
    assert {place.file for place in found} == {name}


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
    path = tmp_path / "r.parquet"
    assert read_rows(DataSpec(file="r.parquet"), path, tmp_path, PLACE).rows == [
        {"a": 1, "t": "2024-01-02", "l": ["x"], "b": "q"},
        {"a": 2, "t": "2024-01-02", "l": [], "b": None},
    ]


def test_parquet_without_its_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "r.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(ArenaFileError) as caught:
        read_rows(DataSpec(file="r.parquet"), path, tmp_path, PLACE)
    assert str(caught.value) == (
        "r.parquet:1:1: cannot be read as Parquet without the package pyarrow, which is not "
        "installed\n"
        "  expected: CSV, JSON or YAML, or that package\n"
        "  fix: pip install 'pytest-arena[parquet]'"
    )


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
        "r.csv:1:3: a column without a name\n"
        "  expected: a header line that names every column\n"
        "  fix: name the column, or remove it\n"
        "r.csv:1:4: two columns are named 'a'\n"
        "  expected: each column's name once\n"
        "  fix: rename one of them"
    ),
    ("r.csv", "a\n"): (
        "r.csv:1:1: the data file has no rows\n  expected: at least one row\n  fix: add a row"
    ),
    ("r.csv", 'a\n"x'): (
        "r.csv:2:1: a quote is opened and never closed\n"
        '  expected: a value in quotes, each quote inside it doubled: "he said ""yes"""\n'
        "  fix: close it, or double the quote"
    ),
    ("r.csv", 'a;b\n1;"x"y\n'): (
        "r.csv:2:6: text behind a closing quote\n"
        "  expected: ';' or the line's end behind it\n"
        '  fix: double the quotes inside a value: "he said ""yes"""'
    ),
    ("r.csv", "a;b\n1\n"): (
        "r.csv:2:1: this row has 1 value, the header 2 columns\n"
        "  expected: as many values as columns\n"
        "  fix: quote a value that holds ';', or add what is missing"
    ),
    ("r.csv", "q,__expected,__description\n1,contains:x,d\n"): (
        "r.csv:1:3: column '__expected' (and 1 more) is for promptfoo, and would check nothing "
        "here\n"
        "  expected: columns that are variables; a table of promptfoo's has to be imported first\n"
        "  fix: write what it checks under assertions:, and remove or rename the column"
    ),
    ("r.json", '[{"q": 1},\n {"q": 2, "__metadata:team": "x"}]'): (
        "r.json:2:30: column '__metadata:team' is for promptfoo, and would check nothing here\n"
        "  expected: columns that are variables; a table of promptfoo's has to be imported first\n"
        "  fix: write what it checks under assertions:, and remove or rename the column"
    ),
    ("r.json", '{"cases": [{"q": 1}]}'): (
        "r.json:1:1: the file holds a mapping, not a list of rows\n"
        "  expected: a list, or records: with the way to one\n"
        "  fix: add records: cases beside the file's name"
    ),
    ("r.json", '[{"q": 1},\n  "x"]'): (
        "r.json:2:3: row 2 is a text\n"
        '  expected: a JSON object, like {"name": "value"}\n'
        "  fix: write the values with their names"
    ),
    ("r.json", '[{"q": 1},\n  {"q": }]'): (
        "r.json:2:9: not valid JSON: Expecting value\n"
        "  expected: a list of JSON objects\n  fix: mend this line"
    ),
    ("r.jsonl", '{"q": NaN}'): (
        "r.jsonl:1:1: NaN is no JSON\n  expected: a number or null\n  fix: write null"
    ),
    ("r.jsonl", '{"q": 1}\n{"q": "\\ud83d x"}'): (
        "r.jsonl:2:1: the escape \\ud83d is one half of a character\n"
        "  expected: both halves, like \\ud83d\\ude00\n"
        "  fix: write the other half, or the character itself"
    ),
    ("r.yaml", "- {q: 1}\n- {q: 2, q: 3}\n"): (
        "r.yaml:2:10: duplicate key 'q'\n"
        "  expected: each key once in a mapping\n  fix: remove it here or in line 2"
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
        "  expected: a file that ends in .csv, .tsv, .json, .jsonl, .yaml or .parquet\n"
        "  fix: convert it"
    ),
}


@pytest.mark.parametrize(("name", "content"), list(REFUSED), ids=range(len(REFUSED)))
def test_bad_rows_are_named_in_their_file(tmp_path: Path, name: str, content: str | bytes) -> None:
    assert refusal(tmp_path, name, content) == REFUSED[name, content]


@pytest.mark.parametrize(
    ("name", "content", "settings", "said"),
    [
        (
            "r.json",
            '{"data": {"items": [{"q": 1}]}}',
            {"records": "data.itms"},
            "arena.yaml:3:7: 'records' asks for 'itms', which r.json does not have there\n"
            "  expected: one of items\n  fix: did you mean 'items'?",
        ),
        (
            "r.json",
            '{"data": {"items": [{"q": 1}]}}',
            {"records": "data"},
            "arena.yaml:3:7: 'records' leads to a mapping in r.json\n"
            "  expected: the way to a list of rows\n  fix: write records: data.items",
        ),
        (
            "r.csv",
            "q\n1\n",
            {"records": "data"},
            "arena.yaml:3:7: 'records' says nothing of a file that ends in .csv\n"
            "  expected: 'records' beside .json, .yaml, .yml alone\n  fix: remove 'records'",
        ),
        (
            "r.jsonl",
            '{"q": 1}',
            {"delimiter": ";"},
            "arena.yaml:3:7: 'delimiter' says nothing of a file that ends in .jsonl\n"
            "  expected: 'delimiter' beside .csv, .tsv alone\n  fix: remove 'delimiter'",
        ),
        (
            "r.csv",
            "q,ideal\n1,a|b\n",
            {"split": {"idael": "|"}},
            "arena.yaml:3:7: 'split' names 'idael', which is no column of r.csv\n"
            "  expected: one of q, ideal\n  fix: did you mean 'ideal'?",
        ),
        (
            "r.jsonl",
            '{"q": 1}\n{"q": "a|b"}',
            {"split": {"q": "|"}},
            "r.jsonl:1:1: '1' in column 'q' cannot be split\n"
            "  expected: a text\n  fix: quote it, or leave the column out of 'split'",
        ),
    ],
)
def test_settings_that_do_not_fit_the_file_are_refused(
    tmp_path: Path, name: str, content: str, settings: dict[str, Any], said: str
) -> None:
    assert refusal(tmp_path, name, content, **settings) == said


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
        read_rows(DataSpec(file="r.csv"), tmp_path / "r.csv", tmp_path, PLACE)
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
