"""Text from strangers, cleaned once where it enters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Any

from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trace import Span
from pytest_arena.text.json_depth import MOST_DEPTH, is_too_deep
from pytest_arena.text.thoughts import split_thoughts

REPLACEMENT = "\ufffd"


def clean_text(text: str) -> str:
    """Join pairs of surrogates, and replace lone ones and NUL.

    JSON files, terminals and execnet choke on them later.
    """
    text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_value(value: Any) -> Any:
    """Clean every text inside a JSON value; numbers that JSON has not (NaN, infinity) are null."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_value(key): clean_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_value(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def of_bounded_depth(value: Any) -> Any:
    """Return a value, or a text in place of one that is nested too deeply to be kept."""
    if isinstance(value, (dict, list, tuple)) and is_too_deep(value):
        return f"[a value that is nested more than {MOST_DEPTH} deep]"
    return value


def clean_response(response: Response, hide: Callable[[str], str] = str) -> None:
    """Clean a response in place, and take its thoughts out of the answer; `hide` takes known
    secrets out of both.

    A server that echoes a key must not have it judged: reasons quote answers in part. Times are
    kept to the microsecond.
    """
    response.latency_ms = _rounded(response.latency_ms)
    response.first_token_ms = _rounded(response.first_token_ms)
    thoughts, output = split_thoughts(clean_text(response.output))
    response.output = hide(output)
    if response.reasoning or thoughts:
        told = clean_text(response.reasoning or "")
        response.reasoning = hide("\n\n".join(filter(None, (told, thoughts))))
    if response.refusal:
        response.refusal = hide(clean_text(response.refusal))
    for name in ("finish_reason", "model", "system_fingerprint"):
        if word := getattr(response, name):
            setattr(response, name, clean_text(word))
    if response.tool_calls:
        response.tool_calls = tuple(_clean_call(call) for call in response.tool_calls)
    # what goes back must be what came: a signature is over the very text
    response.message = clean_value(response.message)
    if response.context:
        response.context = tuple(hide(clean_text(text)) for text in response.context)
    if response.trace is not None:
        spans = tuple(_clean_span(span) for span in response.trace.spans)
        response.trace = replace(response.trace, spans=spans)


def _clean_call(call: ToolCall) -> ToolCall:
    return replace(
        call,
        name=clean_text(call.name),
        arguments=clean_value(of_bounded_depth(call.arguments)),
        id=clean_text(call.id),
        result=clean_value(of_bounded_depth(call.result)),
        error=None if call.error is None else clean_text(call.error),
        parent=None if call.parent is None else clean_text(call.parent),
    )


def _clean_span(span: Span) -> Span:
    return replace(
        span,
        name=clean_text(span.name),
        id=clean_text(span.id),
        parent=None if span.parent is None else clean_text(span.parent),
        started_ms=_rounded(span.started_ms),
        duration_ms=_rounded(span.duration_ms),
        error=None if span.error is None else clean_text(span.error),
        attributes={
            clean_text(name): clean_value(of_bounded_depth(value))
            for name, value in span.attributes.items()
        },
    )


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)
