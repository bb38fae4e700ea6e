"""The spans that an application sends while it is asked, as the trace of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from pytest_arena.errors import ErrorKind
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.providers.systems.answers import system_failure, trace_from
from pytest_arena.providers.systems.portable.shapes.traces import NoTraceError, trace_of
from pytest_arena.real_time import real_time
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.trace import Trace
from pytest_arena.results.trace_ids import ids_in, span_id, traceparent
from pytest_arena.schema.system import TracedOptions
from pytest_arena.span_receiver import Received, ReceiverFailed
from pytest_arena.span_receiver.body import reads_protobuf

_MARGIN_S = 0.1
"""Before the time of a call is over, so that an answer is not lost to the wait for its spans."""
_BATCHES_MS = "100"
"""How often an exporter sends, which would be each five seconds."""


class ReceivedSpans:
    """What one application sends to the run's receiver; nothing where its entry asks for none."""

    def __init__(self, options: TracedOptions, environment: ProviderEnvironment) -> None:
        self._spec = options.otel_receiver
        self._environment = environment
        self._url = ""

    async def start(self) -> None:
        """Begin to listen where the entry asks for it, and nobody does yet."""
        if self._spec is not None and not self._url:
            try:
                self._url = await self._environment.span_receiver.listen(self._spec.port or 0)
            except ReceiverFailed as error:
                raise system_failure(f"otel_receiver: {error}", ErrorKind.CONFIGURATION) from None

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables by which a program's exporter finds the receiver, once it listens."""
        if not self._url:
            return {}
        protocol = "http/protobuf" if reads_protobuf() else "http/json"
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self._url,
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{self._url}/v1/traces",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": _BATCHES_MS,
        }

    async def of(
        self,
        request: Request,
        complete: Callable[[Request], Awaitable[Response]],
        have_sent: Callable[[float], Awaitable[object]] | None = None,
    ) -> Response:
        """Return the answer to a request, with the trace that came of it.

        `have_sent` makes the application send what it has, within a time.
        """
        ids = ids_in(request.traceparent)
        if self._spec is None or ids is None:
            return await complete(request)
        trace_id, parent = ids
        if request.attempt:
            # what an earlier attempt still sends is no part of this one
            parent = span_id(trace_id, parent, request.attempt)
            request.traceparent = traceparent(trace_id, parent)
        request.otel_endpoint = self._url
        began, receiver = real_time.monotonic(), self._environment.span_receiver
        async with receiver.waiting_for(trace_id, parent, self._spec.port or 0) as call:
            response = await complete(request)
            answered = real_time.monotonic()
            left_s = began + request.timeout_s - _MARGIN_S - answered
            wait_s = max(min(self._spec.wait, left_s), 0.0)
            if have_sent is not None:
                await have_sent(wait_s)
            received = await call.received(wait_s, answered + wait_s - real_time.monotonic())
        response.trace = await asyncio.to_thread(_trace, received)
        return response

    async def close(self) -> None:
        """Listen no longer."""
        if self._url:
            self._url = ""
            await self._environment.span_receiver.close()


def _trace(received: Received) -> Trace:
    try:
        found = trace_from(trace_of(list(received.spans)))
    except NoTraceError as error:
        return Trace(problem=str(error).replace("returned a trace", "sent a trace"))
    left_out = found.left_out + received.left_out
    return Trace(found.spans, left_out, received.problem)
