"""Conftest files of any folder: what they register is known wherever that folder is collected."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from conftest import PLAIN, Project

from pytest_arena import arun_arena, run_arena
from pytest_arena.cli import main

CONFTEST = """\
from pathlib import Path
from typing import ClassVar

from pytest_arena import Assertion, Outcome, Provider, Report, Reporter, Response


class House(Provider):
    type = "house"
    offline = True

    async def complete(self, request):
        return Response("good", latency_ms=1.0)


class IsGood(Assertion):
    type: ClassVar[str] = "is_good"

    def check(self, trial, context):
        return Outcome.of(trial.output == "good", "as it should be")


class Lines(Reporter):
    format = "lines"

    def write(self, run, directory):
        path = directory / "lines.txt"
        path.write_text("".join(cell.id for cell in run.cells))
        return Report(path)


def pytest_arena_register(registry):
    registry.provider(House)
    registry.assertion(IsGood)
    registry.reporter(Lines)


def pytest_arena_run_summary(run):
    return "a word from below"
"""

# a limit of a provider's makes the controller of xdist load the file, too
ARENA = """\
providers: [{name: m, provider: house, concurrency: 4}]
tests: [{name: A, prompt: hi, assertions: [{type: is_good}]}]
"""


@pytest.fixture
def below(project: Project) -> Project:
    """An arena two folders down, with a conftest file in the folder between."""
    folder = project.path / "sub" / "inner"
    folder.mkdir(parents=True)
    (folder / "arena.yaml").write_text(ARENA)
    (folder.parent / "conftest.py").write_text(CONFTEST)
    return project


@pytest.mark.real_workers
def test_what_a_folder_registers_is_known_where_it_is_collected(
    below: Project, spread: tuple[str, ...]
) -> None:
    result = below.pytester.runpytest("--arena", "--arena-report=lines", *spread)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["a word from below", "lines: *"])
    text = (below.path / "arena-report" / "lines.txt").read_text()
    assert text == "sub/inner/arena.yaml::A[m]"


SEEN = """\
from pathlib import Path


def pytest_runtest_setup(item):
    with Path(__file__).with_name("seen.txt").open("a") as file:
        file.write(f"{item.name} ")


def pytest_itemcollected(item):
    pytest_runtest_setup(item)
"""


def test_a_folders_hooks_hear_of_its_own_cells_alone(
    project: Project, spread: tuple[str, ...]
) -> None:
    # the folders' conftest files are loaded one after the other, while items are collected
    for name in "ABC":
        folder = project.path / name
        folder.mkdir()
        (folder / "arena.yaml").write_text(
            "providers: [{name: m, provider: mock, responses: {default: hi}}]\n"
            f"tests: [{{name: {name}, prompt: hi, assertions: [{{type: contains, value: hi}}]}}]\n"
        )
        (folder / "conftest.py").write_text(SEEN)
    result = project.pytester.runpytest("--arena", *spread)
    result.assert_outcomes(passed=3)
    for name in "ABC":
        seen = set((project.path / name / "seen.txt").read_text().split())
        assert seen == {f"{name}[m]"}


def test_a_format_that_no_folder_registers_is_refused(below: Project) -> None:
    result = below.pytester.runpytest("--arena", "--arena-report=line")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --arena-report: unknown format 'line'",
            "  expected: one or more of csv, html, json, lines, markdown, otlp, parquet",
            "  fix: did you mean 'lines'?",
        ]
    )


def test_validate_loads_the_conftest_files_that_pytest_would(
    below: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (below.path / "sub" / "bad.arena.yaml").write_text(ARENA.replace("is_good", "is_god"))
    assert main(["validate"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        "sub/bad.arena.yaml:2:51: unknown assertion type 'is_god'"
    )
    assert main(["validate", "sub/inner"]) == 0
    assert capsys.readouterr().out == "1 arena file, 1 cell: no problems\n"


def test_validate_finds_what_the_ini_file_puts_on_the_path(
    below: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (below.path / "src").mkdir()
    (below.path / "src" / "house_words_for_conftests.py").write_text("GOOD = 'good'\n")
    below.pytester.makeini(
        f"[pytest]\naddopts = {PLAIN} --import-mode=importlib\npythonpath = src\n"
    )
    conftest = below.path / "sub" / "conftest.py"
    conftest.write_text("from house_words_for_conftests import GOOD\n" + CONFTEST)
    assert main(["validate"]) == 0
    assert capsys.readouterr().out == "1 arena file, 1 cell: no problems\n"


def test_validate_says_which_conftest_file_is_broken_and_where(
    below: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (below.path / "sub" / "conftest.py").write_text("x = 1\nx.nothing()\n")
    assert main(["validate"]) == 4
    headline, *frames = capsys.readouterr().err.splitlines()
    assert headline.startswith(
        "conftest.py cannot be imported: AttributeError in sub/conftest.py:2"
    )
    assert frames == ["  sub/conftest.py:2 in <module>: x.nothing()"]


def test_run_arena_loads_the_conftest_files_that_pytest_would(below: Project) -> None:
    path = Path("sub/inner/arena.yaml")
    assert [cell.verdict for cell in run_arena(path).cells] == ["passed"]
    assert [cell.verdict for cell in asyncio.run(arun_arena(path)).cells] == ["passed"]


def test_a_registry_that_is_passed_goes_before_conftest_files(below: Project) -> None:
    from pytest_arena import Provider, Response
    from pytest_arena.registry import Registry

    class Mine(Provider):
        type = "house"
        needs_model = False

        async def complete(self, request: object) -> Response:
            return Response("mine", latency_ms=1.0)

    registry = Registry()
    registry.provider(Mine)
    (cell,) = run_arena("sub/inner/arena.yaml", registry=registry).cells
    assert cell.trials[0].output == "mine"


def test_the_modules_of_whoever_runs_an_arena_stay_theirs(below: Project) -> None:
    import conftest

    run_arena("sub/inner/arena.yaml")
    assert __import__("conftest") is conftest


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "class Nameless(Assertion):\n    def check(self, trial, context): ...\n"
            "def pytest_arena_register(registry): registry.assertion(Nameless)\n",
            "ERROR: conftest.py:2:1: class 'Nameless' is registered as an assertion, "
            "and has no 'type'",
        ),
        (
            "def pytest_arena_register(registry): registry['x'] = 1\n",
            "ERROR: pytest_arena_register raised TypeError in conftest.py:2: *",
        ),
    ],
)
def test_a_mistake_in_registering_is_a_usage_error(
    project: Project, spread: tuple[str, ...], code: str, said: str
) -> None:
    project.pytester.makeconftest("from pytest_arena import Assertion\n" + code)
    project.write(arena=ARENA)
    result = project.run(*spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    assert "INTERNALERROR" not in result.stdout.str()
