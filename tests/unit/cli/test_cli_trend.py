"""`arena trend`: figures from run to run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from results_files import make_cell, write_run

from pytest_arena.cli import main
from pytest_arena.comparison.trend import History, point_of
from pytest_arena.results.reading import read_run


def three_runs() -> None:
    for name, verdict in (("a", "passed"), ("b", "failed"), ("c", "passed")):
        write_run(name, make_cell("Steady"), make_cell("Shaky", verdict=verdict), commit=name * 7)


def test_columns_have_a_table_and_flipping_cells_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    three_runs()
    assert main(["trend", "a", "b", "c"]) == 0
    assert capsys.readouterr().out == (
        "m\n"
        "  run               commit   cells  pass rate    95 %  errors    p50  cost a case\n"
        "  2026-11-20 10:00  aaaaaaa      2      100 %  34–100       0  10 ms     $0.00100\n"
        "  2026-11-20 10:00  bbbbbbb      2       50 %    9–91       0  10 ms     $0.00100\n"
        "  2026-11-20 10:00  ccccccc      2      100 %  34–100       0  10 ms     $0.00100\n"
        "\n"
        "Cells that flip between passed and failed, the oldest run first\n"
        "  arena.yaml::Shaky[m]  PFP  2 of 2\n"
    )


def test_a_history_and_results_files_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    three_runs()
    for name in ("a", "b"):
        History(Path("history")).add(point_of(read_run(f"{name}/results.jsonl")))
    assert main(["trend", "history", "c/results.jsonl", "b"]) == 0
    assert "PFP" in capsys.readouterr().out


def test_only_the_newest_are_shown_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    three_runs()
    assert main(["trend", "a", "b", "c", "--last", "2"]) == 0
    assert "aaaaaaa" not in capsys.readouterr().out


def test_one_run_makes_no_trend(capsys: pytest.CaptureFixture[str]) -> None:
    three_runs()
    assert main(["trend", "a"]) == 0
    assert capsys.readouterr().out == "A trend takes two runs or more.\n"
    assert main(["trend", "a", "--last", "1"]) == 4


def test_all_files_that_cannot_be_read_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.jsonl").write_text("nothing\n")
    assert main(["trend", "broken.jsonl", "missing.jsonl"]) == 4
    said = capsys.readouterr().err
    assert "broken.jsonl" in said
    assert "missing.jsonl" in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    Path("history").mkdir()
    os.mkfifo("history/history.jsonl")
    assert main(["trend", "history"]) == 4
    assert capsys.readouterr().err == (
        "cannot read history/history.jsonl: no regular file\n  fix: name a results.jsonl\n"
    )
