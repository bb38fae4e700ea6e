"""`arena init` has pytest look where it wrote an arena."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.cli import main


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("config", "before", "after"),
    [
        ("pytest.ini", "[pytest]\ntestpaths = tests\n", "[pytest]\ntestpaths = tests arenas\n"),
        (
            "pytest.ini",
            "[pytest]\ntestpaths=tests  # ours\naddopts = -q\n",
            "[pytest]\ntestpaths=tests arenas  # ours\naddopts = -q\n",
        ),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
            '[tool.pytest.ini_options]\ntestpaths = ["tests", "arenas"]\n',
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\ntestpaths = 'tests'\nx = 1\n",
            "[tool.pytest.ini_options]\ntestpaths = 'tests arenas'\nx = 1\n",
        ),
        (
            "setup.cfg",
            "[tool:pytest]\ntestpaths = a b\n",
            "[tool:pytest]\ntestpaths = a b arenas\n",
        ),
    ],
)
def test_init_adds_its_folder_to_testpaths(
    config: str, before: str, after: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(config).write_text(before)
    assert main(["init", "arenas"]) == 0
    assert Path(config).read_text() == after
    said = capsys.readouterr().out.splitlines()[1]
    assert said == f"added 'arenas' to testpaths of {config}, so that pytest looks there"


@pytest.mark.parametrize(
    "text",
    [
        "[pytest]\ntestpaths = tests arenas\n",
        "[pytest]\ntestpaths = .\n",
        "[pytest]\ntestpaths = tests are*\n",
        "[pytest]\naddopts = -q\n",
    ],
)
def test_init_leaves_testpaths_that_cover_its_folder(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("pytest.ini").write_text(text)
    assert main(["init", "arenas"]) == 0
    assert Path("pytest.ini").read_text() == text
    assert "testpaths" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["testpaths =\n    tests\n    more\n", "testpaths = tests\n    more\n"]
)
def test_init_tells_what_to_write_into_testpaths_of_several_lines(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tox.ini").write_text("[pytest]\n" + text)
    assert main(["init", "arenas"]) == 0
    assert Path("tox.ini").read_text() == "[pytest]\n" + text
    assert "pytest looks in testpaths of tox.ini alone: add 'arenas' there" in (
        capsys.readouterr().out
    )
