"""What an exporter sends: the spans in it, as OTLP's JSON has them, with hexadecimal ids."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

Span = dict[str, Any]

JSON, PROTOBUF = "application/json", "application/x-protobuf"
NEEDS_PACKAGE = (
    "spans came as protobuf, which cannot be read without the package opentelemetry-proto: "
    "pip install 'pytest-arena[otel]', or let the application export http/json"
)
_IDS = ("traceId", "spanId", "parentSpanId")
_LENGTHS = {"traceId": 32, "spanId": 16}
_HEX = re.compile(r"[0-9a-f]*")


class BadBody(ValueError):
    """What was sent holds no spans that can be read; the text says why."""


class NoProtobuf(Exception):
    """Protobuf came, and nothing here can read it."""


def reads_protobuf() -> bool:
    """Return whether protobuf can be read."""
    return find_spec("opentelemetry") is not None and find_spec("opentelemetry.proto") is not None


def spans_in(content: bytes, kind: str) -> list[Span]:
    """Return the spans of a body of this content type. Raises `BadBody` or `NoProtobuf`."""
    return list(_spans(_from_protobuf(content) if kind == PROTOBUF else _from_json(content)))


def _from_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadBody(f"it is no JSON: {error}") from None


def _from_protobuf(content: bytes) -> Any:
    try:
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )
    except ImportError:
        raise NoProtobuf from None
    try:
        found = MessageToDict(ExportTraceServiceRequest.FromString(content))
    except (DecodeError, RecursionError) as error:
        raise BadBody(f"it is no protobuf of OTLP: {error}") from None
    for span in _spans_in(found):
        for name in _IDS:
            if name in span:
                span[name] = base64.b64decode(span[name]).hex()
    return found


def _spans(request: Any) -> Iterator[Span]:
    for span in _spans_in(request):
        if not isinstance(span.get("name", ""), str):
            raise BadBody("a span has a name that is no text")
        # protobuf's JSON leaves out what is empty
        span.setdefault("name", "")
        for name in _IDS:
            given = span.get(name) or ""
            if not isinstance(given, str) or not _HEX.fullmatch(given.lower()):
                raise BadBody(f"a span has a {name} that is not hexadecimal")
            span[name] = given.lower()
        for name, length in _LENGTHS.items():
            if len(span[name]) != length:
                raise BadBody(f"a span has a {name} that is not {length} digits long")
        yield span


def _spans_in(request: Any) -> Iterator[Span]:
    for of_resource in _listed(request, "resourceSpans"):
        for scoped in _listed(of_resource, "scopeSpans"):
            for span in _listed(scoped, "spans"):
                if not isinstance(span, dict):
                    raise BadBody("a span is no object")
                yield span


def _listed(value: Any, name: str) -> list[Any]:
    if not isinstance(value, Mapping):
        raise BadBody(f"there is no object that could hold {name}")
    found = value.get(name) or []
    if not isinstance(found, list):
        raise BadBody(f"{name} is no list")
    return found
