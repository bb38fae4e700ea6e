"""The trace of an answer on its cell's page: a tree of spans, whatever they are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from answers import address
from synthetic_run import synthetic_run

from pytest_arena.results import Response, RunResult, Span, Trace, Trial

Open = Callable[..., Any]
HOSTILE = "<img src=x onerror=alert(1)>"
SPANS = (
    Span("agent", "1", started_ms=0, duration_ms=1500),
    Span("search", "2", "1", started_ms=10, duration_ms=5, error=HOSTILE),
    Span(HOSTILE, "3", "2", attributes={HOSTILE: HOSTILE}),
    Span("left", "4", "5"),
    Span("right", "5", "4"),
)


def with_trace(trace: Trace) -> RunResult:
    run = synthetic_run(1, 1)
    trial = Trial((), (Response("hello", trace=trace),), verdict="passed")
    return replace(run, cells=(replace(run.cells[0], trials=(trial,)),))


def test_spans_stand_below_the_one_within_which_they_ran(open_report: Open, axe: str) -> None:
    run = with_trace(Trace(SPANS, left_out=3, problem=f"not whole: {HOSTILE}"))
    opened = open_report(run, address(run.cells[0]))
    opened.page.evaluate(axe)
    trace = opened.page.locator("#cell .trace")
    assert trace.locator("summary").first.inner_text() == "trace: 5 of 8 spans, 1 failed"
    trace.locator("summary").first.click()
    assert trace.locator("> p").inner_text() == f"not whole: {HOSTILE}"
    top = trace.locator("> ul > li > b").all_inner_texts()
    assert top == ["agent", "left", "right"]
    inner = trace.locator("> ul > li").first.locator("> ul > li")
    assert inner.locator("> b").all_inner_texts() == ["search"]
    assert f"5 ms at 10 ms failed: {HOSTILE}" in inner.first.inner_text()
    assert inner.locator("> ul > li > b").all_inner_texts() == [HOSTILE]
    assert opened.flaws() == []
    assert opened.complaints == []
    assert opened.requests == []
