"""The folder of reports: what is written there, who may write, and what becomes of older runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Project

TWO_CASES = """\
providers: [{name: one, provider: mock, responses: {default: hello}}]
tests:
  - {name: Long, prompt: hi, assertions: [{type: contains, value: hello}]}
  - {name: Short, prompt: hi, assertions: [{type: contains, value: hello}]}
"""
KEPT = (
    "this run left out 1 of 2 cells of the last whole one, which is kept in arena-report/previous"
)


@pytest.fixture
def two(project: Project) -> Project:
    project.write(arena=TWO_CASES)
    return project


def names(project: Project, folder: str = "arena-report") -> set[str]:
    return {path.name for path in (project.path / folder).iterdir()}


@contextmanager
def another_run(folder: Path) -> Iterator[None]:
    fcntl = pytest.importorskip("fcntl")
    folder.mkdir(exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    yield
    os.close(held)


def test_git_is_told_to_leave_a_new_folder_alone(two: Project) -> None:
    two.run()
    assert (two.path / "arena-report" / ".gitignore").read_text().splitlines()[-1] == "*"


def test_a_folder_that_was_there_is_no_business_of_ours_to_git(two: Project) -> None:
    (two.path / "arena-report").mkdir()
    two.run()
    assert ".gitignore" not in names(two)


def test_a_run_of_a_part_keeps_the_last_whole_one(two: Project, spread: tuple[str, ...]) -> None:
    two.run()
    for workers in (spread, ()):
        two.run("-k", "Short", *workers).stdout.fnmatch_lines([KEPT])
        assert set(two.verdicts()) == {"Short[one]"}
        whole = (two.path / "arena-report" / "previous" / "results.jsonl").read_text()
        assert "::Long[one]" in whole
        assert "report.md" in names(two, "arena-report/previous")
    two.run().stdout.no_fnmatch_line("*left out*")
    assert "previous" not in names(two)


def test_files_that_were_not_collected_are_missed_and_deleted_cases_are_not(two: Project) -> None:
    two.write(other=TWO_CASES.replace("Long", "Other").replace("tests:", "tests: "))
    (two.path / "other.yaml").rename(two.path / "other.arena.yaml")
    two.run()
    two.run("arena.yaml").stdout.fnmatch_lines(["*left out 2 of 4 cells*"])
    (two.path / "other.arena.yaml").unlink()
    two.run().stdout.no_fnmatch_line("*left out*")
    two.write(arena=TWO_CASES.replace("  - {name: Long", "  # - {name: Long"))
    two.run().stdout.no_fnmatch_line("*left out*")
    assert "previous" not in names(two)


def test_a_whole_run_with_other_formats_leaves_no_older_report(two: Project) -> None:
    (two.path / "arena-report").mkdir()
    (two.path / "arena-report" / "notes.txt").write_text("mine")
    two.run()
    two.pytester.runpytest("--arena", "--arena-report=csv")
    assert "report.md" not in names(two)
    assert {"notes.txt", "results.jsonl"} <= names(two)


def test_two_runs_at_once_do_not_share_a_folder(two: Project, spread: tuple[str, ...]) -> None:
    with another_run(two.path / "arena-report"):
        refused = two.run(*spread)
        assert refused.ret == pytest.ExitCode.USAGE_ERROR
        refused.stderr.fnmatch_lines(["*another run is writing to arena-report*", "*fix:*"])
        elsewhere = two.run("--arena-report-dir", "elsewhere")
        assert elsewhere.ret == pytest.ExitCode.OK
    assert two.run().ret == pytest.ExitCode.OK


def test_what_a_killed_run_was_writing_goes_with_the_next_one(two: Project) -> None:
    folder = two.path / "arena-report"
    folder.mkdir()
    for name in (".results.jsonl.123", ".report.html.123.tmp", ".mine", "notes.123.tmp"):
        (folder / name).write_text("half")
    two.run()
    names = {path.name for path in folder.iterdir()}
    assert names == {".mine", "notes.123.tmp", ".reports", "report.md", "results.jsonl"}


def test_a_run_without_cells_leaves_no_folder(two: Project) -> None:
    two.run("-k", "nothing")
    assert not (two.path / "arena-report").exists()
    two.run("--collect-only")
    assert not (two.path / "arena-report").exists()


def test_an_unfinished_run_is_not_taken_for_a_whole_one(two: Project) -> None:
    two.run()
    results = two.path / "arena-report" / "results.jsonl"
    results.write_text("".join(results.read_text().splitlines(keepends=True)[:-1]))
    two.run("-k", "Short").stdout.no_fnmatch_line("*left out*")
    assert "previous" not in names(two)


@pytest.mark.parametrize(
    ("options", "broken"),
    [
        (("--arena-provider", "two"), False),
        ((), True),
        (("--arena-provider", "two", "--arena-resume"), False),
        (("--arena-resume",), True),
    ],
    ids=["usage", "collection", "usage-resumed", "collection-resumed"],
)
def test_a_refused_run_leaves_no_older_results_in_its_place(
    two: Project, spread: tuple[str, ...], options: tuple[str, ...], broken: bool
) -> None:
    two.run()
    whole = (two.path / "arena-report" / "results.jsonl").read_bytes()
    if broken:
        two.write(arena=TWO_CASES.replace("type: contains", "type: containz"))
    kept = "arena: nothing was run; the last whole run is in arena-report/previous"
    for told, workers in (([kept], spread), ([], ())):
        two.run(*options, *workers).stdout.fnmatch_lines(told)
        assert names(two) == {".gitignore", "previous"}
        assert (two.path / "arena-report" / "previous" / "results.jsonl").read_bytes() == whole


def test_a_refused_run_leaves_what_another_one_can_take_up_or_is_writing(two: Project) -> None:
    two.run()
    results = two.path / "arena-report" / "results.jsonl"
    with another_run(two.path / "arena-report"):
        two.run("--arena-provider", "two")
        assert results.exists()
    for option in ("--arena-rejudge", "--arena-baseline"):
        two.run("--arena-provider", "two", option, "arena-report/results.jsonl")
        assert results.exists()
    results.write_text("".join(results.read_text().splitlines(keepends=True)[:-1]))
    for resumed in ((), ("--arena-resume",)):
        two.run("--arena-provider", "two", *resumed)
        assert results.exists()


BAD = [
    (("--no-such-option",), ""),
    (("--no-such-option", "--arena-resume"), ""),
    # pytester's home folder is the project's
    (("--no-such-option", "--arena-report-dir=~/arena-report"), ""),
    (("-nmany",), ""),
    (("--arena-concurrency=0",), ""),
    (("--arena-baseline=missing.jsonl",), ""),
    ((), "raise RuntimeError('a conftest file that cannot be imported')"),
    ((), "def pytest_configure(): raise RuntimeError('a plug-in that cannot begin')"),
    ((), "import pytest\ndef pytest_sessionstart(): raise pytest.UsageError('no session')"),
]


@pytest.mark.parametrize(
    ("options", "conftest"),
    BAD,
    ids=["option", "resumed", "home", "value", "own", "baseline", "import", "hook", "start"],
)
def test_what_is_refused_before_a_session_begins_leaves_no_older_results(
    two: Project, options: tuple[str, ...], conftest: str
) -> None:
    two.run()
    whole = (two.path / "arena-report" / "results.jsonl").read_bytes()
    if conftest:
        two.pytester.makeconftest(conftest)
    refused = two.pytester.runpytest_subprocess("--arena", *options)
    assert refused.ret in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR)
    assert "arena: nothing was run; the last whole run is in arena-report/previous" in (
        refused.outlines + refused.errlines
    )
    assert names(two) == {".gitignore", "previous"}
    assert (two.path / "arena-report" / "previous" / "results.jsonl").read_bytes() == whole


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option",),
        ("--arena", "--help"),
        ("--arena", "--markers"),
        ("--arena", "--fixtures"),
        ("--arena", "--fixtures-per-test"),
        ("--arena", "--cache-show"),
        ("--arena", "--collect-only", "--no-such-option"),
        ("--arena", "--no-such-option", "--arena-report-dir", "elsewhere"),
        ("--arena", "--no-such-option", "--arena-baseline=arena-report/results.jsonl"),
        ("--arena", "--no-such-option", "--arena-baseline=~/arena-report/results.jsonl"),
    ],
)
def test_who_does_not_run_arenas_into_a_folder_leaves_it_alone(
    two: Project, arguments: tuple[str, ...]
) -> None:
    two.run()
    two.pytester.runpytest(*arguments)
    assert (two.path / "arena-report" / "results.jsonl").exists()
    assert "previous" not in names(two)
