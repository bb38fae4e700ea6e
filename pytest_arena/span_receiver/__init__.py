"""Spans that applications send while they are asked: OTLP over HTTP on a port of the loopback.

`receiver` is the way in: it listens, and keeps what comes of the traces that somebody waits for
(`traces`). `body` reads what an exporter sends, as JSON or as protobuf. `relay` is how the workers
of one run share a port that is given: one listens, and passes on what the others wait for.

Lives on the engine's event loop; what takes long to read is read in a thread. Nothing here knows
what a span means: providers make a trace of what came.
"""

from pytest_arena.span_receiver.receiver import ReceiverFailed, SpanReceiver
from pytest_arena.span_receiver.traces import Received

__all__ = ["Received", "ReceiverFailed", "SpanReceiver"]
