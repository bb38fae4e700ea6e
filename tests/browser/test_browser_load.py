"""The page of a load case in Chromium: its drawing, its figures, and the calls that were kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from synthetic_run import synthetic_run

from pytest_arena.results import LoadTestResult, LoadTestSpan, RunResult

Open = Callable[..., Any]
SPANS = (LoadTestSpan(10, 0, 700.0, 900.0), LoadTestSpan(0, 4), LoadTestSpan(12, 1, 650.0, 1000.0))


@pytest.fixture
def under_load() -> RunResult:
    run = synthetic_run(6, 2, trials=3)
    load = LoadTestResult(
        users=10,
        elapsed_s=1.5,
        trials=27,
        answered=22,
        errors={"<img src=x>": 5},
        judged=22,
        passed=22,
        latency_ms={"p50": 680.0, "p95": 990.0},
        span_s=0.5,
        spans=SPANS,
    )
    first, *others = run.cells
    return replace(run, cells=(replace(first, load=load), *others))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_load_is_drawn_over_time(open_report: Open, under_load: RunResult, scheme: str) -> None:
    first = under_load.cells[0]
    opened = open_report(under_load, color_scheme=scheme)
    opened.page.evaluate(
        "id => { location.hash = '#cell?id=' + encodeURIComponent(id) }",
        f"{first.file}::{first.case}[{first.provider}]",
    )
    opened.settle()
    page = opened.page
    assert page.locator(".load svg rect.f0").count() == 2
    assert page.locator(".load svg rect.fe").count() == 2
    assert page.locator(".load svg path.line").count() == 2
    told = page.inner_text("#cell")
    assert "<img src=x> 5" in told
    assert "Single calls: 3 of 27 are kept" in told
    assert opened.complaints == []
