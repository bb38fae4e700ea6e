"""What a run's totals say of costs, of which some are not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_arena.results import Cell, Finding, Response, RunInfo, RunResult, Trial
from pytest_arena.results.judging import Judging, Vote
from pytest_arena.results.load_test import LoadTestResult

VOTE = Vote("grader", "passed", "Kind.", calls=1)


def trial(*costs: float | None) -> Trial:
    answers = tuple(Response("hello", cost_usd=cost) for cost in costs)
    return Trial((), answers, verdict="passed")


def totals(cell: Cell) -> dict[str, float]:
    return RunResult(RunInfo("r", "s", "0"), (cell,)).totals


CELL = Cell("id", "a.yaml", "case", "p", "mini", "passed", trials=(trial(5.0, None), trial(0.25)))


@pytest.mark.parametrize(
    ("cell", "cost_usd"),
    [
        (CELL, 5.25),
        (replace(CELL, trials=(trial(None),)), 0.0),
        (replace(CELL, confirmation=(trial(1.0, None),)), 6.25),
        (replace(CELL, load=LoadTestResult(1, 1.0, 1, 1, cost_usd=2.0)), 2.0),
    ],
)
def test_what_is_known_of_costs_is_summed(cell: Cell, cost_usd: float) -> None:
    assert totals(cell)["cost_usd"] == cost_usd


def test_what_is_known_of_a_panel_s_costs_is_summed() -> None:
    judging = Judging("criteria", "key", (replace(VOTE, cost_usd=0.5), VOTE))
    finding = Finding("llm_judge", "passed", 1.0, "Kind.", judge=judging)
    judged = replace(trial(None), assertions=(finding,))
    assert totals(replace(CELL, trials=(judged,)))["judge_cost_usd"] == 0.5
