"""Names of files: outside of pytest's root directory, each has one that no other file has."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from conftest import PLAIN, Project

ARENA = """\
providers: [{name: m, provider: mock}]
tests:
  - name: Refund
    prompt: Hi
    mock: MOCK
    assertions: [{type: contains, value: good}]
"""
TEST = "def test_one(arena):\n    arena.check('a', contains='a')\n"
OURS = ("arena.yaml::Refund[m]", "../b/arena.yaml::Refund[m]")


@pytest.fixture
def monorepo(project: Project) -> Project:
    """Two services with an ini file each: the first one's folder becomes the root directory."""
    (project.path / "tox.ini").unlink()
    for name in ("a", "b"):
        folder = project.path / "svc" / name
        folder.mkdir(parents=True)
        (folder / "pytest.ini").write_text(f"[pytest]\naddopts = {PLAIN}\n")
        (folder / "arena.yaml").write_text(ARENA.replace("MOCK", "good"))
    return project


def fail(project: Project, name: str) -> None:
    """Let a service answer worse."""
    file = project.path / "svc" / name / "arena.yaml"
    file.write_text(ARENA.replace("MOCK", "bad"))


def ini_of_ci(project: Project) -> str:
    """Leave the services the one ini file, which lies beside them."""
    (project.path / "svc" / "b" / "pytest.ini").unlink()
    (project.path / "ci").mkdir()
    ini = project.path / "ci" / "pytest.ini"
    (project.path / "svc" / "a" / "pytest.ini").rename(ini)
    return "ci/pytest.ini"


@pytest.mark.parametrize("worse", ["a", "b"])
def test_what_became_worse_is_a_regression_of_its_own_file(
    monorepo: Project, spread: tuple[str, ...], worse: str
) -> None:
    asked = ("svc/a", "svc/b", *spread)
    monorepo.run("--arena-update-baseline", *asked).assert_outcomes(passed=2)
    assert tuple(sorted(monorepo.cells())) == tuple(sorted(OURS))
    fail(monorepo, worse)
    written = monorepo.path / "svc" / "a" / ".arena" / "baseline.jsonl"

    result = monorepo.run(f"--arena-baseline={written}", "--arena-fail-on=regression", *asked)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["Regression: 1 of 2 cells, against *"])
    failed = {cell_id for cell_id, c in monorepo.cells().items() if c["verdict"] == "failed"}
    assert failed == {OURS["ab".index(worse)]}


@pytest.mark.parametrize(
    "named", [("svc/a", "svc/b"), ("svc/a/arena.yaml", "svc/b/arena.yaml"), ("svc",)]
)
@pytest.mark.parametrize("absolute", [False, True])
def test_files_are_named_from_the_root_directory_however_they_are_asked_for(
    monorepo: Project, named: tuple[str, ...], absolute: bool
) -> None:
    ini = ini_of_ci(monorepo)
    given = [str(monorepo.path / one) if absolute else one for one in named]

    monorepo.run("-c", ini, *given).assert_outcomes(passed=2)

    assert set(monorepo.cells()) == {f"../svc/{one}/arena.yaml::Refund[m]" for one in "ab"}
    assert {cell["file"] for cell in monorepo.cells().values()} == {
        f"../svc/{one}/arena.yaml" for one in "ab"
    }


def test_where_a_link_leads_elsewhere_a_file_has_its_whole_name(monorepo: Project) -> None:
    (monorepo.path / "far" / "off").mkdir(parents=True)
    (monorepo.path / "link").symlink_to(monorepo.path / "far" / "off")
    ini_of_ci(monorepo)

    monorepo.run("--rootdir=link", f"-c={monorepo.path / 'ci' / 'pytest.ini'}", "svc")

    names = {(monorepo.path / "svc" / one / "arena.yaml").as_posix() for one in "ab"}
    assert {cell["file"] for cell in monorepo.cells().values()} == names


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (("--deselect=../b/arena.yaml",), {OURS[0]}),
        (("--deselect=../b/arena.yaml::Refund[m]",), {OURS[0]}),
        (("--last-failed",), {OURS[1]}),
    ],
)
def test_such_a_cell_is_selected_by_its_id(
    monorepo: Project, arguments: tuple[str, ...], left: set[str]
) -> None:
    fail(monorepo, "b")
    monorepo.run("svc/a", "svc/b")

    monorepo.run("svc/a", "svc/b", *arguments)

    assert set(monorepo.cells()) == left


def test_python_tests_that_pytest_calls_alike_are_refused(
    monorepo: Project, spread: tuple[str, ...]
) -> None:
    for name in ("a", "b"):
        (monorepo.path / "svc" / name / "test_x.py").write_text(TEST)
    ini = ini_of_ci(monorepo)

    result = monorepo.run("-c", ini, "--import-mode=importlib", "svc/a", "svc/b", *spread)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    start = "ERROR: pytest calls a test of ../svc/a/test_x.py and one of ../svc/b/test_x.py alike: "
    assert result.errlines[: result.errlines.index("")][-3:] == [
        f"{start}test_x.py::test_one",
        f"  expected: tests with cells below the root directory, {monorepo.path / 'ci'}",
        "  fix: name a folder that has both: --rootdir FOLDER; or run each by itself",
    ]


def test_python_tests_that_pytest_calls_alike_are_taken_where_none_has_cells(
    monorepo: Project,
) -> None:
    for name in ("a", "b"):
        test = monorepo.path / "svc" / name / "test_x.py"
        test.write_text("def test_one():\n    pass\n")
    ini = ini_of_ci(monorepo)

    result = monorepo.run("-c", ini, "--import-mode=importlib", "svc/a", "svc/b")

    result.assert_outcomes(passed=4)


def test_a_test_goes_by_the_arena_file_beside_it(monorepo: Project) -> None:
    asks = "def test_one(arena):\n    arena.ask('m', 'Hi')\n"
    (monorepo.path / "svc" / "b" / "test_x.py").write_text(asks)

    monorepo.run("svc/a", "svc/b")

    assert "test_x.py::test_one[m]" in monorepo.cells()


def test_a_folder_of_recordings_takes_files_below_the_root_directory_alone(
    monorepo: Project,
) -> None:
    path: Path = monorepo.path / "svc" / "b" / "arena.yaml"
    asked = "{name: m, provider: openai, model: one}"
    path.write_text(path.read_text().replace("{name: m, provider: mock}", asked))

    result = monorepo.run(
        "svc/a", "svc/b", "--arena-record=none", "--arena-recordings-dir=kept", "-p", "no:cov"
    )

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[: result.errlines.index("")][-3:] == [
        "ERROR: --arena-recordings-dir takes no recording of ../b/arena.yaml, which is outside of "
        "the root directory",
        f"  expected: arena files below {monorepo.path / 'svc' / 'a'}",
        "  fix: name a folder that has all of them: --rootdir FOLDER; or leave the option out",
    ]


NOT_UTF_8 = os.fsdecode(b"n\xff")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="file names are texts elsewhere")


@on_linux
@pytest.mark.parametrize("name", [f"{NOT_UTF_8}.arena.yaml", f"{NOT_UTF_8}/arena.yaml"])
def test_a_name_that_is_not_in_utf_8_is_refused(
    project: Project, spread: tuple[str, ...], name: str
) -> None:
    path = project.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(ARENA)

    result = project.run(*spread)

    result.assert_outcomes(errors=1)
    shown = name.replace("\udcff", "\ufffd")
    result.stdout.fnmatch_lines(
        [
            f"{shown}:1:1: the name of the arena file, or of a folder on the way to it, is not in "
            "UTF-8",
            "  expected: a name that results can hold",
            "  fix: rename it",
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


@on_linux
def test_a_test_whose_name_is_not_in_utf_8_is_refused(project: Project) -> None:
    (project.path / NOT_UTF_8).mkdir()
    (project.path / NOT_UTF_8 / "test_x.py").write_text(TEST)

    result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: the id of the test n\ufffd/test_x.py::test_one is not in UTF-8",
            "  expected: a name that results can hold",
            "  fix: rename the file, the folder or the parameter that it comes from",
        ]
    )


@on_linux
def test_a_root_directory_may_be_called_anything(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.path / NOT_UTF_8
    folder.mkdir()
    (folder / "arena.yaml").write_text(ARENA.replace("MOCK", "good"))
    (project.path / "tox.ini").rename(folder / "tox.ini")
    monkeypatch.chdir(folder)

    project.run().assert_outcomes(passed=1)
