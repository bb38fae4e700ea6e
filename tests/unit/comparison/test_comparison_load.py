"""A load case beside a baseline: compared by its verdict, and measured by all its calls."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.comparison.baseline.summarize import baseline_of, summarize_cell
from pytest_arena.comparison.gate.gate import Rules, assess, wanted
from pytest_arena.comparison.gate.thresholds import check_limits
from pytest_arena.results import Cell, LoadTestResult, RunInfo, RunResult, Trial
from pytest_arena.schema.thresholds import ThresholdSpec

RULES = Rules()


def load_cell(verdict: Any, trials: int = 3, p95_ms: float = 900.0) -> Cell:
    load = LoadTestResult(
        users=10,
        elapsed_s=30.0,
        trials=500,
        answered=500,
        duration_s=30.0,
        judged=500,
        passed=500 if verdict == "passed" else 100,
        latency_ms={"p95": p95_ms},
        spread_ms=tuple(p95_ms * share / 95 for share in range(101)),
        input_tokens=10,
        output_tokens=20,
        cost_usd=1.5,
        source="call",
    )
    return Cell(
        id="a.yaml::Rush[m]",
        file="a.yaml",
        case="Rush",
        provider="m",
        model=None,
        verdict=verdict,
        trials=tuple(Trial(messages=(), verdict=verdict, index=i) for i in range(trials)),
        load=load,
    )


def run_of(*cells: Cell) -> RunResult:
    return RunResult(RunInfo("r", "2026-11-20T10:00:00Z", "0"), cells)


def test_a_load_is_kept_as_one_trial_with_the_figures_of_every_call() -> None:
    kept = summarize_cell(load_cell("failed", trials=200))
    assert (kept.passed, kept.failed, kept.history, kept.digest) == (0, 1, "F", None)
    figures = kept.figures
    assert (figures.trials, figures.requests, len(figures.latencies_ms)) == (1, 500, 101)
    assert (figures.cost_usd, figures.tokens) == (1.5, 30)


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [
        ("passed", "passed", "still passing"),
        ("failed", "failed", "still failing"),
        ("failed", "passed", "fixed"),
        ("passed", "failed", "suspected"),
        ("passed", "error", "error"),
        ("error", "passed", "insufficient data"),
    ],
)
def test_a_load_is_compared_by_its_verdict(before: Any, now: Any, status: str) -> None:
    baseline = baseline_of(run_of(load_cell(before)))
    (found,) = assess(run_of(load_cell(now)), baseline, RULES).cells
    assert found.status == status


def test_a_load_that_failed_is_not_made_again() -> None:
    passing = load_cell("passed")
    baseline = baseline_of(run_of(passing))
    failing = run_of(load_cell("failed"))
    assert wanted(failing, baseline, RULES) == []
    (found,) = assess(failing, baseline, RULES).cells
    assert found.reason == (
        "failed now, passed in the baseline; a load is not made again to confirm it"
    )


@pytest.mark.parametrize(("limit", "verdict"), [(900, "passed"), (899, "failed")])
def test_a_gate_limits_the_latency_under_load(limit: int, verdict: str) -> None:
    gate = ThresholdSpec.model_validate(
        {"name": "slow", "metric": "response_time_p95", "max": limit, "action": "fail_build"}
    )
    (found,) = check_limits([gate], run_of(load_cell("passed")), file="a.yaml", against={})
    assert found.verdict == verdict
