"""JSONL and tables as what an importer reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pytest_arena.importing import read_source
from pytest_arena.importing.arena_writer import arena_text
from pytest_arena.loading.tree import plain


def test_lines_are_rows_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"a": 1}\n\n{"a": [true, "b"]}\n')
    source = read_source(path, tmp_path)
    assert plain(source.tree) == [{"a": 1}, {"a": [True, "b"]}]
    assert str(source.tree.value_place(1)) == "data.jsonl:3:1"
    assert source.findings.is_whole


def test_a_line_that_is_no_json_is_told_and_the_others_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"a": 1}\n{"a": \n{"a": 3}\n')
    source = read_source(path, tmp_path)
    assert plain(source.tree) == [{"a": 1}, {"a": 3}]
    (told,) = source.findings
    assert str(told.place) == "data.jsonl:2:7"
    assert told.fidelity == "left out"


def test_cells_of_a_table_have_their_places(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text('input,target\n"one\ntwo",3\nx,"y, z"\n')
    source = read_source(path, tmp_path)
    assert plain(source.tree) == [
        {"input": "one\ntwo", "target": "3"},
        {"input": "x", "target": "y, z"},
    ]
    assert str(source.tree[1].value_place("target")) == "data.csv:4:3"


@pytest.mark.parametrize("text", ["1e3", "1e+30", "0o17", "0x1F", "12", "no", "null", "~", ".inf"])
def test_a_text_that_looks_like_a_number_stays_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(arena_text({"value": text}, "made"))
    assert plain(read_source(path, tmp_path).tree) == {"value": text}


def test_a_number_stands_in_the_arena_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "data.yaml"
    path.write_text("version: 1.10\ntel: +4930\n")
    text = arena_text(plain(read_source(path, tmp_path).tree), "made")
    assert text == "# made\nversion: 1.10\ntel: +4930\n"
    assert yaml.safe_load(text) == {"version": 1.1, "tel": 4930}
