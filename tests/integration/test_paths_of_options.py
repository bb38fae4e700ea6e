"""Where relative paths of options start: where pytest is called, or in the ini file's folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import PLAIN, Project

ARENA = """\
providers: [{name: m, provider: mock}]
tests:
  - {name: Refund, prompt: Hi, mock: good, assertions: [{type: contains, value: good}]}
"""
WORSE = ARENA.replace("mock: good", "mock: bad")
CONFTEST = """\
from pytest_arena import Provider, Response

class Local(Provider):
    type = "local"

    async def complete(self, request):
        return Response(output="good", latency_ms=1.0)

def pytest_arena_register(registry):
    registry.provider(Local)
"""
BELOW = Path("sub")


@pytest.fixture
def called(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that pytest is called in below its root directory, where the arena lies."""
    project.write(arena=ARENA)
    (project.path / BELOW).mkdir()
    monkeypatch.chdir(project.path / BELOW)
    return project


def keep(project: Project, name: str) -> None:
    """Write a baseline of that name."""
    project.run(
        "..", "--arena-update-baseline", f"--arena-baseline={name}", "--arena-baseline-missing=warn"
    )


def put_into_ini(project: Project, line: str) -> None:
    project.pytester.makeini(f"[pytest]\naddopts = {PLAIN}\n{line}\n")


def test_a_baseline_is_looked_for_where_pytest_is_called(
    called: Project, spread: tuple[str, ...]
) -> None:
    keep(called, "base.jsonl")
    called.write(arena=WORSE)
    keep(called, "../base.jsonl")
    compared = ("..", "--arena-fail-on=regression", *spread)

    own = called.run("--arena-baseline=base.jsonl", *compared)
    above = called.run("--arena-baseline=../base.jsonl", *compared)

    assert own.ret == pytest.ExitCode.TESTS_FAILED
    own.stdout.fnmatch_lines(["Regression: 1 of 1 cell, against base.jsonl"])
    assert above.ret == pytest.ExitCode.OK
    above.stdout.fnmatch_lines(["No regression: 1 of 1 cell compared with ../base.jsonl"])


def test_a_baseline_of_the_ini_file_is_looked_for_in_the_root_directory(
    called: Project, spread: tuple[str, ...]
) -> None:
    keep(called, "../base.jsonl")
    called.write(arena=WORSE)
    keep(called, "base.jsonl")
    put_into_ini(called, "arena_baseline = base.jsonl\narena_fail_on = regression")

    result = called.run("..", *spread)

    result.stdout.fnmatch_lines(["Regression: 1 of 1 cell, against base.jsonl"])


def test_the_usual_baseline_lies_in_the_root_directory_and_is_told_as_seen_from_here(
    called: Project,
) -> None:
    written = called.run("..", "--arena-update-baseline")

    written.stdout.fnmatch_lines([f"baseline: {Path('../.arena/baseline.jsonl')} (1 added)"])
    assert (called.path / ".arena" / "baseline.jsonl").exists()
    called.run("..", "--arena-baseline=../.arena/baseline.jsonl").assert_outcomes(passed=1)


def test_a_baseline_in_git_is_named_from_where_pytest_is_called(called: Project) -> None:
    keep(called, "base.jsonl")
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm one"):
        called.pytester.run("git", *command.split())
    (called.path / BELOW / "base.jsonl").unlink()

    result = called.run("..", "--arena-baseline=git:HEAD:base.jsonl")

    result.stdout.fnmatch_lines(["No regression: *git:HEAD:base.jsonl"])


def test_what_a_run_wrote_is_judged_again_from_there(
    called: Project, spread: tuple[str, ...]
) -> None:
    called.run("..")

    result = called.run(
        "..", "--arena-rejudge=arena-report", "--arena-report-dir=rejudged", *spread
    )

    result.assert_outcomes(passed=1)
    assert (called.path / BELOW / "rejudged" / "results.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "made", "others"),
    [
        ("report-dir", "results.jsonl", ()),
        ("history", "history.jsonl", ()),
        ("cache-dir", "answers-1.sqlite3", ("--arena-cache=on",)),
        ("recordings-dir", "recordings/arena.jsonl", ("--arena-record=once",)),
    ],
)
@pytest.mark.parametrize("in_ini", [False, True])
def test_a_folder_is_made_where_pytest_is_called_or_in_the_root_directory_for_an_ini_file(
    called: Project, name: str, made: str, others: tuple[str, ...], in_ini: bool
) -> None:
    (called.path / "conftest.py").write_text(CONFTEST)
    local = "{name: m, provider: local, model: one, cache: {ttl: 10m}}"
    called.write(arena=ARENA.replace("{name: m, provider: mock}", local).replace("mock: good,", ""))
    if in_ini:
        put_into_ini(called, f"arena_{name.replace('-', '_')} = made")
    given = [] if in_ini else [f"--arena-{name}=made"]

    called.run("..", *given, *others).assert_outcomes(passed=1)

    places = [folder / "made" / made for folder in (called.path, called.path / BELOW)]
    assert [place.exists() for place in places] == [in_ini, not in_ini]


def test_a_run_that_cannot_begin_puts_the_results_away_that_stand_where_its_own_would(
    called: Project,
) -> None:
    put_into_ini(called, "arena_report_dir = made")
    called.run("..")

    called.run("..", "--arena-trials=none")

    assert not (called.path / "made" / "results.jsonl").exists()
    assert (called.path / "made" / "previous" / "results.jsonl").exists()
