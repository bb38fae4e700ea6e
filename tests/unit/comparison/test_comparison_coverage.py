"""What cells exercised of what their file has, and what they never did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.comparison import compare
from pytest_arena.comparison.coverage import FileCoverage, coverage_of, part_sentence
from pytest_arena.comparison.gate.thresholds import check_limits
from pytest_arena.results import Cell, Response, RunInfo, RunResult, ToolCall, Trial, Verdict
from pytest_arena.results.step import Step
from pytest_arena.results.trial import TrialError
from pytest_arena.schema.thresholds import OF_COVERAGE, ThresholdSpec
from pytest_arena_reporters.json import JsonReporter
from pytest_arena_reporters.otlp import OtlpReporter

INVENTORY: Mapping[str, Any] = {
    "cells": 2,
    "prompts": ["warm", "cold"],
    "tools": ["find", "refund"],
    "steps": ["letters/facts", "letters/answer"],
    "states": ["desk/intake", "desk/closed"],
    "transitions": ["desk/intake → closed (Done)", "desk/intake → intake (Back)"],
    "variables": ["city", "company"],
    "values": ["tone=kind", "tone=rude"],
}
NOTHING = {kind: tuple(names) for kind, names in INVENTORY.items() if kind != "cells"}


def cell(name: str, answer: Response | None, verdict: Verdict = "passed", **more: Any) -> Cell:
    responses = () if answer is None else (answer,)
    trial = Trial((), responses, verdict=verdict, error=None if answer else TrialError("http", "x"))
    return Cell(f"a.yaml::{name}", "a.yaml", name, "m", None, verdict, (trial,), **more)


def run_of(*cells: Cell, inventories: tuple[Mapping[str, Any], ...] = (INVENTORY,)) -> RunResult:
    arenas = [{"file": "a.yaml", "inventory": one} for one in inventories]
    return RunResult(RunInfo("r", "2026-11-26T10:00:00Z", "0", options={"arenas": arenas}), cells)


def never(run: RunResult) -> dict[str, tuple[str, ...]]:
    return {kind.kind: kind.never for kind in only(run).kinds}


def only(run: RunResult) -> FileCoverage:
    (file,) = coverage_of(run)
    return file


@pytest.mark.parametrize(
    ("answer", "more", "left"),
    [
        (Response("hi"), {"prompt": "warm"}, {"prompts": ("cold",)}),
        (Response("", tool_calls=(ToolCall("find", {}),)), {}, {"tools": ("refund",)}),
        (Response("", tool_calls=(ToolCall("made_up", {}),)), {}, {}),
        (
            Response("hi", steps=(Step("instruction", name="facts"),)),
            {"target": "letters"},
            {"steps": ("letters/answer",)},
        ),
        (
            Response("hi", steps=(Step("state", name="intake", event="Done", next="closed"),)),
            {"target": "desk"},
            {"states": ("desk/closed",), "transitions": ("desk/intake → intake (Back)",)},
        ),
        (Response("hi", steps=(Step("state", name="intake"),)), {"target": "other"}, {}),
        (
            Response("hi"),
            {"variables": {"city": "Paris", "tone": "kind"}},
            {"variables": ("company",), "values": ("tone=rude",)},
        ),
    ],
    ids=["prompt", "tool", "unknown tool", "step", "state", "other target", "variables"],
)
def test_what_a_cell_exercised_is_no_longer_among_what_never_was(
    answer: Response, more: dict[str, Any], left: dict[str, tuple[str, ...]]
) -> None:
    assert never(run_of(cell("A", answer, **more))) == {**NOTHING, **left}


def test_a_cell_that_nobody_answered_exercised_nothing() -> None:
    run = run_of(cell("A", None, "error", prompt="warm", variables={"city": "Paris"}))
    assert never(run) == NOTHING


def test_a_failed_cell_and_a_fresh_trial_exercise_as_a_passed_one_does() -> None:
    called = cell("A", Response("", tool_calls=(ToolCall("find", {}),)), "failed")
    fresh = Trial((), (Response("", tool_calls=(ToolCall("refund", {}),)),), verdict="passed")
    assert never(run_of(replace(called, confirmation=(fresh,))))["tools"] == ()


def test_trials_of_the_old_version_are_not_this_suites() -> None:
    old = Trial((), (Response("", tool_calls=(ToolCall("refund", {}),)),), verdict="passed")
    run = run_of(replace(cell("A", Response("hi")), confirmation_old=(old,)))
    assert never(run)["tools"] == ("find", "refund")


def test_a_run_of_a_part_says_how_many_of_how_many_cells_ran() -> None:
    skipped = replace(cell("B", None), verdict="skipped", trials=())
    part = only(run_of(cell("A", Response("hi")), skipped))
    assert (part.ran, part.cells, part.is_part) == (1, 2, True)
    whole = only(run_of(cell("A", Response("hi")), cell("B", Response("hi"))))
    assert not whole.is_part


def test_nothing_is_said_of_a_file_none_of_whose_cells_ran() -> None:
    assert coverage_of(run_of(replace(cell("A", None), verdict="skipped", trials=()))) == ()


@pytest.mark.parametrize("inventories", [(), ({},), ({"cells": 1},), ({"tools": 3},), ("x",)])
def test_a_file_without_anything_to_exercise_is_left_out(inventories: Any) -> None:
    assert coverage_of(run_of(cell("A", Response("hi")), inventories=inventories)) == ()


def test_shards_that_know_different_things_are_taken_together() -> None:
    more = {"cells": 5, "tools": ["find", "cancel"]}
    run = run_of(cell("A", Response("hi")), inventories=(INVENTORY, more))
    assert never(run)["tools"] == ("find", "refund", "cancel")
    assert only(run).cells == 5


@pytest.mark.parametrize(
    ("limit", "verdict", "value"),
    [
        ({"min": 0.5}, "passed", 0.5),
        ({"min": 0.8}, "failed", 0.5),
        ({"threshold": 0.8}, "failed", 0.5),
        ({"min": 0.5, "tags": ["other"]}, "failed", 0.0),
    ],
)
def test_a_gate_limits_what_the_cells_that_it_means_exercised(
    limit: dict[str, Any], verdict: str, value: float
) -> None:
    calls = cell("A", Response("", tool_calls=(ToolCall("find", {}),)))
    run = run_of(calls, cell("B", Response("hi"), tags=("other",)))
    (result,) = check_limits([ThresholdSpec(metric="tool_coverage", **limit)], run, file="a.yaml")
    assert (result.verdict, result.value, result.n) == (verdict, value, 2)
    assert "refund" in result.reason


@pytest.mark.parametrize("metric", OF_COVERAGE)
def test_coverage_that_cannot_be_told_is_an_error_of_its_gate(metric: str) -> None:
    run = run_of(cell("A", Response("hi")), inventories=())
    (result,) = check_limits([ThresholdSpec(metric=metric, min=0.1)], run)
    assert result.verdict == "error"


def test_every_report_of_a_part_says_how_many_of_how_many_cells_it_has() -> None:
    one = run_of(cell("A", Response("hi")), inventories=({"cells": 1200},))
    assert "A part: 1 of 1,200 cells ran." in compare(one).conclusion.reasons
    both = run_of(cell("A", Response("hi")), replace(cell("B", None), verdict="skipped"))
    assert not any("part" in reason for reason in compare(both).conclusion.reasons)


def test_cells_of_python_tests_are_no_part_of_an_arena_file() -> None:
    python = replace(cell("A", Response("hi")), id="t.py::A[m]", file="t.py")
    assert part_sentence(run_of(cell("A", Response("hi")), python)) == "A part: 1 of 2 cells ran."
    assert part_sentence(run_of(python, inventories=())) is None


def test_a_part_is_told_as_figures_in_reports_that_programs_read(tmp_path: Path) -> None:
    python = replace(cell("A", Response("hi")), id="t.py::A[m]", file="t.py")
    part, whole = run_of(cell("A", Response("hi")), python), run_of(python, inventories=())
    for run, figures in ((part, {"cells": 1, "of": 2}), (whole, None)):
        JsonReporter().write(run, tmp_path)
        assert json.loads((tmp_path / "report.json").read_text("utf-8"))["part"] == figures
        (first, *_) = OtlpReporter().traces(run)
        told = str(first["resourceSpans"][0]["resource"])
        assert ("pytest_arena.run.cells_collected" in told) is (figures is not None)


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ({"ran": 1, "collected": 3}, "A part: 1 of 3 Python tests ran."),
        ({"ran": 2, "collected": 2}, "A part: 2 Python tests asked for by name ran."),
        ({"ran": "x"}, None),
    ],
)
def test_a_part_of_python_tests_is_said(tests: dict[str, object], said: str | None) -> None:
    run = run_of(cell("A", Response("hi")))
    info = replace(run.info, options={"python_tests": tests})
    assert part_sentence(replace(run, info=info)) == said
