"""A trace as an application returns it: OTLP JSON, spans of OpenTelemetry's SDK, or plain ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .values import error_text, first, get, plain

MOST_SPANS = 1000
MOST_ATTRIBUTES = 40
LONGEST_VALUE = 1000
_FIRST_OF_UNITS = ((1e16, 1), (1e14, 1_000), (1e11, 1_000_000))
"""A time since 1970 from such a number on counts so many nanoseconds; below, it is in seconds."""
_VALUES = ("stringValue", "boolValue", "intValue", "doubleValue", "bytesValue")


class NoTraceError(ValueError):
    """What was returned as a trace and is none."""


def trace_of(value: Any) -> dict[str, Any]:
    """Return a trace as plain spans, sorted by their starts, no more than are kept.

    Raises `NoTraceError`.
    """
    spans = [_span(one) for one in _spans_in(_read(value))]
    known = [one["start"] for one in spans if one["start"] is not None]
    begin = min(known, default=0)
    # sorted is stable: what tells no time stays where it stood, behind the others
    spans.sort(key=lambda one: (one["start"] is None, one["start"] or 0))
    for one in spans:
        start = one.pop("start")
        if start is not None and "started_ms" not in one:
            one["started_ms"] = (start - begin) / 1e6
    return {"spans": spans[:MOST_SPANS], "left_out": max(0, len(spans) - MOST_SPANS)}


def _read(value: Any) -> Any:
    """Return what a text holds: JSON, or a line of it for each export."""
    if not isinstance(value, (str, bytes)):
        return value
    try:
        return json.loads(value)
    except ValueError:
        try:
            return [json.loads(line) for line in value.splitlines() if line.strip()]
        except ValueError:
            raise _none_of(value) from None


def _spans_in(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        groups = [first(value, *_both(name)) for name in ("resourceSpans", "scopeSpans")]
        groups += [first(value, "instrumentationLibrarySpans", "spans")]
        inner = next((one for one in groups if one is not None), None)
        if inner is None and _is_span(value):
            yield value
        elif isinstance(inner, (list, tuple)):
            for one in inner:
                yield from _spans_in(one)
        else:
            raise _none_of(value)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _spans_in(one)
    elif _is_span(value):
        yield value
    else:
        raise _none_of(value)


def _none_of(value: Any) -> NoTraceError:
    shown = f"{value!r:.100}" if isinstance(value, str) else type(value).__name__
    if isinstance(value, Mapping):
        shown += f" with {', '.join(map(str, list(value)[:8])) or 'nothing'}"
    return NoTraceError(
        f"returned a trace that holds no span: {shown}\n"
        "  expected: OTLP JSON, or a list of spans, each with a name"
    )


def _is_span(value: Any) -> bool:
    return isinstance(get(value, "name"), str)


def _span(value: Any) -> dict[str, Any]:
    context = first(value, "context", "spanContext")
    number = first(value, "spanId", "span_id", "id")
    above = first(value, "parentSpanId", "parent_span_id", "parent_id", "parent")
    begin = _nanoseconds(value, "startTime", "start")
    end = _nanoseconds(value, "endTime", "end")
    attributes = _attributes(get(value, "attributes"))
    kept = list(attributes)[:MOST_ATTRIBUTES]
    found: dict[str, Any] = {
        "name": str(get(value, "name"))[:LONGEST_VALUE],
        "id": _id(first(context, "span_id", "spanId") if number is None else number),
        "parent": _id(first(above, "span_id", "spanId") if _holds_ids(above) else above) or None,
        "start": begin,
        "error": _error(value, attributes),
        "attributes": {name: _cut(attributes[name]) for name in kept},
    }
    took = first(value, "duration_ms", "durationMs", "latency_ms")
    if took is None and begin is not None and end is not None:
        took = (end - begin) / 1e6
    for name, given in (("duration_ms", took), ("started_ms", get(value, "started_ms"))):
        if given is not None:
            found[name] = _milliseconds(given, name, found["name"])
    return found


def _holds_ids(value: Any) -> bool:
    return value is not None and not isinstance(value, (str, int))


def _id(value: Any) -> str:
    if value is None or (isinstance(value, int) and not value):
        return ""
    return f"{value:016x}" if isinstance(value, int) else str(value)


def _milliseconds(value: Any, name: str, span: str) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value < float("inf"):
        raise NoTraceError(f"returned a trace whose span {span!r:.100} has {name}: {value!r:.60}")
    return float(value)


def _nanoseconds(value: Any, *names: str) -> int | None:
    """Return a time in nanoseconds: OTLP's, a date, or a number that tells its unit by its size."""
    for name in names:
        exact = first(value, f"{name}UnixNano", f"{_snake(name)}_unix_nano")
        if exact is not None:
            return _whole(exact, "a time")
    given = first(value, *(one for name in names for one in _both(name)))
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given.replace("Z", "+00:00"))
        except ValueError:
            raise _no_number(given, "a time") from None
    if isinstance(given, datetime):
        return round(given.timestamp() * 1e6) * 1000
    if not isinstance(given, (int, float)) or isinstance(given, bool):
        return None
    unit = next((unit for least, unit in _FIRST_OF_UNITS if given >= least), 1_000_000_000)
    return _whole(given * unit, "a time")


def _whole(value: Any, what: str) -> int:
    """Return a number, or a text of one as OTLP JSON has it, as a whole number of 64 bits."""
    try:
        number = round(value) if isinstance(value, float) else int(value)
    except (TypeError, ValueError, OverflowError):
        raise _no_number(value, what) from None
    if abs(number) >= 1 << 64:
        raise _no_number(value, what)
    return number


def _no_number(value: Any, what: str) -> NoTraceError:
    return NoTraceError(f"returned a trace with {what} that is none: {value!r:.60}")


def _error(value: Any, attributes: Mapping[str, Any]) -> str | None:
    """Return what went wrong in a span, in words; None where nothing did.

    It stands under `error`, in its status, or in attributes: OpenTelemetry's, its status as
    exporters to other formats write it, and OpenTracing's `error`.
    """
    told = [error_text(get(one, "error")) or "" for one in (value, attributes)]
    said = next((one for one in told if one and one.lower() not in ("true", "false")), None)
    if said is not None:
        return said[:LONGEST_VALUE]
    status = get(value, "status")
    code = first(status, "code", "status_code")
    codes = (status if code is None else code, attributes.get("otel.status_code"))
    kind = attributes.get("error.type")
    if not (kind or any(one.lower() == "true" for one in told) or any(map(_is_error, codes))):
        return None
    words = first(status, "message", "description") or attributes.get("exception.message")
    return str(words or attributes.get("otel.status_description") or kind or "error")[
        :LONGEST_VALUE
    ]


def _is_error(code: Any) -> bool:
    return str(getattr(code, "name", code)).upper() in ("2", "ERROR", "STATUS_CODE_ERROR")


def _attributes(value: Any) -> dict[str, Any]:
    """Return attributes by name, OTLP's list of keys and values among them."""
    if isinstance(value, (list, tuple)):
        value = {str(get(one, "key")): _otlp_value(get(one, "value")) for one in value}
    return {str(name): one for name, one in value.items()} if isinstance(value, Mapping) else {}


def _otlp_value(value: Any) -> Any:
    for name in _VALUES:
        held = first(value, *_both(name))
        if held is not None:
            return _whole(held, "an intValue") if name == "intValue" else held
    for name in ("arrayValue", "kvlistValue"):
        held = first(value, *_both(name))
        if held is not None:
            inner = get(held, "values") or []
            if name == "arrayValue":
                return [_otlp_value(one) for one in inner]
            return {str(get(one, "key")): _otlp_value(get(one, "value")) for one in inner}
    return None


def _cut(value: Any) -> Any:
    held = plain(value)
    text = held if isinstance(held, str) else json.dumps(held, default=str)
    if len(text) <= LONGEST_VALUE:
        return held
    return text[:LONGEST_VALUE] + "…"


def _both(name: str) -> tuple[str, str]:
    """Return a name as JSON of OTLP has it, and as Python does."""
    return name, _snake(name)


def _snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)
