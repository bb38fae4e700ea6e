"""A path is shown whatever became of the folder that it is seen from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_arena.text.shown_path import path_from, shown_path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the folder that it is in")
def test_a_path_is_shown_as_it_is_where_the_working_directory_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    path = here / "arena-report" / "results.jsonl"
    assert shown_path(path) == os.path.join("arena-report", "results.jsonl")
    here.rmdir()
    assert shown_path(path) == str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
def test_a_path_is_named_as_it_is_where_a_link_leads_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "far" / "off").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "off")
    path = tmp_path / "arena.yaml"
    assert path_from(tmp_path / "far", path) == "../arena.yaml"
    assert path_from(tmp_path / "link", path) == path.as_posix()
    assert path_from(tmp_path / "link", tmp_path / "link" / "a" / "b") == "a/b"
