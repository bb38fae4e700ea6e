"""Assertions on traces: each holds, fails, and is an error where nobody could tell."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.results import Response, Span, Trace, Trial
from pytest_arena.schema import CheckContext

CHAT = Span("chat gpt", duration_ms=100)
SEARCH = Span("search", duration_ms=800)
FAILED = Span("search", duration_ms=5, error="no index")
UNTIMED = Span("chat gpt")
BOTH = [Trace((CHAT, SEARCH))]

INDEXED = Span("search [de]")

CASES: list[tuple[str, list[Trace | None], str]] = [
    ("{type: span_count, max: 0, name: 'search [de]'}", [Trace((INDEXED,))], "failed"),
    ("{type: span_count, min: 1, name: '*[de]'}", [Trace((INDEXED,))], "passed"),
    ("{type: span_count, max: 0, name: 'searc?'}", BOTH, "passed"),
    ("{type: span_count, max: 2}", BOTH, "passed"),
    ("{type: span_count, max: 1}", BOTH, "failed"),
    ("{type: span_count, min: 2}", BOTH, "passed"),
    ("{type: span_count, min: 3}", BOTH, "failed"),
    ("{type: span_count, max: 1, name: chat *}", BOTH, "passed"),
    ("{type: span_count, max: 0, name: chat}", BOTH, "passed"),
    ("{type: span_count, min: 1, name: chat}", BOTH, "failed"),
    ("{type: span_count, max: 3}", [Trace((CHAT,)), Trace((SEARCH, CHAT))], "passed"),
    ("{type: span_count, max: 1, turn: 1}", [Trace((CHAT,)), Trace((SEARCH, CHAT))], "passed"),
    ("{type: span_count, max: 1, turn: last}", [Trace((CHAT,)), *BOTH], "failed"),
    ("{type: span_count, max: 9, turn: 3}", BOTH, "error"),
    ("{type: span_count, max: 9}", [None], "error"),
    ("{type: span_count, max: 9}", [Trace((CHAT,)), None], "error"),
    ("{type: span_count, max: 9}", [Trace((CHAT,), left_out=1)], "error"),
    ("{type: span_count, max: 0}", [Trace()], "passed"),
    ("{type: span_duration, max_ms: 800}", BOTH, "passed"),
    ("{type: span_duration, max_ms: 799.9}", BOTH, "failed"),
    ("{type: span_duration, max_ms: 100, name: chat*}", BOTH, "passed"),
    ("{type: span_duration, max_ms: 100, name: refund}", BOTH, "error"),
    ("{type: span_duration, max_ms: 100}", [Trace()], "error"),
    ("{type: span_duration, max_ms: 900}", [Trace((SEARCH, UNTIMED))], "error"),
    ("{type: span_duration, max_ms: 700}", [Trace((SEARCH, UNTIMED))], "failed"),
    ("{type: span_duration, max_ms: 900}", [None], "error"),
    ("{type: no_error_spans}", BOTH, "passed"),
    ("{type: no_error_spans}", [Trace((CHAT, FAILED))], "failed"),
    ("{type: no_error_spans, name: chat*}", [Trace((CHAT, FAILED))], "passed"),
    ("{type: no_error_spans, name: refund}", [Trace((CHAT, FAILED))], "error"),
    ("{type: no_error_spans}", [Trace()], "passed"),
    ("{type: no_error_spans}", [None], "error"),
    ("{type: no_error_spans, not: true}", [None], "error"),
]


@pytest.mark.parametrize(("text", "traces", "verdict"), CASES)
def test_traces_get_their_verdict(
    text: str, traces: list[Trace | None], verdict: str, build: Any
) -> None:
    answers = tuple(Response("hello", trace=trace) for trace in traces)
    trial = Trial((), answers, verdict="error")
    assert evaluate(build(text), trial, CheckContext()).verdict == verdict


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "{type: span_count, max: 1}",
            "2 spans, over the 1 span allowed; the trace has chat gpt, search",
        ),
        (
            "{type: span_count, max: 0, name: 'chat *'}",
            "1 span called chat *, over the 0 spans called chat * allowed; the trace has",
        ),
        ("{type: span_duration, max_ms: 100}", "search took 5 ms"),
        ("{type: no_error_spans}", "search failed: no index"),
        ("{type: span_duration, max_ms: 1, name: x}", "there is no span called x; the trace has"),
    ],
)
def test_a_reason_says_what_the_trace_holds(text: str, reason: str, build: Any) -> None:
    trial = Trial(
        (), (Response("", trace=Trace((Span("chat gpt", duration_ms=1), FAILED))),), verdict="error"
    )
    found = evaluate(build(text), trial, CheckContext()).reason
    assert reason in found if "took" not in reason else found == reason
