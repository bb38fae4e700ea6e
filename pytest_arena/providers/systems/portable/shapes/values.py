"""Values of any framework as plain ones: texts, tool calls, usage, messages."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_TOKENS_IN = (
    *("input_tokens", "prompt_tokens", "request_tokens"),
    *("prompt_token_count", "promptTokenCount", "prompt_eval_count", "inputTokens"),
)
_TOKENS_OUT = (
    *("output_tokens", "completion_tokens", "response_tokens"),
    *("candidates_token_count", "candidatesTokenCount", "eval_count", "outputTokens"),
)
TOOL_USES = ("tool_use", "server_tool_use", "mcp_tool_use")
"""What Anthropic calls a call: of a tool of one's own, of one it runs itself, of a server."""
_BESIDE_TOKENS_IN = (
    *("cache_read_input_tokens", "cache_creation_input_tokens"),
    *("cacheReadInputTokens", "cacheWriteInputTokens"),
)
"""What Anthropic and Bedrock read from their caches, or write there: no part of the others."""
_NO_REASON = "no reason was given"
"""The error of a tool that failed and says nothing."""
_UNFINISHED = ("failed", "cancelled", "in_progress", "queued")
_DOCUMENT_TEXT = ("page_content", "text", "content")


class ShapeError(Exception):
    """What was returned cannot be read; the message goes on after whose it is."""


class UnknownShapeError(ShapeError):
    """What was returned has text nowhere."""


class NoCallError(ShapeError):
    """What stands where a tool call should be names no tool."""


def tool_call(value: Any) -> dict[str, Any]:
    """Return one tool call as a plain mapping, of whichever format it is.

    Arguments that are a text are read as JSON; such that are none stay as they were written.
    Raises `NoCallError`: a call that has no name would be missed by whoever looks for one.
    """
    function = get(value, "custom" if get(value, "type") == "custom" else "function")
    source = value if function is None else function
    name = first(source, "name", "tool_name", "tool")
    if not isinstance(name, str) or not name.strip():
        raise NoCallError(
            f"returned a tool call without a name: {value!r:.100}\n"
            "  expected: tool_calls as a list of {name, arguments}"
        )
    arguments = first(source, "arguments", "args", "input", "tool_kwargs")
    if isinstance(arguments, str):
        try:
            read = json.loads(arguments) if arguments.strip() else {}
        except ValueError:
            read = arguments
        arguments = read if isinstance(read, (dict, str)) else arguments
    call: dict[str, Any] = {
        "name": str(name),
        "arguments": plain({} if arguments is None else arguments),
    }
    number = first(value, "call_id", "id", "tool_call_id")
    if number is not None:
        call["id"] = str(number)
    for key in ("result", "latency_ms", "parent"):
        found = get(value, key)
        if found is not None:
            call[key] = plain(found)
    error = error_text(get(value, "error"))
    if error is not None:
        call["error"] = error
    return call


def calls_of(value: Any) -> list[dict[str, Any]]:
    """Return what stands under `tool_calls`, as plain mappings; null is no call."""
    return [tool_call(one) for one in listed(get(value, "tool_calls"))]


def came_back(call: dict[str, Any], content: Any, *, failed: bool) -> None:
    """Put what came of a call into it: its result, or its error."""
    if failed:
        call["error"] = content or _NO_REASON
    else:
        call["result"] = content


def error_text(told: Any) -> str | None:
    """Return what stands under `error` in words; None where that says that nothing went wrong:
    null, false, 0, and an empty text, list or mapping."""
    if not told:
        return None
    return as_text(plain(told)) or type(told).__name__


def told_error(value: Any) -> str | None:
    """Return what an answer, or a piece of a stream, says went wrong, whatever else it holds.

    It stands under `error`, of OpenRouter's answers in their first choice; events are called
    `error`, and OpenAI's responses have a status.
    """
    choices = get(value, "choices")
    choice = choices[0] if isinstance(choices, (list, tuple)) and choices else None
    told = error_text(get(value, "error")) or error_text(get(choice, "error"))
    if told is not None:
        return told
    kind = get(value, "type")
    if kind == "response.failed":
        return told_error(get(value, "response")) or "the response failed"
    if kind == "error":
        return error_text(first(value, "message", "detail", "content", "text", "code")) or "error"
    status = get(value, "status")
    if status not in _UNFINISHED:
        return None
    is_response = get(value, "object") == "response" or isinstance(get(value, "output"), list)
    return f"its status is {status}" if is_response else None


def usage_of(value: Any) -> dict[str, Any] | None:
    """Return tokens and cost, whatever the format calls them; None where nothing is said."""
    if value is None:
        return None
    tokens_in = first(value, *_TOKENS_IN)
    if type(tokens_in) is int and get(value, "prompt_tokens") is None:
        beside = (get(value, name) for name in _BESIDE_TOKENS_IN)
        tokens_in += sum(one for one in beside if type(one) is int)
    found = {
        "input_tokens": tokens_in,
        "output_tokens": first(value, *_TOKENS_OUT),
        "cost_usd": first(value, "cost_usd", "cost", "total_cost"),
        "reasoning_tokens": first(value, "reasoning_tokens"),
    }
    return {name: one for name, one in found.items() if one is not None} or None


def summed(usages: list[dict[str, Any] | None]) -> dict[str, Any] | None:
    """Return the sums of what all of them tell: what is known in part is not known."""
    if not usages:
        return None
    told = [one or {} for one in usages]
    names = set.intersection(*map(set, told))
    return {name: sum(one[name] for one in told) for name in names} or None


def message_of(value: Any) -> dict[str, Any]:
    """The text, the thoughts and the tool calls of one message, in any of the usual formats.

    A refusal that the model's provider marks is the text where there is no other.
    """
    content = get(value, "content")
    texts: list[str] = []
    refused = get(value, "refusal")
    refusals = [refused] if isinstance(refused, str) else []
    thoughts: list[str] = []
    calls = calls_of(value)
    for part in [content] if isinstance(content, str) else listed(content):
        kind = get(part, "type")
        if isinstance(part, str):
            texts.append(part)
        elif kind in ("thinking", "reasoning"):
            thoughts.append(str(first(part, "thinking", "reasoning", "text") or ""))
        elif kind == "refusal":
            refusals.append(str(get(part, "refusal") or ""))
        elif kind in TOOL_USES and not get(value, "tool_calls"):
            calls.append(tool_call(part))
        elif get(part, "text") is not None:
            texts.append(str(get(part, "text")))
    said = first(value, "reasoning_content", "reasoning")
    refusal = "".join(refusals)
    return {
        "output": "".join(texts) or refusal,
        "refusal": refusal or None,
        "tool_calls": calls,
        "reasoning": "\n".join(filter(None, thoughts)) or (said if isinstance(said, str) else None),
    }


def role_of(message: Any) -> str | None:
    """Who speaks: by `role`, by LangChain's `type`, or by the name of a message's class."""
    role = get(message, "role")
    if not isinstance(role, str):
        role = get(message, "type")
    names = {"ai": "assistant", "human": "user", "AIMessageChunk": "assistant"}
    known = ("assistant", "user", "tool", "function", "system", "developer")
    named = names.get(role, role) if isinstance(role, str) else None
    return named if named in known else None


def as_text(value: Any) -> str:
    """Return a value as text: text as it is, all else as JSON."""
    if isinstance(value, str):
        # of an enumeration's member too, whose str() is its name
        return str.__str__(value)
    return json.dumps(plain(value), ensure_ascii=False, default=str)


def document_text(value: Any) -> str:
    """Return the text of a document as frameworks hold it; of anything else, what it is."""
    texts = (get(value, name) for name in _DOCUMENT_TEXT)
    return next((text for text in texts if isinstance(text, str)), None) or as_text(value)


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; what it cannot hold is given as text."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, enum.Enum):
        return plain(value.value)
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return plain(dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return str(value)


def mapping_of(value: Any, names: Sequence[str]) -> dict[str, Any] | None:
    """Return what a mapping or an object holds under these names; None of what is neither."""
    if isinstance(value, Mapping):
        return {name: value[name] for name in names if name in value}
    is_named = isinstance(value, tuple) and hasattr(value, "_fields")
    if isinstance(value, (int, float, bytes, list, tuple, set)) and not is_named:
        return None
    found = {name: getattr(value, name) for name in names if hasattr(value, name)}
    return {name: one for name, one in found.items() if not _is_method(one)}


def get(value: Any, name: str) -> Any:
    """Return what a mapping or an object holds under a name; methods are nothing that it holds."""
    if isinstance(value, Mapping):
        return value.get(name)
    found = getattr(value, name, None)
    return None if _is_method(found) else found


def _is_method(value: Any) -> bool:
    # a text of LangChain's messages can be called as well, and so can the class of an exception
    return callable(value) and not isinstance(value, (str, type))


def first(value: Any, *names: str) -> Any:
    return next((one for name in names if (one := get(value, name)) is not None), None)


def listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, (str, bytes, Mapping)):
        return [value]
    return list(value) if isinstance(value, Iterable) else [value]


def usage_of_message(message: Any) -> dict[str, Any] | None:
    given = get(message, "usage_metadata") or get(message, "usage")
    if given is None:
        given = get(get(message, "response_metadata"), "token_usage")
    return usage_of(given)


def reason_of_message(message: Any) -> Any:
    """Return why a message of LangChain's ended, as its model's provider said it."""
    metadata = get(message, "response_metadata")
    return first(metadata, "finish_reason", "stop_reason", "stopReason", "done_reason")
