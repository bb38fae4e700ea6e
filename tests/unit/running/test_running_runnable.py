"""How programs are found where Windows would not find them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.running.runnable import interpreter_in, names_a_path, runnable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("bin/npx", "tools/answer"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return tmp_path


def test_elsewhere_the_system_finds_a_program_as_it_is_written(folder: Path) -> None:
    assert runnable(["npx", "-y", "x"], folder, {}, is_windows=False) == ["npx", "-y", "x"]


def test_on_windows_a_program_is_named_in_full_by_the_path_that_it_is_given(folder: Path) -> None:
    given = {"PATH": str(folder / "bin")}
    found = runnable(["npx", "-y", "x"], folder, given, is_windows=True)
    assert found == [str(folder / "bin" / "npx"), "-y", "x"]


def test_on_windows_a_path_starts_from_the_folder_that_the_program_is_started_in(
    folder: Path,
) -> None:
    found = runnable(["tools/answer", "1"], folder, {}, is_windows=True)
    assert found == [str(folder / "tools" / "answer"), "1"]


def test_what_is_not_there_is_left_for_the_system_to_refuse(folder: Path) -> None:
    for program in ("nothing", "./nothing"):
        found = runnable([program], folder, {"PATH": str(folder)}, is_windows=True)
        assert found == [program]


def test_a_path_is_told_from_a_name() -> None:
    assert names_a_path("tools/answer")
    assert names_a_path("./answer")
    assert not names_a_path("answer.exe")


def test_the_interpreter_of_an_environment_is_where_its_system_puts_it(tmp_path: Path) -> None:
    assert interpreter_in(tmp_path) == tmp_path / "bin" / "python"
    of_windows = tmp_path / "Scripts" / "python.exe"
    of_windows.parent.mkdir()
    of_windows.touch()
    assert interpreter_in(tmp_path) == of_windows
