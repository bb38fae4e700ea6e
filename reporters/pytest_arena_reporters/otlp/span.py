"""One span as it is built, and OTLP's JSON of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_arena.light_dataclass import dataclass

INTERNAL, CLIENT = 1, 3
"""Kinds of spans: work of this process, and a call of somebody else."""
_ERROR = 2
_LARGEST = 2**63 - 1


@dataclass(slots=True)
class SpanEvent:
    """What happened at one moment of a span."""

    name: str
    at_ms: float
    attributes: Mapping[str, Any]


@dataclass(slots=True)
class TraceSpan:
    """One span of a trial; times are in milliseconds since the trial began."""

    id: str
    name: str
    parent: str | None
    start_ms: float
    end_ms: float
    kind: int = INTERNAL
    attributes: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    events: list[SpanEvent] = field(default_factory=list)

    def record(self, trace_id: str, began_ns: int) -> dict[str, Any]:
        """Return the span as OTLP's JSON has it; the trial began at `began_ns` since 1970."""
        found: dict[str, Any] = {"traceId": trace_id, "spanId": self.id}
        if self.parent is not None:
            found["parentSpanId"] = self.parent
        found |= {
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": _nanoseconds(began_ns, self.start_ms),
            "endTimeUnixNano": _nanoseconds(began_ns, max(self.start_ms, self.end_ms)),
            "attributes": attribute_list(self.attributes),
        }
        if self.events:
            found["events"] = [
                {
                    "timeUnixNano": _nanoseconds(began_ns, event.at_ms),
                    "name": event.name,
                    "attributes": attribute_list(event.attributes),
                }
                for event in self.events
            ]
        found["status"] = {} if self.error is None else {"code": _ERROR, "message": self.error}
        return found


def attribute_list(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return attributes as OTLP's list of keys and values; what is None is left out."""
    return [
        {"key": name, "value": _value(value)}
        for name, value in attributes.items()
        if value is not None
    ]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and abs(value) <= _LARGEST:
        # as a text: JSON's numbers lose the last digits of 64 bits
        return {"intValue": str(value)}
    if isinstance(value, float) and math.isfinite(value):
        return {"doubleValue": value}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": attribute_list(value)}}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": "" if value is None else str(value)}


def _nanoseconds(began_ns: int, milliseconds: float) -> str:
    return str(began_ns + round(milliseconds * 1_000_000))
