"""Traces to a collector: where they go, with which headers, and what is told of a failure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from servers.otlp_collector import OtlpCollector
from synthetic_run import synthetic_run

from pytest_arena.options import Settings
from pytest_arena.registry import Registry
from pytest_arena.reporting.collector import Collector, collector_for
from pytest_arena.reporting.write import send_traces

RUN = synthetic_run(2, 2)
OTLP = Settings(formats=("html", "otlp"))
COMMON, OWN = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
KEY = "s3cr3t-of-the-collector"


def sent(
    collector: OtlpCollector,
    *,
    path: str = "",
    variables: Mapping[str, str] | None = None,
    **given: Any,
) -> str:
    settings = Settings(**given, otlp_endpoint=collector.url + path)
    (line,) = send_traces(RUN, settings, variables or {}, Registry())
    return line


@pytest.mark.parametrize("path", ["", "/", "/v1/traces"])
def test_a_runs_traces_are_sent_to_the_path_of_traces(path: str) -> None:
    with OtlpCollector() as collector:
        assert sent(collector, path=path) == f"otlp: 4 traces sent to 127.0.0.1:{collector.port}"
    ((asked, headers, _),) = collector.requests
    assert (asked, headers["Content-Type"]) == ("/v1/traces", "application/json")
    assert len({span["traceId"] for span in collector.spans}) == 4


def test_opentelemetrys_variables_say_where_traces_go_once_they_are_asked_for() -> None:
    with OtlpCollector() as collector:
        for variables in ({COMMON: collector.url}, {OWN: f"{collector.url}/mine", COMMON: "x:"}):
            assert send_traces(RUN, OTLP, variables, Registry())
            assert send_traces(RUN, Settings(), variables, Registry()) == []
    assert [path for path, _, _ in collector.requests] == ["/v1/traces", "/mine"]


def test_nothing_is_sent_where_opentelemetry_is_switched_off_or_nobody_is_named() -> None:
    assert send_traces(RUN, OTLP, {}, Registry()) == []
    assert (
        collector_for(None, {COMMON: "http://x", "OTEL_SDK_DISABLED": "TRUE"}, asked=True) is None
    )


def test_headers_are_those_of_opentelemetrys_variables() -> None:
    variables = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc, x-team = blue,broken"}
    with OtlpCollector() as collector:
        sent(collector, variables=variables)
        sent(collector, variables={**variables, "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-team=red"})
    first, second = (headers for _, headers, _ in collector.requests)
    assert (first["Authorization"], first["X-Team"]) == ("Bearer abc", "blue")
    assert (second.get("Authorization"), second["X-Team"]) == (None, "red")


def test_a_refusal_is_told_once_and_without_the_key() -> None:
    variables = {"OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {KEY}"}
    with OtlpCollector((401, f"no such key:\n{KEY}")) as collector:
        line = sent(collector, variables=variables)
    assert line == (
        f"otlp: the traces could not be sent to 127.0.0.1:{collector.port}: "
        "HTTP 401 no such key: [REDACTED]"
    )
    assert len(collector.requests) == 1


def test_nobody_there_is_told() -> None:
    with OtlpCollector() as collector:
        pass
    line = sent(collector)
    assert line.startswith(f"otlp: the traces could not be sent to 127.0.0.1:{collector.port}: ")


def test_a_collector_that_leads_elsewhere_is_not_followed() -> None:
    with (
        OtlpCollector() as elsewhere,
        OtlpCollector((307, ""), headers={"Location": elsewhere.url}) as collector,
    ):
        assert "HTTP 307" in sent(collector)
    assert elsewhere.requests == []


def test_what_may_pass_is_tried_again_after_the_pause_that_was_asked_for() -> None:
    pauses: list[float] = []
    with OtlpCollector((503, ""), (429, ""), headers={"Retry-After": "3"}) as there:
        collector = Collector(f"{there.url}/v1/traces", {}, sleep=pauses.append)
        assert "1 trace sent" in collector.send(traces(1))
    assert pauses == [3.0, 3.0]
    assert len(there.requests) == 3


def test_a_collector_that_stays_away_is_given_up() -> None:
    with OtlpCollector(*[(503, "busy")] * 9) as there:
        collector = Collector(f"{there.url}/v1/traces", {}, sleep=lambda _: None)
        assert "HTTP 503 busy" in collector.send(traces(1))
    assert len(there.requests) == 3


def test_the_end_of_a_run_does_not_wait_for_ever() -> None:
    times = iter([0.0, 0.0, 61.0])
    with OtlpCollector() as there:
        collector = Collector(f"{there.url}/v1/traces", {}, clock=lambda: next(times))
        line = collector.send(traces(2, size=1_500_000))
    assert line.endswith(": it took more than 60 s")
    assert line.startswith("otlp: 1 of 2 traces could not be sent")


def test_many_traces_are_sent_in_several_requests() -> None:
    with OtlpCollector() as there:
        line = Collector(f"{there.url}/v1/traces", {}).send(traces(5, size=900_000))
    assert "5 traces sent" in line
    assert [len(json.loads(body)["resourceSpans"]) for _, _, body in there.requests] == [2, 2, 1]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"rejectedSpans": "2", "errorMessage": "too old"}, ", which rejected 2 spans: too old"),
        ({"errorMessage": "slow down"}, ", which says: slow down"),
    ],
)
def test_what_a_collector_says_of_what_it_took_is_told(said: dict[str, str], told: str) -> None:
    with OtlpCollector((200, json.dumps({"partialSuccess": said}))) as collector:
        assert sent(collector) == f"otlp: 4 traces sent to 127.0.0.1:{collector.port}{told}"


@pytest.mark.parametrize("said", ["<html>", "[]", "", "{}"])
def test_an_answer_in_no_known_form_is_one_all_the_same(said: str) -> None:
    with OtlpCollector((200, said)) as collector:
        assert sent(collector) == f"otlp: 4 traces sent to 127.0.0.1:{collector.port}"


@pytest.mark.parametrize("url", ["localhost:4318", "file:///etc/passwd", "http://", "http://[::1"])
def test_a_variable_that_holds_no_url_is_told(url: str) -> None:
    (line,) = send_traces(RUN, OTLP, {OWN: url}, Registry())
    assert line.startswith("otlp: the traces could not be sent to the collector: ")


def traces(count: int, *, size: int = 1) -> list[dict[str, Any]]:
    return [{"resourceSpans": [{"scopeSpans": [], "padding": "x" * size}]} for _ in range(count)]
