"""What a system returned, told by its shape: one plain mapping, whichever framework made it.

No framework is imported for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .clients import CLIENTS, agent_executor, is_converse
from .frameworks import FRAMEWORKS, is_foreign
from .streams import StreamedAnswer
from .traces import NoTraceError, trace_of
from .values import (
    NoCallError,
    ShapeError,
    UnknownShapeError,
    as_text,
    calls_of,
    document_text,
    listed,
    mapping_of,
    role_of,
    told_error,
    usage_of,
)

__all__ = [
    "FIELDS",
    "TEXT_NAMES",
    "NoCallError",
    "ShapeError",
    "UnknownShapeError",
    "described",
    "joined",
    "told_error",
]

FIELDS = (
    "output",
    "tool_calls",
    "usage",
    "cost",
    "cost_usd",
    "context",
    "reasoning",
    "refusal",
    "finish_reason",
    "error",
    "model",
    "latency_ms",
    "trace",
)
"""What a mapping, a dataclass or a pydantic model may hold."""
TEXT_NAMES = ("answer", "response", "text", "content", "result", "final_answer")
"""Where a text stands that nothing else marks as the answer, the first of them that is a text."""
_MOST_NAMES = 12


def described(value: Any) -> dict[str, Any]:
    """Return what a system returned as a mapping of `FIELDS`, of plain values.

    What it says went wrong is all that is told of it: `error`. Raises `ShapeError` for None, for
    what has text nowhere, for a message that is not the assistant's, and for tool calls without a
    name.
    """
    if value is None:
        raise UnknownShapeError("returned None")
    if isinstance(value, str):
        return {"output": as_text(value)}
    error = told_error(value)
    if error is not None:
        return {"error": error}
    for shape in (agent_executor, _own, *FRAMEWORKS, *CLIENTS, _named_text):
        found = shape(value)
        if found is not None:
            if str(found.get("finish_reason")).lower() == "error":
                return {"error": "the answer ended with an error"}
            return {name: one for name, one in found.items() if one is not None}
    raise UnknownShapeError(_unknown(value))


def _unknown(value: Any) -> str:
    names = [name for name in _names(value) if not name.startswith("_")]
    shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    has = f" with {shown}" if shown else ""
    return f"returned {kind}{has}: no text was found in it"


def _names(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [str(key) for key in value]
    return [name for name in dir(value) if not callable(getattr(value, name, None))]


def _own(value: Any) -> dict[str, Any] | None:
    """A mapping, dataclass or pydantic model with `output`, tool calls, or a refusal."""
    given = mapping_of(value, FIELDS)
    if given is None or is_foreign(value) or is_converse(value):
        return None
    if isinstance(given.get("output"), (bytes, bytearray, memoryview)):
        kind = type(given["output"]).__name__
        raise ShapeError(
            f"returned {kind} as its output\n  expected: a text, as .decode() gives it"
        )
    if given.get("output") is not None:
        given["output"] = as_text(given["output"])
    if given.get("tool_calls") is not None:
        given["tool_calls"] = calls_of(given)
    if "usage" in given:
        given["usage"] = usage_of(given["usage"])
    if given.get("cost_usd") is None and "cost" in given:
        given["cost_usd"] = given["cost"]
    given.pop("cost", None)
    if "context" in given:
        given["context"] = [document_text(one) for one in listed(given["context"])]
    if given.get("trace") is not None:
        try:
            given["trace"] = trace_of(given["trace"])
        except NoTraceError as error:
            raise ShapeError(str(error)) from None
    refusal = given.pop("refusal", None)
    if isinstance(refusal, str) and refusal:
        given["refusal"] = as_text(refusal)
        given["output"] = given.get("output") or given["refusal"]
    if given.get("output") is None and not given.get("tool_calls"):
        return None
    return given


def _named_text(value: Any) -> dict[str, Any] | None:
    """A mapping or an object whose text stands under one of the usual names."""
    given = mapping_of(value, (*TEXT_NAMES, *FIELDS))
    name = next((one for one in TEXT_NAMES if isinstance((given or {}).get(one), str)), None)
    if given is None or name is None:
        return None
    role = role_of(value)
    if name == "content" and role not in (None, "assistant"):
        raise ShapeError(
            f"returned a message of role {role!r}, which is no answer\n"
            "  expected: a text, or the message of the assistant"
        )
    own = {key: one for key, one in given.items() if key in FIELDS and one is not None}
    return _own({**own, "output": given[name]})


def joined(pieces: list[Any]) -> Any:
    """Return what a stream of pieces comes to: their texts together, with the tool calls and the
    usage of the chunks of usual clients, or the last that is none of these.

    Texts before a mapping are its `output`, where it has none of its own.
    """
    answer = StreamedAnswer()
    for piece in pieces:
        answer.add(piece)
    return answer.end()
