"""From what an application returned to a `Response`, and from what it raised to an error."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.providers.completion import names_filter, names_refusal
from pytest_arena.providers.systems.portable.pieces import Timing, failure_kind
from pytest_arena.providers.systems.portable.shapes import ShapeError, described
from pytest_arena.providers.systems.portable.shapes.values import as_text, plain
from pytest_arena.providers.usage import is_count
from pytest_arena.real_time import real_time
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trace import Span, Trace
from pytest_arena.running.open_files import no_file_left, ran_out_of_files
from pytest_arena.text.exception_text import exception_text

_LONGEST_FAULT = 4_000


def system_failure(message: str, kind: ErrorKind = ErrorKind.SYSTEM) -> ProviderError:
    """Build the error of an application that gave no answer."""
    return ProviderError(kind, shorten(message, _LONGEST_FAULT))


def not_started(name: str, error: Exception) -> ProviderError:
    """Build the error of a program that cannot be started; where no file was left for that, it is
    none of the program's."""
    said = f"{name} cannot be started: {error}"
    if ran_out_of_files(error):
        return system_failure(no_file_left(said), ErrorKind.OPEN_FILES)
    return system_failure(said)


def function_failure(call: str, error: BaseException, root: Path) -> ProviderError:
    """Build the error of a function that raised: one block, with the user's own frames."""
    kind = ErrorKind(failure_kind(error) or ErrorKind.SYSTEM)
    return system_failure(f"{call} raised {exception_text(error, root)}", kind)


def answer_of(name: str, returned: Any, timing: Timing) -> Response:
    """Return the response that stands in what an application returned, now that it has ended.

    None, what has no text anywhere, an answer that a content filter withheld, figures that are
    none and an `error` of the application's own are a `ProviderError`.
    """
    latency_ms = (real_time.perf_counter() - timing.began) * 1000
    try:
        found = described(returned)
    except ShapeError as error:
        raise system_failure(f"{name} {error}") from None
    except Exception as error:
        # properties of what was returned are the user's code
        said = shorten(f"{type(error).__name__}: {error}", 200)
        kind = type(returned).__name__
        raise system_failure(f"{name} returned a {kind} that cannot be read: {said}") from error
    if found.get("error"):
        raise system_failure(f"{name} returned an error: {found['error']}")
    output, reason = _text(found.get("output")) or "", _text(found.get("finish_reason"))
    is_cut = names_filter(reason or "")
    if is_cut and not output and not found.get("tool_calls"):
        raise system_failure(f"{name}: the answer was withheld", ErrorKind.CONTENT_FILTER)
    refusal = found.get("refusal") or (output if names_refusal(reason or "") else None)
    usage = found.get("usage") or {}
    cost = found.get("cost_usd", usage.get("cost_usd"))
    return Response(
        output=output,
        finish_reason=reason,
        refusal=refusal or None,
        filtered=is_cut or None,
        tool_calls=tuple(_tool_call(name, one) for one in found.get("tool_calls") or ()),
        tells_tools="tool_calls" in found,
        latency_ms=latency_ms,
        first_token_ms=timing.first_token_ms,
        input_tokens=_count(name, usage.get("input_tokens"), "input_tokens"),
        output_tokens=_count(name, usage.get("output_tokens"), "output_tokens"),
        reasoning_tokens=_count(name, usage.get("reasoning_tokens"), "reasoning_tokens"),
        cost_usd=_amount(name, cost, "cost_usd"),
        model=_text(found.get("model")),
        reasoning=_text(found.get("reasoning")),
        context=tuple(str(one) for one in found.get("context") or ()),
        reported_latency_ms=_amount(name, found.get("latency_ms"), "latency_ms"),
        trace=trace_from(found["trace"]) if found.get("trace") is not None else None,
    )


def _tool_call(name: str, call: Mapping[str, Any]) -> ToolCall:
    return ToolCall(
        name=str(call.get("name", "")),
        arguments=call.get("arguments", {}),
        id=str(call.get("id", "")),
        result=call.get("result"),
        error=_text(call.get("error")),
        latency_ms=_amount(name, call.get("latency_ms"), "latency_ms of a tool call"),
        parent=_text(call.get("parent")),
    )


def trace_from(found: Mapping[str, Any]) -> Trace:
    """Return a trace that was read into plain spans."""
    return Trace(tuple(Span(**one) for one in found["spans"]), found["left_out"])


def _text(value: Any) -> str | None:
    return None if value is None else as_text(plain(value))


def _count(name: str, value: Any, field_name: str) -> int | None:
    if value is None:
        return None
    if not is_count(value):
        raise _unusable(name, field_name, value)
    return int(value)


def _amount(name: str, value: Any, field_name: str) -> float | None:
    if value is None:
        return None
    # what an application says wrongly of its cost must not be counted as nothing
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= sys.float_info.max:
        raise _unusable(name, field_name, value)
    return float(value)


def _unusable(name: str, field_name: str, value: Any) -> ProviderError:
    said = shorten(repr(value), 60)
    return system_failure(f"{name} returned {field_name}: {said}, which is no usable number")
