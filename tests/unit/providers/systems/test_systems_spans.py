"""Traces that applications return: OTLP JSON, OpenTelemetry's own spans, and plain ones."""

from __future__ import annotations

import enum
import json
from datetime import UTC, datetime
from types import SimpleNamespace as Of
from typing import Any

import pytest

from pytest_arena.providers.systems.portable.shapes import ShapeError, described
from pytest_arena.providers.systems.portable.shapes.traces import (
    LONGEST_VALUE,
    MOST_ATTRIBUTES,
    MOST_SPANS,
)

BEGIN = 1_700_000_000_000_000_000
ROOT = {"name": "agent", "id": "0a", "started_ms": 0.0, "duration_ms": 30.0}
CHILD = {"name": "search", "id": "0b", "parent": "0a", "started_ms": 10.0, "duration_ms": 5.0}
FAILED = {**CHILD, "error": "no index"}


def otlp(python: bool = False) -> dict[str, Any]:
    spans = [
        {
            "traceId": "1",
            "spanId": "0b",
            "parentSpanId": "0a",
            "name": "search",
            "startTimeUnixNano": str(BEGIN + 10_000_000),
            "endTimeUnixNano": str(BEGIN + 15_000_000),
            "status": {"code": "STATUS_CODE_ERROR" if python else 2, "message": "no index"},
            "attributes": [
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
                {"key": "hits", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}},
                {"key": "ok", "value": {"boolValue": False}},
            ],
        },
        {
            "spanId": "0a",
            "parentSpanId": "",
            "name": "agent",
            "startTimeUnixNano": str(BEGIN),
            "endTimeUnixNano": str(BEGIN + 30_000_000),
            "status": {},
        },
    ]
    whole: dict[str, Any] = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    if python:
        text = json.dumps(whole)
        for name in ("resourceSpans", "scopeSpans", "spanId", "parentSpanId", "stringValue"):
            snake = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)
            text = text.replace(name, snake)
        text = text.replace("startTimeUnixNano", "start_time_unix_nano")
        whole = json.loads(text.replace("endTimeUnixNano", "end_time_unix_nano"))
    return whole


def sdk() -> tuple[Any, ...]:
    """As `InMemorySpanExporter.get_finished_spans()` gives them: a child ends first."""
    child = Of(
        name="search",
        context=Of(trace_id=1, span_id=0x0B),
        parent=Of(trace_id=1, span_id=0x0A),
        start_time=BEGIN + 10_000_000,
        end_time=BEGIN + 15_000_000,
        status=Of(status_code=Of(name="ERROR"), description="no index"),
        attributes={"hits": ("a",)},
    )
    root = Of(
        name="agent",
        context=Of(trace_id=1, span_id=0x0A),
        parent=None,
        start_time=BEGIN,
        end_time=BEGIN + 30_000_000,
        status=Of(status_code=Of(name="UNSET"), description=None),
        attributes={},
    )
    return child, root


def dates() -> list[dict[str, Any]]:
    """As `ReadableSpan.to_json()` writes them, and as somebody's own code may."""
    return [
        {
            "name": "agent",
            "context": {"trace_id": "0x1", "span_id": "0a"},
            "parent_id": None,
            "start_time": "2026-01-01T00:00:00.000000Z",
            "end_time": "2026-01-01T00:00:00.030000Z",
            "status": {"status_code": "UNSET"},
        },
        {
            "name": "search",
            "id": "0b",
            "parent": "0a",
            "start": datetime(2026, 1, 1, 0, 0, 0, 10_000, tzinfo=UTC),
            "end": datetime(2026, 1, 1, 0, 0, 0, 15_000, tzinfo=UTC),
            "attributes": {"error.type": "no index"},
        },
    ]


def spans_of(trace: Any) -> list[dict[str, Any]]:
    found = described({"output": "hello", "trace": trace})["trace"]
    assert found["left_out"] == 0
    spans: list[dict[str, Any]] = found["spans"]
    return spans


@pytest.mark.parametrize(
    "trace",
    [
        otlp(),
        otlp(python=True),
        [otlp()],
        json.dumps(otlp()),
        f"{json.dumps(otlp())}\n{json.dumps({'resourceSpans': []})}\n",
        dates(),
        [
            {"name": "agent", "id": "0a", "start": 12.0, "end": 12.03},
            {"name": "search", "id": "0b", "parent": "0a", "start": 12.01, "end": 12.015}
            | {"error": "no index"},
        ],
    ],
)
def test_a_trace_is_read_whatever_its_form(trace: Any) -> None:
    root, child = (
        {name: one for name, one in span.items() if name != "attributes" and one is not None}
        for span in spans_of(trace)
    )
    assert root == pytest.approx(ROOT)
    assert child == pytest.approx(FAILED)


def test_spans_of_opentelemetry_are_read_as_objects() -> None:
    root, child = spans_of(sdk())
    assert (root["name"], root["parent"], root["duration_ms"]) == ("agent", None, 30)
    assert (child["parent"], child["started_ms"], child["error"]) == (root["id"], 10, "no index")
    assert child["attributes"] == {"hits": ["a"]}


def test_attributes_are_plain_values() -> None:
    assert spans_of(otlp())[1]["attributes"] == {
        "gen_ai.usage.input_tokens": 12,
        "hits": ["a"],
        "ok": False,
    }


def test_plain_spans_say_what_they_know() -> None:
    (one, other) = spans_of([{"name": "a", "duration_ms": 5}, {"name": "b", "error": True}])
    assert (one["duration_ms"], one["error"], "started_ms" in one) == (5, None, False)
    assert (other["error"], "duration_ms" in other) == ("error", False)
    assert spans_of([]) == []
    assert "trace" not in described({"output": "hello", "trace": None})


class Code(enum.Enum):
    """As OpenTelemetry's `StatusCode`."""

    OK = 1
    ERROR = 2


def tagged(key: str, **value: Any) -> dict[str, Any]:
    return {"attributes": [{"key": key, "value": value}]}


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"error": {"message": "no index"}}, '{"message": "no index"}'),
        ({"error": ValueError("no index")}, "no index"),
        ({"error": ValueError()}, "ValueError"),
        ({"error": ["no index"]}, '["no index"]'),
        ({"error": 1}, "1"),
        ({"error": "true", "status": {"message": "no index"}}, "no index"),
        ({"status": 2}, "error"),
        ({"status": Code.ERROR}, "error"),
        ({"status": {"code": Code.ERROR, "message": "no index"}}, "no index"),
        ({"status": {"code": "2"}}, "error"),
        ({"attributes": {"error": True}}, "error"),
        ({"attributes": {"error": "no index"}}, "no index"),
        (tagged("error", boolValue=True), "error"),
        ({"attributes": {"otel.status_code": "ERROR"}}, "error"),
        (
            {"attributes": {"otel.status_code": "ERROR", "otel.status_description": "no index"}},
            "no index",
        ),
        ({"attributes": {**{str(n): n for n in range(99)}, "error.type": "no index"}}, "no index"),
        *(
            (fine, None)
            for fine in (
                *({"error": none} for none in (None, False, "", 0, {}, [], "false")),
                *({"status": none} for none in (None, {}, "OK", 1, 200, Code.OK, {"code": 1})),
                {"attributes": {"error": False, "otel.status_code": "OK"}},
                {"attributes": {"error": "false"}},
                tagged("error", boolValue=False),
            )
        ),
    ],
)
def test_a_span_that_failed_is_known_however_it_says_so(
    span: dict[str, Any], said: str | None
) -> None:
    (found,) = spans_of([{"name": "search", **span}])
    assert found["error"] == said


def test_no_more_is_kept_than_a_report_can_hold() -> None:
    many = [{"name": "a" * 5_000, "id": str(n)} for n in range(MOST_SPANS + 7)]
    found = described({"output": "hello", "trace": many})["trace"]
    assert (len(found["spans"]), found["left_out"]) == (MOST_SPANS, 7)
    assert len(found["spans"][0]["name"]) == LONGEST_VALUE
    (span,) = spans_of([{"name": "a", "attributes": {str(n): "x" * 9_000 for n in range(99)}}])
    assert len(span["attributes"]) == MOST_ATTRIBUTES
    assert {len(text) for text in span["attributes"].values()} == {LONGEST_VALUE + 1}


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        ("4bf92f3577b34da6", "returned a trace that holds no span: '4bf92f3577b34da6'"),
        ({"id": 7}, "returned a trace that holds no span: dict with id"),
        ([{"label": "a"}], "returned a trace that holds no span: dict with label"),
        (7, "returned a trace that holds no span: int"),
        ([{"name": "a", "duration_ms": -1}], "whose span 'a' has duration_ms: -1"),
        ([{"name": "a", "duration_ms": "5s"}], "whose span 'a' has duration_ms: '5s'"),
        ([{"name": "a", "start": 5.0, "end": 4.0}], "whose span 'a' has duration_ms: -1000.0"),
        ([{"name": "a", "start": "noon"}], "returned a trace with a time that is none: 'noon'"),
        (
            [{"name": "a", "startTimeUnixNano": "x"}],
            "returned a trace with a time that is none: 'x'",
        ),
        ([{"name": "a", "endTimeUnixNano": [1]}], "returned a trace with a time that is none: [1]"),
        ([{"name": "a", "start": float("nan")}], "returned a trace with a time that is none: nan"),
        ([{"name": "a", "end": float("inf")}], "returned a trace with a time that is none: inf"),
        (
            [{"name": "a", "attributes": [{"key": "n", "value": {"intValue": "x"}}]}],
            "returned a trace with an intValue that is none: 'x'",
        ),
    ],
)
def test_what_is_no_trace_is_told(trace: Any, said: str) -> None:
    with pytest.raises(ShapeError) as caught:
        described({"output": "hello", "trace": trace})
    assert said in str(caught.value)
