"""Whatever an application answered, as the `Response` that assertions look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pytest_arena.errors import Location, Problem, UserError, shorten
from pytest_arena.providers.completion import names_filter, names_refusal
from pytest_arena.providers.systems.portable.shapes import (
    ShapeError,
    UnknownShapeError,
    described,
    told_error,
)
from pytest_arena.providers.systems.portable.shapes.frameworks import is_foreign
from pytest_arena.providers.systems.portable.shapes.traces import NoTraceError, trace_of
from pytest_arena.providers.systems.portable.shapes.values import as_text, error_text
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trace import Trace

_FIGURES = ("latency_ms", "input_tokens", "output_tokens", "cost_usd", "model", "finish_reason")
_CALL = ("name", "arguments", "id", "result", "error", "latency_ms", "parent")
_RESPONSE = TypeAdapter(Response)


def response_of(answer: Any, place: Location) -> Response:
    """Return an answer as a response.

    It may be a text, a `Response`, a mapping or an object with `output`, `tool_calls` and what is
    known of its tokens, cost and time, or what `provider: python` reads of a function: the results
    of the usual frameworks, by their shapes. Nothing is guessed of anything else, and an error
    that it tells is no answer: a `UserError`.
    """
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, str):
        return Response(as_text(answer), tells_tools=False)
    error = told_error(answer)
    if error is not None:
        raise _told(error, place)
    return _response(_own(answer, place) or _of_framework(answer, place), place)


def _own(answer: Any, place: Location) -> dict[str, Any] | None:
    """Return what stands under our own names; None where they are missing, or mean another thing
    in the framework that the answer is of."""
    output, calls = _value(answer, "output"), _value(answer, "tool_calls")
    if is_foreign(answer) or (not isinstance(output, str) and (output is not None or not calls)):
        return None
    if _value(answer, "intermediate_steps") is not None:
        # LangChain's executor of agents, whose steps are the calls
        return None
    refusal = _value(answer, "refusal")
    refusal = as_text(refusal) if isinstance(refusal, str) and refusal else None
    return {
        **{name: _value(answer, name) for name in _FIGURES},
        "output": as_text(output or refusal or ""),
        "refusal": refusal,
        "tool_calls": _calls(calls),
        "tells_tools": calls is not None and _value(answer, "tells_tools") is not False,
        "context": _value(answer, "context"),
        "trace": _trace(_value(answer, "trace"), place),
    }


def _trace(given: Any, place: Location) -> Any:
    if given is None or isinstance(given, Trace):
        return given
    try:
        return trace_of(given)
    except NoTraceError as error:
        raise UserError(Problem(f"the answer {error}", place)) from None


def _of_framework(answer: Any, place: Location) -> dict[str, Any]:
    try:
        found = described(answer)
    except UnknownShapeError:
        raise UserError(_no_answer(answer, place)) from None
    except ShapeError as error:
        raise UserError(Problem(f"the answer {error}", place)) from None
    if "error" in found:
        raise _told(found["error"], place)
    known = {**(found.get("usage") or {}), **found}
    figures = (*_FIGURES, "reasoning", "reasoning_tokens", "refusal")
    return {name: known.get(name) for name in figures} | {
        "output": known.get("output") or "",
        "tool_calls": known.get("tool_calls") or (),
        "context": known.get("context"),
        "trace": known.get("trace"),
        "tells_tools": "tool_calls" in known,
    }


def _told(error: str, place: Location) -> UserError:
    return UserError(Problem(f"the answer is an error: {shorten(error)}", place))


def _response(found: dict[str, Any], place: Location) -> Response:
    context, reason = found["context"], found["finish_reason"]
    if isinstance(reason, str):
        if reason.lower() == "error":
            raise _told("it ended with one", place)
        if names_filter(reason):
            if not found["output"] and not found["tool_calls"]:
                raise _told("it was withheld", place)
            found["filtered"] = True
        if names_refusal(reason):
            found["refusal"] = found["refusal"] or found["output"] or None
    given = {
        **{name: value for name, value in found.items() if value is not None},
        "context": (context,) if isinstance(context, str) else tuple(context or ()),
    }
    try:
        return _RESPONSE.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        raise UserError(
            Problem(
                f"the answer's {key} is {shorten(repr(first['input']))}",
                place,
                expected="output: a text; tokens, cost_usd and latency_ms: numbers; "
                "tool_calls: a list with name and arguments",
            )
        ) from None


def _calls(given: Any) -> Any:
    """Return tool calls as a response takes them; what are none is for it to refuse."""
    if isinstance(given, (list, tuple)):
        return [_tool_call(call) for call in given]
    return () if given is None else given


def _tool_call(call: Any) -> ToolCall | dict[str, Any]:
    if isinstance(call, ToolCall):
        return call
    given = {name: _value(call, name) for name in _CALL}
    given["error"] = error_text(given["error"])
    known = {name: value for name, value in given.items() if value is not None}
    if known.get("name") == "":
        del known["name"]
    return {"arguments": {}, **known}


def _value(holder: Any, name: str) -> Any:
    if isinstance(holder, Mapping):
        return holder.get(name)
    value = getattr(holder, name, None)
    return None if callable(value) else value


def _no_answer(answer: Any, place: Location) -> Problem:
    shown = "None" if answer is None else f"a {type(answer).__qualname__}"
    return Problem(
        f"{shown} is no answer: no text and no tool call was found in it",
        place,
        expected="a text, a Response, what a usual framework gives, or something with output and "
        "tool_calls",
        fix="hand over its text, as in answer.text",
    )
