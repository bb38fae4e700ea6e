"""A path is shown whatever became of the folder that it is seen from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_arena.text.shown_path import shown_path


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
