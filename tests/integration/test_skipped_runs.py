"""A run in which every cell was skipped verified nothing, and is no green one."""

from __future__ import annotations

import pytest
from conftest import Project
from warm_programs import WARM

from pytest_arena.api import run_arena
from pytest_arena.cli import main
from pytest_arena.results.reading import read_run

HEAD = "providers: [{name: one, provider: mock}]\ntests:\n"
HOLDS = "assertions: [{type: contains, value: hi}]"
GOOD = f"  - {{name: Good, prompt: hi, mock: hi, {HOLDS}}}\n"
LATER = f"  - {{name: Later, prompt: hi, mock: hi, skip: not yet, {HOLDS}}}\n"
NEVER = LATER.replace("Later", "Never")
LOAD = f"""\
providers: [{{name: one, provider: mock}}]
load_tests:
  - {{name: Load, prompt: hi, mock: hi, concurrent: 1, duration: 200ms, {HOLDS}}}
"""
NOTHING = pytest.ExitCode.NO_TESTS_COLLECTED
SAID = "nothing was verified: all 2 cells were skipped"
STRICT = (
    "; the run fails, since it is strict (on CI, or by --arena-strict); "
    "-o arena_strict=false lets it pass"
)
HOOKS = {
    "setup": "def pytest_runtest_setup(item): pytest.skip('nope')",
    "call": "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_call(item): pytest.skip('nope')",
    "fixture": "@pytest.fixture(autouse=True, scope='session')\ndef off(): pytest.skip('nope')",
    "mark": "def pytest_collection_modifyitems(items):\n"
    "    for item in items: item.add_marker(pytest.mark.skip(reason='nope'))",
    "not run": "def pytest_collection_modifyitems(items):\n"
    "    for item in items: item.add_marker(pytest.mark.xfail(run=False))",
}


@pytest.fixture
def skipped(project: Project) -> Project:
    project.write(arena=HEAD + LATER + NEVER)
    return project


@pytest.mark.parametrize("options", [(), ("--arena-strict",), ("--arena-fail-on=none",)])
def test_a_run_of_skipped_cells_verified_nothing(
    skipped: Project, options: tuple[str, ...], spread: tuple[str, ...]
) -> None:
    result = skipped.run(*options, *spread)
    assert result.ret == NOTHING
    end = skipped.records()[-1]
    assert (end["exit_code"], end["notes"]) == (5, [SAID])
    assert SAID in " ".join(result.outlines)


@pytest.mark.parametrize("hook", HOOKS)
def test_whoever_skips_them(project: Project, hook: str, spread: tuple[str, ...]) -> None:
    project.write(arena=HEAD + GOOD + GOOD.replace("Good", "Better"))
    project.pytester.makeconftest(f"import pytest\n\n{HOOKS[hook]}\n")
    assert project.run(*spread).ret == NOTHING
    assert project.records()[-1]["notes"] == [SAID]


def test_one_that_was_judged_is_enough(skipped: Project, spread: tuple[str, ...]) -> None:
    skipped.write(arena=HEAD + LATER + GOOD)
    assert skipped.run(*spread).ret == pytest.ExitCode.OK
    assert skipped.run("-k", "Later", *spread).ret == NOTHING


@pytest.mark.parametrize("test", ["def test_it(): pass", "def test_it(): raise OSError"])
def test_beside_ordinary_tests_it_is_told_and_red_where_the_run_is_strict(
    skipped: Project, test: str, spread: tuple[str, ...]
) -> None:
    mark = "@pytest.mark.xfail\n" if "raise" in test else ""
    skipped.pytester.makepyfile(test_plain=f"import pytest\n\n{mark}{test}\n")
    assert skipped.run(*spread).ret == pytest.ExitCode.OK
    assert skipped.records()[-1]["notes"] == [SAID]
    assert skipped.run("--arena-strict", *spread).ret == NOTHING
    assert skipped.records()[-1]["notes"] == [SAID + STRICT]


def test_on_ci_it_is_strict(skipped: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    skipped.pytester.makepyfile(test_plain="def test_it(): pass")
    monkeypatch.setenv("CI", "true")
    assert skipped.run().ret == NOTHING
    assert skipped.run("-o", "arena_strict=false").ret == pytest.ExitCode.OK


def test_ordinary_tests_that_were_skipped_too_verified_nothing(skipped: Project) -> None:
    skipped.pytester.makepyfile(test_plain="import pytest\n\ndef test_it(): pytest.skip('no')")
    assert skipped.run().ret == NOTHING


def test_python_tests_that_skip_verified_nothing(project: Project, spread: tuple[str, ...]) -> None:
    project.pytester.makepyfile(
        test_app="""
        import pytest

        def test_later(arena):
            pytest.skip("not here")

        @pytest.mark.skip
        def test_never(arena):
            arena.check("hi", contains="hi")
        """
    )
    assert project.run(*spread).ret == NOTHING


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan", "--setup-only"])
def test_options_that_run_nothing_are_no_failure(skipped: Project, option: str) -> None:
    assert skipped.run(option).ret == pytest.ExitCode.OK


def test_an_exit_code_that_is_made_good_is_held(skipped: Project) -> None:
    skipped.pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_sessionfinish(session):
            found = yield
            session.exitstatus = 0
            return found
        """
    )
    assert skipped.run().ret == NOTHING


@pytest.mark.parametrize(
    ("cases", "codes", "whole", "words"),
    [
        (LATER + NEVER, (0, 0, 0), 5, "3 shards, 2 cells: no cell reached a verdict"),
        (LATER + GOOD, (0, 0, 0), 0, "3 shards, 2 cells: all held"),
        (LATER + GOOD.replace("mock: hi", "mock: no"), (0, 0, 1), 1, "not all held"),
    ],
)
def test_of_a_shard_the_whole_tells(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    cases: str,
    codes: tuple[int, ...],
    whole: int,
    words: str,
) -> None:
    project.write(arena=HEAD + cases)
    found = [
        int(project.run(f"--arena-shard={k}/3", f"--arena-report-dir=shards/{k}").ret)
        for k in (1, 2, 3)
    ]
    assert sorted(found) == list(codes)
    assert main(["merge", "--expect", "3", "shards"]) == whole
    assert words in capsys.readouterr().out
    assert read_run("arena-report/results.jsonl").exit_code == whole
    assert main(["merge", "arena-report", "--output", "again"]) == whole


def test_a_load_case_alone_cannot_be_judged_again(project: Project) -> None:
    project.write(arena=LOAD)
    assert project.run().ret == pytest.ExitCode.OK
    done = WARM.run(["arena", "rejudge", "arena-report", "--format=markdown"], project.path)
    assert done.returncode == NOTHING
    assert "nothing was verified: the only cell was skipped" in done.stdout


def test_without_pytest_it_is_the_same(skipped: Project) -> None:
    assert run_arena(skipped.path / "arena.yaml").exit_code == NOTHING
