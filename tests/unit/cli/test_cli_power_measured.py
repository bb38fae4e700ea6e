"""`arena power --measured`: runs of nothing changed, their false alarms and flips."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.cli import main

CONFTEST = """\
from pytest_arena import Provider, Response

class Model(Provider):
    '''Answers with the letters of its prompt in turn; an `x` is no answer.'''

    type = "scripted"

    async def complete(self, request):
        said = request.messages[-1]["content"]
        with open("asked", "a+") as file:
            file.seek(0)
            before = file.read().split().count(said)
            file.write(said + "\\n")
        letter = said[before % len(said)]
        if letter == "x":
            raise ValueError("no answer")
        return Response(output=letter)

def pytest_arena_register(registry):
    registry.provider(Model)
"""


@pytest.fixture
def arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return tmp_path / "arena.yaml"


def write(arena: Path, *scripts: str, provider: str = "scripted") -> None:
    cases = [
        f"  - {{name: Case {number}, prompt: {script}, mock: y,"
        " assertions: [{type: equals, value: y}]}"
        for number, script in enumerate(scripts)
    ]
    head = f"providers: [{{name: m, provider: {provider}, model: any}}]\ntests:\n"
    arena.write_text(head + "\n".join(cases) + "\n")


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    lines = capsys.readouterr().out.splitlines()
    return {line[:28].strip(): line[28:] for line in lines}


def test_runs_of_no_change_are_counted_with_their_intervals(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(arena, "y", "yy", "yyyyyynyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")
    assert main(["power", "arena.yaml", "--measured", "--runs=4"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "3 cells, 5 trials each in the baseline; 4 runs against it, with nothing changed\n"
    )
    assert "false alarms                0 of 4 runs (0 to 49 %)\n" in out
    # the seventh answer is the second run's, and the next ones are those that asked again
    assert "cells that flipped          1 of 3 cells (6 to 79 %)\n" in out
    assert "  arena.yaml::Case 2[m]: passed 3 of 4 runs (30 to 95 %)\n" in out


def test_a_cell_that_was_lucky_in_the_baseline_is_a_false_alarm(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(arena, "y", "yyyyy" + "n" * 300)
    assert main(["power", "arena.yaml", "--measured", "--runs=2"]) == 0
    found = figures(capsys)
    assert found["false alarms"] == "2 of 2 runs (34 to 100 %)"
    assert found["a cell was called worse"] == "2"


def test_the_trials_of_the_baseline_can_be_set(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(arena, "y")
    assert main(["power", "arena.yaml", "--measured", "--runs=1", "--trials=2"]) == 0
    assert capsys.readouterr().out.startswith("1 cell, 2 trials each")


def test_what_has_no_verdict_is_neither_an_alarm_nor_a_flip(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(arena, "y", "yyyyy" + "x" * 40)
    assert main(["power", "arena.yaml", "--measured", "--runs=2"]) == 0
    found = figures(capsys)
    assert found["false alarms"] == "0 of 2 runs (0 to 66 %)"
    assert found["cells that flipped"] == "0 of 1 cell (0 to 79 %)"
    assert found["without a verdict"] == "2 times"


def test_runs_without_any_verdict_give_no_figures(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(arena, "yyyyy" + "x" * 40)
    assert main(["power", "arena.yaml", "--measured", "--runs=2"]) == 1
    assert capsys.readouterr().out.startswith("No run could be compared")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--drop=0.1",), "--drop: has no effect with --measured"),
        (("--baseline=b",), "--baseline: has no effect with --measured"),
        (("--runs=0",), "--runs: 0 is not a number of at least 1"),
        (("--trials=0",), "--trials: 0 is not a number of at least 1"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    arena: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    write(arena, "y")
    assert main(["power", "arena.yaml", "--measured", *arguments]) == 4
    assert capsys.readouterr().err.startswith(said)


def test_mock_answers_and_missing_files_are_refused(
    arena: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(arena, "y", provider="mock")
    assert main(["power", "arena.yaml", "--measured"]) == 4
    assert "is judged by statistics" in capsys.readouterr().err
    assert main(["power", "nowhere.yaml", "--measured"]) == 4
    assert capsys.readouterr().err.startswith("'nowhere.yaml' is not a file")
