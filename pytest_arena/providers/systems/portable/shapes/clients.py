"""Answers of vendors' own clients, and results of teams of agents, told by their shape.

As in `frameworks`, each function returns the mapping of what it found, or None where the shape is
another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .values import (
    as_text,
    came_back,
    first,
    get,
    listed,
    message_of,
    plain,
    summed,
    tool_call,
    usage_of,
)


def is_converse(value: Any) -> bool:
    """Return whether a value is an answer of Bedrock's Converse, whose `output` is no text."""
    return isinstance(get(get(get(value, "output"), "message"), "content"), list)


def bedrock(value: Any) -> dict[str, Any] | None:
    """An answer of Bedrock's Converse: parts, each of which is told by its only key."""
    if not is_converse(value):
        return None
    parts = get(get(get(value, "output"), "message"), "content")
    used = [get(part, "toolUse") for part in parts if get(part, "toolUse") is not None]
    thought = [get(get(get(part, "reasoningContent"), "reasoningText"), "text") for part in parts]
    return {
        "output": "".join(str(get(part, "text") or "") for part in parts),
        "tool_calls": [{**tool_call(one), "id": str(get(one, "toolUseId"))} for one in used],
        "reasoning": "\n".join(filter(None, thought)) or None,
        "finish_reason": get(value, "stopReason"),
        "usage": usage_of(get(value, "usage")),
    }


def gemini(value: Any) -> dict[str, Any] | None:
    """An answer of Gemini's: the parts of a candidate, and the calls that the client ran."""
    candidates = get(value, "candidates")
    if not isinstance(candidates, Sequence) or isinstance(candidates, str) or not candidates:
        return None
    content = get(candidates[0], "content")
    if content is None:
        return None
    parts = listed(get(content, "parts"))
    texts = [(get(part, "thought") is True, get(part, "text")) for part in parts]
    reason = first(candidates[0], "finish_reason", "finishReason")
    before = listed(get(value, "automatic_function_calling_history"))
    return {
        "output": "".join(text for thought, text in texts if text and not thought),
        "reasoning": "\n".join(text for thought, text in texts if text and thought) or None,
        "tool_calls": _calls_of_gemini([*before, content]),
        "finish_reason": getattr(reason, "name", reason),
        "usage": _usage_of_gemini(first(value, "usage_metadata", "usageMetadata")),
        "model": first(value, "model_version", "modelVersion"),
    }


def _calls_of_gemini(contents: Sequence[Any]) -> list[dict[str, Any]]:
    """The calls since the user last said something, each with what came of it."""
    calls: list[dict[str, Any]] = []
    for content in contents:
        for part in listed(get(content, "parts")):
            called = first(part, "function_call", "functionCall")
            came = first(part, "function_response", "functionResponse")
            if called is not None:
                calls.append(tool_call(called))
            elif came is not None:
                of_name = (one for one in calls if one["name"] == get(came, "name"))
                call = next((one for one in of_name if "result" not in one), {})
                call["result"] = plain(get(came, "response"))
            elif get(content, "role") == "user":
                calls = []
    return calls


def _usage_of_gemini(usage: Any) -> dict[str, Any] | None:
    tokens = usage_of(usage)
    thoughts = first(usage, "thoughts_token_count", "thoughtsTokenCount")
    if tokens and thoughts and "output_tokens" in tokens:
        # Gemini counts its thoughts apart from what it said
        said = tokens["output_tokens"]
        return {**tokens, "output_tokens": said + thoughts, "reasoning_tokens": thoughts}
    return tokens


def one_message(value: Any) -> dict[str, Any] | None:
    """An answer that is one message, as of Ollama's chat; what an agent called before the last one
    is not in it."""
    message = get(value, "message")
    if get(message, "role") != "assistant" or get(message, "content") is None:
        return None
    found = message_of(message)
    is_ollama = first(value, "done", "done_reason", "eval_count") is not None
    if not is_ollama and not found["tool_calls"]:
        del found["tool_calls"]
    thought = get(message, "thinking")
    return {
        **found,
        "reasoning": thought if isinstance(thought, str) and thought else found["reasoning"],
        "finish_reason": first(value, "done_reason", "stop_reason"),
        "usage": usage_of(value) or usage_of(get(value, "usage")),
        "model": get(value, "model"),
    }


def crewai(value: Any) -> dict[str, Any] | None:
    """What a crew of CrewAI comes to: `raw` is its text."""
    raw = get(value, "raw")
    if not isinstance(raw, str) or get(value, "tasks_output") is None:
        return None
    return {"output": raw, "usage": usage_of(get(value, "token_usage"))}


def autogen(value: Any) -> dict[str, Any] | None:
    """What a team of AutoGen did: messages, each with who sent it; the last text is the answer."""
    messages = get(value, "messages")
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        return None
    if not all(isinstance(get(one, "source"), str) for one in messages):
        return None
    texts = [get(one, "content") for one in messages if get(one, "source") != "user"]
    said = [text for text in texts if isinstance(text, str)]
    if not said:
        return None
    calls: dict[str, dict[str, Any]] = {}
    for part in (part for content in texts if isinstance(content, list) for part in content):
        if get(part, "arguments") is not None:
            calls[str(get(part, "id"))] = tool_call(part)
        elif (made := calls.get(str(get(part, "call_id")))) is not None:
            content = as_text(get(part, "content"))
            came_back(made, content, failed=bool(get(part, "is_error")))
    # of calls, their results and what a user says there is none
    usage = [usage_of(get(one, "models_usage")) for one in messages]
    return {
        "output": said[-1],
        "tool_calls": list(calls.values()),
        "usage": summed([one for one in usage if one]),
        "finish_reason": get(value, "stop_reason"),
    }


def agent_executor(value: Any) -> dict[str, Any] | None:
    """What LangChain's executor of agents gives: its answer, and the steps that led there."""
    steps = get(value, "intermediate_steps")
    if not isinstance(value, Mapping) or not isinstance(steps, Sequence):
        return None
    if not isinstance(value.get("output"), str):
        return None
    calls = []
    for step in steps:
        if not isinstance(step, (list, tuple)) or len(step) != 2:
            return None
        action, result = step
        call = {"name": get(action, "tool"), "arguments": get(action, "tool_input")}
        calls.append(
            {**tool_call(call), "result": result if isinstance(result, str) else as_text(result)}
        )
    return {"output": value["output"], "tool_calls": calls}


CLIENTS = (bedrock, gemini, one_message, crewai, autogen)
