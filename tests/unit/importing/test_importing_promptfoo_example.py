"""The example of promptfoo's configurations is what `arena import` makes of it today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_arena.cli import main

ROOT = Path(__file__).parents[3]
FOLDER = "arenas/formats/promptfoo"


def test_imported_again_the_example_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    before = texts(tmp_path)
    made = [path for path in before if path.endswith((".arena.yaml", "_promptfoo.py"))]
    for path in (*made, "imported_providers"):
        target = tmp_path / FOLDER / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    assert main(["import", str(tmp_path / FOLDER / "promptfooconfig.yaml")]) == 1
    assert capsys.readouterr().out.endswith(
        "15 of 15 assertions kept (15 exact, 0 alike), 0 left out\n"
    )
    assert texts(tmp_path) == before
    assert len(made) == 2


def texts(folder: Path) -> dict[str, str]:
    home = folder / FOLDER
    return {
        path.relative_to(home).as_posix(): path.read_text("utf-8")
        for path in home.rglob("*")
        if path.is_file()
    }
