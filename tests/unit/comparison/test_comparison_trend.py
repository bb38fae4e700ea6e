"""What is kept of each run, and what many runs say together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_run import synthetic_run

from pytest_arena.comparison.trend import History, point_of, trend_of
from pytest_arena.errors import UserError
from pytest_arena.results import Response, Trial
from pytest_arena.results.trend import CellFlips, ColumnPoint, RunPoint


def point(number: int, verdicts: str = "") -> RunPoint:
    cells = {f"a.yaml::{i}[m]": letter for i, letter in enumerate(verdicts)}
    day = f"2026-11-{number:02}T10:00:00Z"
    return RunPoint(f"r{number}", day, {"m": ColumnPoint(passed=3)}, "abc", cells)


def test_a_run_is_kept_by_its_columns_and_the_verdicts_of_its_cells() -> None:
    run = synthetic_run(3, 1, rich=False)
    response = Response("x", latency_ms=200.0, cost_usd=0.01)
    trial = Trial((), (response,), verdict="passed")
    verdicts = ("passed", "failed", "error")
    cells = tuple(
        replace(cell, verdict=verdict, model="m-1", trials=(trial,))
        for cell, verdict in zip(run.cells, verdicts, strict=True)
    )
    found = point_of(replace(run, cells=cells))
    (column,) = found.columns.values()
    assert (column.passed, column.failed, column.error) == (1, 1, 1)
    assert (column.p50_ms, column.model) == (200.0, "m-1")
    assert column.cost_per_case_usd == pytest.approx(0.01)
    assert list(found.verdicts.values()) == ["P", "F", "E"]


def test_a_cost_that_is_a_lower_bound_is_not_kept() -> None:
    run = synthetic_run(2, 1, rich=False)
    answers = (Response("x", cost_usd=0.01), Response("x"))
    cells = tuple(
        replace(cell, verdict="passed", trials=(Trial((), (answer,), verdict="passed"),))
        for cell, answer in zip(run.cells, answers, strict=True)
    )
    (column,) = point_of(replace(run, cells=cells)).columns.values()
    assert column.cost_per_case_usd is None


def test_cells_that_flip_most_come_first_and_errors_are_no_flips() -> None:
    points = [point(day, letters) for day, letters in enumerate(("PPF", "FPE", "PPF"), 1)]
    assert trend_of(points).flips == (CellFlips("a.yaml::0[m]", "PFP", 2),)
    assert trend_of(points).flips[0].chances == 2
    assert CellFlips("x", "PEF", 1).chances == 1


def test_runs_are_in_order_of_time_each_once_and_the_newest_of_them() -> None:
    trend = trend_of([point(3), point(1), point(2), point(3)], most=2)
    assert [run.run_id for run in trend.runs] == ["r2", "r3"]


def test_a_history_gives_back_what_was_added(tmp_path: Path) -> None:
    history = History(tmp_path / "kept" / "here")
    assert history.points() == []
    points = [point(1, "PF"), point(2, "PP")]
    for one in points:
        history.add(one)
    assert history.points() == points


def test_a_line_that_was_torn_off_costs_no_other(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(point(1))
    with history.path.open("a") as file:
        file.write('{"kind": "history", "run_id": "r')
    history.add(point(2))
    assert [one.run_id for one in history.points()] == ["r1", "r2"]


def test_a_line_that_is_none_of_a_history_is_told_with_its_place(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(point(1))
    with history.path.open("a") as file:
        file.write('{"kind": "history", "run_id": 7}\n')
    with pytest.raises(UserError, match=r"history\.jsonl:2:1: not a line of a history: `run_id`"):
        history.points()
