"""The ids by which a trial's spans are known: here, to the application, and to a collector."""

from __future__ import annotations

import re
from hashlib import sha256

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def span_id(trace_id: str, *place: object) -> str:
    """Return the id of the span at a place in a trace, which is the same whoever asks for it."""
    return sha256("\0".join([trace_id, *map(str, place)]).encode()).hexdigest()[:16]


def trial_span_id(trace_id: str) -> str:
    """Return the id of the span of the whole trial."""
    return span_id(trace_id, "trial")


def turn_span_id(trace_id: str, turn: int) -> str:
    """Return the id of the span of a turn, from 0."""
    return span_id(trace_id, "turn", turn)


def tool_span_id(trace_id: str, turn: int, call: str) -> str:
    """Return the id of the span of a tool call, by the call's own id."""
    return span_id(trace_id, "turn", turn, "tool", call)


def ids_in(header: str) -> tuple[str, str] | None:
    """Return the ids of trace and parent in a `traceparent`; None of what is none."""
    found = _TRACEPARENT.fullmatch(header)
    return (found[1], found[2]) if found is not None else None


def tool_traceparent(of_trial: str, turn: int, call: str) -> str:
    """Return the header for a tool call, from that of the trial; empty where that is none."""
    ids = ids_in(of_trial)
    if ids is None:
        return ""
    trace_id, _ = ids
    return traceparent(trace_id, tool_span_id(trace_id, turn, call))


def traceparent(trace_id: str, parent: str) -> str:
    """Return W3C's header by which whoever is called takes part in a trace."""
    return f"00-{trace_id}-{parent}-01"
