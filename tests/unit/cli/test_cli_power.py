"""`arena power`: what it prints, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from gate_runs import cell_of, kept

from pytest_arena.cli import main
from pytest_arena.comparison.baseline.file import write_baseline
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


def test_a_baseline_is_simulated_by_its_own_pass_rates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [cell_of("PPPPP" if n else "FFFFF", f"case {n}") for n in range(6)]
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, kept(*cells))
    assert main(["power", str(path), "--runs", "8", "--drop", "0.5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("This baseline (5 trials a cell) can prove 5 of 6 cells if one ")
    assert lines[2].startswith("8 simulated runs a line by its own pass rates, 3 trials a cell")
    told = {line[:28].strip(): line[28:].split(",")[0] for line in lines[4:]}
    assert list(told) == [
        "nothing changed", "1 cell stops passing", "5 cells stop passing", "all 50 points worse",
    ]  # fmt: skip
    assert (told["nothing changed"], told["5 cells stop passing"]) == ("0%", "100%")


def test_the_families_of_a_baseline_are_simulated_as_what_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        replace(cell_of("PPPPF", f"case {n}"), cluster=f"family {n % 2}" if n < 6 else None)
        for n in range(8)
    ]
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, kept(*cells))
    assert main(["power", str(path), "--runs", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[5].startswith("families' own days, sd 1")
    assert lines[-1] == "6 of 8 cells are of 2 families (`cluster:`)."


def test_a_baseline_from_before_is_said_to_keep_no_families(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = kept(*(cell_of("PPPPF", f"case {n}") for n in range(3)))
    older = {key: replace(cell, graded=None) for key, cell in known.cells.items()}
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, replace(known, cells=older))
    assert main(["power", str(path), "--runs", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "3 of 3 cells were written by an older version, which kept no families: each is simulated "
        "as a case of its own."
    )


def test_simulations_of_nothing_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "baseline.jsonl"
    write_baseline(path, kept(cell_of("P", source="mock")))
    assert main(["power", str(path)]) == 4
    assert "no cell of" in capsys.readouterr().err
    assert main(["power", str(path), "--runs", "0"]) == 4
    assert "--runs: 0 is not a number of at least 1" in capsys.readouterr().err
