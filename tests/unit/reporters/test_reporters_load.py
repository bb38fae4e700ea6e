"""Load cases and repeated trials in the reports: terminal, Markdown, HTML and rows."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest

from pytest_arena.comparison import compare
from pytest_arena.comparison.summary import Repeats, repeats_of
from pytest_arena.comparison.trial_rows import trial_rows
from pytest_arena.results import (
    Cell,
    LoadTestResult,
    LoadTestSpan,
    Response,
    RunInfo,
    RunResult,
    Trial,
)
from pytest_arena.results.trial import TrialError
from pytest_arena_reporters import markdown
from pytest_arena_reporters.html.payload import build_payload
from pytest_arena_reporters.html.reporter import render
from pytest_arena_reporters.terminal import TerminalReporter

LOAD = LoadTestResult(
    users=10,
    elapsed_s=30.5,
    trials=400,
    answered=396,
    duration_s=30.0,
    errors={"rate_limit": 3, "timeout": 1},
    judged=396,
    passed=396,
    latency_ms={"mean": 760.0, "p50": 700, "p90": 900, "p95": 1000, "p99": 1900.0, "max": 2100.0},
    spread_ms=(500.0, 700.0, 2100.0),
    input_tokens=4000,
    output_tokens=8000,
    cost_usd=0.5,
    source="call",
    span_s=0.5,
    spans=(
        LoadTestSpan(10, 0, 700.0, 900.0),
        LoadTestSpan(0, 4),
        LoadTestSpan(12, 0, 650.0, 1000.0),
    ),
)
WORDS = (
    "10 users for 30 s: 396 calls answered, 13 a second, p50 700 ms, p95 1.00 s, p99 1.90 s, "
    "4 errors (rate_limit 3, timeout 1)"
)


def trial(verdict: Any, **given: Any) -> Trial:
    answer = Response(output="hi", latency_ms=20.0, cost_usd=0.01, input_tokens=1, output_tokens=2)
    return Trial(
        messages=({"role": "user", "content": "Hello!"},),
        responses=() if verdict == "error" else (answer,),
        verdict=verdict,
        error=TrialError("rate_limit", "slow down") if verdict == "error" else None,
        **given,
    )


def cell(case: str, verdict: Any, verdicts: str, **given: Any) -> Cell:
    words = {"p": "passed", "f": "failed", "e": "error"}
    return Cell(
        id=f"a.yaml::{case}[m]",
        file="a.yaml",
        case=case,
        provider="m",
        model="x/y",
        verdict=verdict,
        trials=tuple(trial(words[letter], index=i) for i, letter in enumerate(verdicts)),
        **given,
    )


def run_of(*cells: Cell) -> RunResult:
    return RunResult(RunInfo("r", "2026-11-20T10:00:00Z", "0"), cells, finished_at="later")


RUSH = cell("Rush", "passed", "ppe", load=LOAD)
GREETING = cell("Greeting", "passed", "ppfp")


def lines_of(run: RunResult, width: int = 200) -> list[str]:
    return TerminalReporter().render(run, width=width, color=False)


def test_the_terminal_tells_a_load_in_a_line() -> None:
    assert f"Load Rush [m] passed: {WORDS}" in lines_of(run_of(RUSH))


def test_markdown_tells_a_load_in_a_line() -> None:
    text = markdown.render(compare(run_of(RUSH)))
    line = next(line for line in text.splitlines() if line.startswith("- load"))
    assert line.replace("\\", "") == f"- load **Rush** × m (passed): {WORDS}"


def test_more_loads_than_a_summary_holds_are_counted() -> None:
    many = run_of(*(replace(RUSH, id=f"{i}", case=f"Rush {i}") for i in range(14)))
    assert "and 2 more load cases" in lines_of(many)
    assert "… and 2 more: see the HTML report." in markdown.render(compare(many))


def test_what_a_load_took_is_left_out_of_the_figures_of_single_calls() -> None:
    (both,) = compare(run_of(RUSH, GREETING)).summaries
    assert both.latency.p50 is not None
    assert (both.latency.p50.value, both.latency.n) == (20.0, 4)
    assert both.spending.total_usd == pytest.approx(0.54)
    assert both.spending.per_case_usd == pytest.approx(0.04)
    assert (both.input_tokens, both.output_tokens) == (4004, 8008)
    (alone,) = compare(run_of(RUSH)).summaries
    assert alone.latency.p50 is not None
    assert alone.latency.p50.value == 700.0
    assert alone.spending.per_case_usd == 0.5


def test_a_load_counts_as_a_whole() -> None:
    assert run_of(RUSH).totals["cost_usd"] == 0.5
    assert not RUSH.flaky


def test_pass_at_k_and_pass_all_of_k_are_means_over_prompts() -> None:
    never_missed = cell("B", "passed", "pppp")
    assert repeats_of([GREETING, never_missed]) == Repeats(4, 1.0, 0.5, 2)
    # with three trials of one prompt, of four of the other any three count
    found = repeats_of([GREETING, cell("C", "passed", "ppp")])
    assert found == Repeats(3, 1.0, pytest.approx((1 / 4 + 1) / 2), 2)


def test_trials_that_say_nothing_of_repetition_are_left_out() -> None:
    stopped = replace(GREETING, trials_not_run=2)
    once = cell("Once", "passed", "p")
    several = replace(GREETING, trials=tuple(trial("passed", dialogue=i) for i in range(3)))
    errors = cell("Errors", "error", "epe")
    assert repeats_of([RUSH, stopped, once, several, errors]) is None


def test_summaries_tell_pass_at_k_and_pass_all_of_k() -> None:
    run = run_of(GREETING, cell("B", "passed", "pppp"))
    assert "Repeated trials: m pass@4 100 %, pass^4 50 %." in lines_of(run)
    assert "Repeated trials: m pass@4 100 %, pass^4 50 %." in markdown.render(compare(run))
    page = render(compare(run), build_payload(compare(run), 1 << 20))
    assert "<small>pass@4 100 %, pass^4 50 %</small>" in page


def test_the_page_of_a_load_gets_its_figures_over_time() -> None:
    payload = build_payload(compare(run_of(RUSH, GREETING)), 1 << 20)
    chunk = json.loads(zlib.decompress(base64.b64decode(payload.chunks[0])))
    load = chunk["cells"][0]["load"]
    assert load["words"] == WORDS
    assert load["errors"] == {"rate_limit": 3, "timeout": 1}
    assert load["spans"] == [
        {"answered": 10, "errors": 0, "p50_ms": 700, "p95_ms": 900},
        {"answered": 0, "errors": 4},
        {"answered": 12, "errors": 0, "p50_ms": 650, "p95_ms": 1000},
    ]
    assert "load" not in chunk["cells"][1]
    index = json.loads(zlib.decompress(base64.b64decode(payload.index)))
    assert (index["latency"], index["tokens"]) == ([760, 20], [12000, 12])


def test_rows_of_a_load_say_that_they_are_a_sample() -> None:
    rows = list(trial_rows(run_of(RUSH)))
    assert len(rows) == 3
    assert {(row["load_users"], row["load_calls"], row["load_errors"]) for row in rows} == {
        (10, 396, 4)
    }
