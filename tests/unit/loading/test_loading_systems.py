"""The version of an application, as git knows its files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pytest_arena.loading.systems import git_version


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_version_is_that_of_the_content_before_and_after_a_commit(tmp_path: Path) -> None:
    assert git_version([tmp_path]) is None
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("*.log\n")
    bot = tmp_path / "bot.py"
    bot.write_text("one")
    first = git_version([tmp_path])
    assert first is not None
    assert first.startswith("git:")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    assert git_version([tmp_path]) == first
    bot.write_text("two")
    assert git_version([tmp_path]) != first
    bot.write_text("one")
    (tmp_path / "run.log").write_text("ignored")
    (tmp_path / "arena.yaml").write_text("an arena is no part of it")
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "arena.jsonl").write_text("nor is a recording")
    assert git_version([tmp_path]) == first
    (tmp_path / "prompt.txt").write_text("new")
    assert git_version([tmp_path]) != first


def test_a_folder_below_the_top_of_a_repository_has_a_version_of_its_own(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    folder = tmp_path / "arenas" / "bots"
    folder.mkdir(parents=True)
    (folder / "bot.py").write_text("one")
    (tmp_path / "bot.py").write_text("another")
    first = git_version([folder])
    assert first is not None
    (tmp_path / "bot.py").write_text("something else")
    assert git_version([folder]) == first
    (folder / "bot.py").write_text("two")
    assert git_version([folder]) not in (None, first)
