"""What becomes of a cell that a budget left incomplete, and what a cell tells of its case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_arena.engine.cell_verdict import conclude_cell
from pytest_arena.engine.trial_checks import Executed
from pytest_arena.engine.trials import CellRun
from pytest_arena.engine.verdict_rules import cell_of
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import CellPlan
from pytest_arena.registry import Registry
from pytest_arena.results import Response, Trial, Verdict
from pytest_arena.results.cell import LONGEST_VARIABLE

SPENT = "max_calls 2 of arena.yaml is spent"


def only_plan(path: Path) -> CellPlan:
    from pytest_arena.builtins import register

    registry = Registry()
    register(registry)
    (plan,) = load_arena(path, root=path.parent, registry=registry).cells
    return plan


def cell(tmp_path: Path, least: float, *verdicts: Verdict) -> Any:
    """Return a cell of three trials, of which these ran before the budget was spent."""
    path = tmp_path / "arena.yaml"
    path.write_text(
        "providers: [{name: m, provider: mock}]\n"
        f"tests: [{{name: A, prompt: '?', trials: 3, pass_threshold: {least}, "
        "assertions: [{type: contains, value: x}]}]\n"
    )
    plan = only_plan(path)
    executed = [
        Executed(Trial((), (Response("x"),), verdict=verdict), concluded=True)
        for verdict in verdicts
    ]
    run = CellRun(tuple(executed), 3, over_budget=SPENT)
    return conclude_cell(plan, run, cell_id="c", root=tmp_path, wait=lambda _: None)


@pytest.mark.parametrize(
    ("least", "ran", "verdict"),
    [
        # the trial that was not run and the one with an error could both have passed
        (1.0, ("passed", "error"), "error"),
        (0.9, ("error", "error"), "error"),
        (0.6, ("error", "failed"), "error"),
        (1.0, ("failed", "error"), "failed"),
        (0.9, ("passed", "failed"), "failed"),
        (1.0, ("passed", "passed"), "skipped"),
        (0.6, ("passed", "passed"), "passed"),
        (0.3, ("passed", "error"), "passed"),
    ],
)
def test_errors_count_as_unknown_beside_what_a_spent_budget_left_out(
    tmp_path: Path, least: float, ran: tuple[Verdict, ...], verdict: str
) -> None:
    found = cell(tmp_path, least, *ran)
    assert (found.verdict, found.over_budget) == (verdict, SPENT)
    assert found.trials_not_run == 1


def test_a_cell_tells_the_variables_of_its_case_and_not_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "arena.yaml"
    path.write_text(
        "variables: {shop: Fernway, tone: kind}\n"
        "providers: [{name: a, provider: mock, model: m}]\n"
        "tests: [{name: A, prompt: x, mock: x, variables: {tone: terse, order: [1, {b: true}]},\n"
        "  matrix: {country: [Japan], note: ['" + "n" * 500 + "']},\n"
        "  assertions: [{type: contains, value: x}]}]\n"
    )
    told = cell_of(only_plan(path), "c", "skipped").variables
    assert list(told) == ["country", "note", "tone", "order"]
    assert (told["country"], told["tone"], told["order"]) == ("Japan", "terse", '[1, {"b": true}]')
    assert len(told["note"]) == LONGEST_VARIABLE
