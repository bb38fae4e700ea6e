"""Results of the usual frameworks, told by their shape: none of them is imported.

Each function returns the mapping of what it found, or None where the shape is another one.
A framework's object has all calls of tools: an empty list says that there was none, which a text
alone does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .values import (
    as_text,
    calls_of,
    came_back,
    first,
    get,
    listed,
    message_of,
    plain,
    reason_of_message,
    role_of,
    summed,
    tool_call,
    usage_of,
    usage_of_message,
)


def is_foreign(value: Any) -> bool:
    """Return whether a value has names of ours that mean something else in its framework."""
    if _has_messages(value):
        return True
    items = get(value, "output")
    if items is None:
        # a message with tool calls, whose text is its content
        return get(value, "content") is not None or get(value, "role") is not None
    return isinstance(items, list) and any(get(item, "type") for item in items)


def _has_messages(value: Any) -> bool:
    """A result of pydantic-ai: its `output` may be of any type, its messages say more."""
    return callable(getattr(value, "all_messages", None))


def _openai_chat(value: Any) -> dict[str, Any] | None:
    choices = get(value, "choices")
    if not isinstance(choices, Sequence) or isinstance(choices, str) or not choices:
        return None
    message = get(choices[0], "message")
    if message is None:
        return None
    found = message_of(message)
    found["finish_reason"] = get(choices[0], "finish_reason")
    found["usage"] = usage_of(get(value, "usage"))
    found["model"] = get(value, "model")
    return found


def _openai_responses(value: Any) -> dict[str, Any] | None:
    items = get(value, "output")
    if not isinstance(items, Sequence) or isinstance(items, str):
        return None
    kinds = {get(item, "type") for item in items}
    called = [item for item in items if str(get(item, "type")).endswith("_call")]
    if not called and not kinds & {"message", "reasoning"}:
        return None
    parts = [
        part
        for item in items
        if get(item, "type") == "message"
        for part in listed(get(item, "content"))
    ]
    refusal = "".join(str(get(part, "refusal") or "") for part in parts)
    thoughts = [
        str(get(part, "text") or "")
        for item in items
        if get(item, "type") == "reasoning"
        for part in listed(get(item, "summary"))
    ]
    return {
        "output": "".join(str(get(part, "text") or "") for part in parts) or refusal,
        "refusal": refusal or None,
        "tool_calls": [tool_call(_named(item)) for item in called],
        "finish_reason": get(get(value, "incomplete_details"), "reason"),
        "reasoning": "\n".join(filter(None, thoughts)) or None,
        "usage": usage_of(get(value, "usage")),
        "model": get(value, "model"),
    }


def _anthropic(value: Any) -> dict[str, Any] | None:
    parts = get(value, "content")
    if get(value, "role") != "assistant" or not isinstance(parts, Sequence):
        return None
    if isinstance(parts, str) or not all(get(part, "type") for part in parts):
        return None
    found = message_of(value)
    found["finish_reason"] = get(value, "stop_reason")
    found["usage"] = usage_of(get(value, "usage"))
    found["model"] = get(value, "model")
    return found


def _pydantic_ai(value: Any) -> dict[str, Any] | None:
    if not _has_messages(value):
        return None
    output = getattr(value, "output", getattr(value, "data", None))
    if output is None:
        return None
    usage = getattr(value, "usage", None)
    tokens = usage_of(usage)
    if tokens is None and callable(usage):
        # a method until version 2; what it is now warns when it is called
        tokens = usage_of(usage())
    return {
        "output": as_text(output),
        "tool_calls": _calls_of_parts(value.all_messages()),
        "usage": tokens,
    }


def _calls_of_parts(messages: Iterable[Any]) -> list[dict[str, Any]]:
    """The calls among the parts of pydantic-ai's messages, each with what came of it."""
    calls: dict[str, dict[str, Any]] = {}
    for message in messages:
        for part in listed(get(message, "parts")):
            kind = get(part, "part_kind")
            if kind == "tool-call":
                call = tool_call(
                    {
                        "name": get(part, "tool_name"),
                        "arguments": get(part, "args"),
                        "id": get(part, "tool_call_id"),
                    }
                )
                calls[str(get(part, "tool_call_id"))] = call
            elif kind in ("tool-return", "retry-prompt"):
                found = calls.get(str(get(part, "tool_call_id")))
                if found is not None:
                    content = plain(get(part, "content"))
                    came_back(found, content, failed=kind == "retry-prompt")
    return list(calls.values())


def _agents_sdk(value: Any) -> dict[str, Any] | None:
    """A result of OpenAI's Agents SDK: `final_output`, and items that hold the calls."""
    output = get(value, "final_output")
    items = get(value, "new_items")
    if output is None or not isinstance(items, Sequence):
        return None
    calls: dict[str, dict[str, Any]] = {}
    for item in items:
        raw = get(item, "raw_item")
        kind = get(item, "type")
        if kind == "tool_call_item":
            calls[str(get(raw, "call_id") or get(raw, "id"))] = tool_call(_named(raw))
        elif kind == "tool_call_output_item" and str(get(raw, "call_id")) in calls:
            calls[str(get(raw, "call_id"))]["result"] = plain(get(item, "output"))
    usage = [usage_of(get(one, "usage")) for one in listed(get(value, "raw_responses"))]
    return {
        "output": as_text(output),
        "tool_calls": list(calls.values()),
        "usage": summed(usage),
    }


_NAMED_CALLS = ("function_call", "custom_tool_call", "mcp_call")


def _named(raw: Any) -> Any:
    """A call of a tool that OpenAI runs itself is told by its type: `web_search_call`."""
    kind = get(raw, "type")
    if kind in _NAMED_CALLS or not isinstance(kind, str) or not kind.endswith("_call"):
        return raw
    return {"name": kind[: -len("_call")], "id": get(raw, "id")}


def _langgraph(value: Any) -> dict[str, Any] | None:
    """A state of LangGraph: its last message is the answer, those of this turn hold the calls."""
    messages = get(value, "messages")
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        return None
    if role_of(messages[-1]) is None:
        return None
    last_user = max((n for n, one in enumerate(messages) if role_of(one) == "user"), default=-1)
    turn = messages[last_user + 1 :]
    answers = [one for one in turn if role_of(one) == "assistant"]
    if not answers:
        return None
    found = message_of(answers[-1])
    calls = [call for one in answers for call in message_of(one).get("tool_calls") or ()]
    results = {str(get(m, "tool_call_id")): m for m in turn if role_of(m) == "tool"}
    for call in calls:
        result = results.get(call.get("id", ""))
        if result is not None:
            content = plain(get(result, "content"))
            came_back(call, content, failed=get(result, "status") == "error")
    found["tool_calls"] = calls
    found["finish_reason"] = reason_of_message(answers[-1])
    found["usage"] = summed([usage_of_message(one) for one in answers])
    return found


def _langchain_message(value: Any) -> dict[str, Any] | None:
    if role_of(value) != "assistant" or first(value, "content", "refusal") is None:
        return None
    found = {**message_of(value), "usage": usage_of_message(value)}
    return {**found, "finish_reason": reason_of_message(value)}


def _llama_index(value: Any) -> dict[str, Any] | None:
    """A response of llama-index: `response` with the nodes it rests on, or an agent's."""
    text = get(value, "response")
    nodes = get(value, "source_nodes")
    if text is None or not (nodes is not None or get(value, "sources") is not None):
        if not hasattr(value, "tool_calls") or not hasattr(text, "blocks"):
            return None
        return {"output": as_text(get(text, "content")), "tool_calls": calls_of(value)}
    context = [as_text(get(get(node, "node"), "text") or get(node, "text")) for node in nodes or ()]
    return {"output": as_text(text), "context": context or None}


def _haystack(value: Any) -> dict[str, Any] | None:
    """What a pipeline of haystack gives: replies of some component, or a chat message."""
    if not isinstance(value, Mapping):
        return None
    parts = [value, *(one for one in value.values() if isinstance(one, Mapping))]
    for part in parts:
        replies = part.get("replies")
        if isinstance(replies, Sequence) and not isinstance(replies, str) and replies:
            reply = replies[0]
            if isinstance(reply, str):
                return {"output": reply}
            text = get(reply, "text") or get(reply, "content")
            if text is not None:
                return {"output": as_text(text), "tool_calls": calls_of(reply)}
    return None


def _dspy(value: Any) -> dict[str, Any] | None:
    """A prediction of DSPy: the field `answer` or `response`, else its last one."""
    fields = getattr(value, "_store", None)
    if (
        not isinstance(fields, Mapping)
        or not callable(getattr(value, "toDict", None))
        or not fields
    ):
        return None
    name = next((one for one in ("answer", "response", "output") if one in fields), None)
    thoughts = fields.get("reasoning")
    return {
        "output": as_text(fields[name or list(fields)[-1]]),
        "reasoning": as_text(thoughts) if thoughts is not None and name != "reasoning" else None,
    }


FRAMEWORKS = (
    _pydantic_ai,
    _openai_chat,
    _openai_responses,
    _agents_sdk,
    _anthropic,
    _langgraph,
    _langchain_message,
    _llama_index,
    _haystack,
    _dspy,
)
