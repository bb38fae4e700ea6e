"""The trace that a call takes part in, as OpenTelemetry's own code finds it in this process."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def taking_part(traceparent: str) -> Iterator[None]:
    """Let spans that begin within it belong to a trace, where OpenTelemetry is installed.

    The first time, that is imported here: in a thread where nobody waits for another call.
    """
    found = _opentelemetry() if traceparent else None
    if found is None:
        yield
        return
    context, propagator = found
    token = context.attach(propagator.extract({"traceparent": traceparent}))
    try:
        yield
    finally:
        context.detach(token)


def called_within(traceparent: str, function: Callable[[], T]) -> T:
    """Call a function that takes part in a trace."""
    with taking_part(traceparent):
        return function()


async def awaited_within(traceparent: str, waiting: Awaitable[T]) -> T:
    """Await what takes part in a trace, in the task that runs it."""
    with taking_part(traceparent):
        return await waiting


def send_spans(limit_s: float) -> None:
    """Have the SDK of this process send the spans that have ended, which else wait for a batch."""
    found = sys.modules.get("opentelemetry.trace")
    provider = found.get_tracer_provider() if found is not None else None
    flush = getattr(provider, "force_flush", None)
    if flush is not None:
        flush(int(limit_s * 1000))


def _opentelemetry() -> tuple[Any, Any] | None:
    try:
        context = import_module("opentelemetry.context")
        found = import_module("opentelemetry.trace.propagation.tracecontext")
    except ImportError:
        return None
    return context, found.TraceContextTextMapPropagator()
