"""`arena power`: what it prints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.cli import main
from pytest_arena.results.cell import Cell
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.serialize import cell_line
from pytest_arena.results.trial import Trial
from pytest_arena.results.writing import write_results


def results(folder: Path, *verdicts: str) -> str:
    cells = tuple(
        Cell(f"a.yaml::{n}[m]", "a.yaml", str(n), "m", None, v, (Trial((), verdict=v),))  # type: ignore[arg-type]
        for n, v in enumerate(verdicts)
    )
    run = RunResult(RunInfo("r", "2026-01-01T00:00:00Z", "0"), cells, finished_at="x")
    path = folder / "results.jsonl"
    write_results(path, run, [cell_line(cell) for cell in cells])
    return str(path)


def test_it_says_how_many_cases_are_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["power", results(tmp_path, *["passed"] * 9, "failed"), "--drop=0.1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("To see a drop of 10 points with a chance of 80% (alpha 0.05)")
    needed = [int(line.split()[1]) for line in said.splitlines()[3:9]]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > 10
    assert "From 10 cases with a pass rate of 90%" in said


@pytest.mark.parametrize(
    ("verdicts", "option", "text"),
    [
        (("passed",), "--drop=2", "--drop: 2 is not a number between 0 and 1"),
        (("passed",), "--alpha=0", "--alpha: 0 is not a number between 0 and 1"),
        (("error",), "--drop=0.1", "no trial of these results reached a verdict"),
        (("passed",), "--baseline=nix", "there is no baseline nix"),
    ],
)
def test_what_it_cannot_use_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    verdicts: tuple[str, ...],
    option: str,
    text: str,
) -> None:
    assert main(["power", results(tmp_path, *verdicts), option]) == 4
    assert capsys.readouterr().err.startswith(text)
