"""The run's receiver of spans: what it takes, what it refuses, and what it makes of what comes."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from pytest_arena.span_receiver import Received, ReceiverFailed, SpanReceiver
from pytest_arena.span_receiver.body import JSON, PROTOBUF
from pytest_arena.span_receiver.traces import MOST_SPANS

TRACE, PARENT = "ab" * 16, "cd" * 8
Send = Callable[..., Awaitable[int]]


def span(own: str, parent: str = PARENT, *, trace: str = TRACE, **more: Any) -> dict[str, Any]:
    ids = {"traceId": trace, "spanId": own * 8, "parentSpanId": parent}
    return {**ids, "name": f"span {own}", **more}


def body(*spans: dict[str, Any]) -> bytes:
    scoped = [{"scopeSpans": [{"spans": list(spans)}]}]
    return json.dumps({"resourceSpans": scoped}).encode()


def of_protobuf() -> bytes:
    request = ExportTraceServiceRequest()
    own = request.resource_spans.add().scope_spans.add().spans.add()
    own.trace_id, own.span_id = bytes.fromhex(TRACE), bytes.fromhex("11" * 8)
    own.parent_span_id, own.name = bytes.fromhex(PARENT), "work"
    own.start_time_unix_nano, own.end_time_unix_nano = 1_000_000_000, 1_250_000_000
    own.status.code = own.status.STATUS_CODE_ERROR
    return request.SerializeToString()


async def sent(
    url: str, content: bytes, kind: str = JSON, path: str = "/v1/traces", **h: str
) -> int:
    headers = {"Content-Type": kind, **{name.replace("_", "-"): text for name, text in h.items()}}
    async with (
        ClientSession() as session,
        session.post(url + path, data=content, headers=headers) as response,
    ):
        await response.read()
        return response.status


def received(*bodies: tuple[Any, ...], wait_s: float = 60.0) -> tuple[Received, list[int]]:
    """Send bodies while a call is under way, and return what came of it with the statuses."""

    async def work() -> tuple[Received, list[int]]:
        receiver = SpanReceiver()
        url = await receiver.listen()
        try:
            async with receiver.waiting_for(TRACE, PARENT, 0) as call:
                statuses = [await sent(url, *one) for one in bodies]
                return await call.received(wait_s), statuses
        finally:
            await receiver.close()

    return asyncio.run(work())


def names(found: Received) -> list[str]:
    return [one["name"] for one in found.spans]


def test_spans_below_the_call_are_kept_and_those_of_others_are_not() -> None:
    other = span("99", trace="ef" * 16)
    found, statuses = received((body(span("22", "11" * 8), other),), (body(span("11")),))
    assert statuses == [200, 200]
    assert sorted(names(found)) == ["span 11", "span 22"]
    assert found.problem == ""


def test_protobuf_is_read_as_json_is() -> None:
    found, statuses = received((of_protobuf(), PROTOBUF))
    assert statuses == [200]
    (one,) = found.spans
    assert (one["name"], one["traceId"], one["parentSpanId"]) == ("work", TRACE, PARENT)
    assert one["status"] == {"code": "STATUS_CODE_ERROR"}
    assert one["endTimeUnixNano"] == "1250000000"


def test_without_the_package_protobuf_is_refused_and_the_call_hears_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "opentelemetry.proto.collector.trace.v1.trace_service_pb2"
    monkeypatch.setitem(sys.modules, name, None)
    found, statuses = received((of_protobuf(), PROTOBUF), wait_s=0)
    assert statuses == [415]
    assert found.problem == (
        "spans came as protobuf, which cannot be read without the package opentelemetry-proto: "
        "pip install 'pytest-arena[otel]', or let the application export http/json"
    )


def test_what_is_packed_is_unpacked() -> None:
    async def work() -> tuple[Received, int]:
        receiver = SpanReceiver()
        url = await receiver.listen()
        async with receiver.waiting_for(TRACE, PARENT, 0) as call:
            packed = gzip.compress(body(span("11")))
            status = await sent(url, packed, Content_Encoding="gzip")
            found = await call.received(60)
        await receiver.close()
        return found, status

    found, status = asyncio.run(work())
    assert (names(found), status) == (["span 11"], 200)


DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (DEEP, JSON, 400),
        (b"[]", JSON, 400),
        (b'{"resourceSpans": 5}', JSON, 400),
        (b'{"resourceSpans": [5]}', JSON, 400),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [7]}]}]}', JSON, 400),
        (body({"traceId": "xy", "spanId": "z", "name": "a"}), JSON, 400),
        (body({"traceId": TRACE, "spanId": 5, "name": "a"}), JSON, 400),
        (body({"traceId": TRACE, "spanId": "11" * 8, "name": 3}), JSON, 400),
        (body({"name": "no ids"}), JSON, 400),
        (b"\xff\xff\xff", PROTOBUF, 400),
        (b"{}", "text/plain", 415),
        (b"{}", JSON, 200),
        (b"", PROTOBUF, 200),
    ],
)
def test_what_is_no_export_is_refused_and_nothing_breaks(
    content: bytes, kind: str, status: int
) -> None:
    found, statuses = received((content, kind), (body(span("11")),))
    assert statuses == [status, 200]
    assert names(found) == ["span 11"]


def test_a_bad_packing_and_a_bomb_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_arena.span_receiver.receiver.MOST_BYTES", 100_000)

    async def work() -> list[int]:
        receiver = SpanReceiver()
        url = await receiver.listen()
        bomb = gzip.compress(b" " * 5_000_000)
        found = [
            await sent(url, b"not gzip", Content_Encoding="gzip"),
            await sent(url, bomb, Content_Encoding="gzip"),
            await sent(url, body(span("11")) + b" " * 200_000),
            await sent(url, b"{}"),
        ]
        await receiver.close()
        return found

    assert asyncio.run(work()) == [400, 413, 413, 200]


def test_metrics_and_logs_are_taken_and_let_go() -> None:
    found, statuses = received(
        (b"{}", JSON, "/v1/metrics"), (b"x", PROTOBUF, "/v1/logs"), (b"{}", JSON, "/else"), wait_s=0
    )
    assert statuses == [200, 200, 404]
    assert found.spans == ()


def test_a_call_of_which_nothing_came_says_so() -> None:
    assert received(wait_s=0)[0].problem == "no span of this call came within 0 s of the answer"


def test_a_trace_whose_first_span_has_not_ended_is_not_whole() -> None:
    found, _ = received((body(span("22", "11" * 8)),), wait_s=0)
    assert found.problem == (
        "the span that was begun with the call's traceparent has not come within 0 s of the "
        "answer; 1 below it have"
    )
    assert names(found) == ["span 22"]


def test_a_trace_with_a_gap_is_not_whole() -> None:
    found, _ = received((body(span("11"), span("33", "22" * 8)),), wait_s=0)
    assert found.problem == (
        "the trace is not whole: what 1 spans belong to has not come within 0 s of the answer"
    )


def test_spans_in_a_circle_are_no_whole_trace() -> None:
    circle = (span("22", "33" * 8), span("33", "22" * 8))
    assert "2 spans belong to" in received((body(span("11"), *circle),), wait_s=0)[0].problem


def test_what_comes_late_of_an_earlier_turn_is_not_this_ones() -> None:
    async def work() -> Received:
        receiver = SpanReceiver()
        url = await receiver.listen()
        async with receiver.waiting_for(TRACE, PARENT, 0) as call:
            await sent(url, body(span("11")))
            await call.received(60)
        async with receiver.waiting_for(TRACE, "ee" * 8, 0) as call:
            await sent(url, body(span("22", "11" * 8), span("44"), span("55", "44" * 8)))
            await sent(url, body(span("33", "ee" * 8)))
            found = await call.received(60)
        await receiver.close()
        return found

    assert names(asyncio.run(work())) == ["span 33"]


def test_what_is_too_many_is_counted() -> None:
    many = [
        {**span("11", "11" * 8), "spanId": f"{number:016x}"} for number in range(MOST_SPANS + 7)
    ]
    found, _ = received((body(*many),), (body(span("11")),))
    assert found.left_out == 8


def test_processes_share_a_port_and_the_next_one_takes_over() -> None:
    async def work() -> list[list[str]]:
        first, second, third = SpanReceiver(), SpanReceiver(), SpanReceiver()
        free = await free_port()
        urls = [await one.listen(free) for one in (first, second, third)]
        assert set(urls) == {f"http://127.0.0.1:{free}"}
        found = []
        async with second.waiting_for(TRACE, PARENT, free) as call:
            await sent(urls[0], body(span("22", "11" * 8)))
            await first.close()
            async with third.waiting_for("ef" * 16, PARENT, free) as other:
                await sent(urls[0], body(span("11"), span("77", trace="ef" * 16)))
                found.append(sorted(names(await call.received(60))))
                found.append(names(await other.received(60)))
        async with third.waiting_for(TRACE, PARENT, free) as call:
            await sent(urls[0], body(span("11")))
            found.append(names(await call.received(60)))
        await second.close()
        await third.close()
        return found

    assert asyncio.run(work()) == [["span 11", "span 22"], ["span 77"], ["span 11"]]


async def free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


def test_a_port_that_another_program_has_is_refused() -> None:
    async def answer(_reader: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def work() -> int:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        with pytest.raises(ReceiverFailed) as caught:
            await SpanReceiver().listen(port)
        server.close()
        assert str(caught.value) == (
            f"port {port} is taken by another program\n"
            "  expected: a port that nobody listens at, for the run's own receiver of spans\n"
            "  fix: end that program, or name another port, there and in the application"
        )
        return port

    assert asyncio.run(work())
