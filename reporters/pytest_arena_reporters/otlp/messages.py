"""What was said, in the form that the conventions for generative AI give to messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_arena.results.content import shown
from pytest_arena.results.request_response import SYSTEM_ROLES, Message, Response, called_by_model


def as_json(value: Any) -> str:
    """Return a value as a text, which all backends show; a text stays itself."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def system_instructions(messages: Iterable[Message]) -> str | None:
    """Return what the system prompts say; None where there is none."""
    parts = [
        _text(shown(message.get("content")))
        for message in messages
        if message.get("role") in SYSTEM_ROLES
    ]
    return as_json(parts) if parts else None


def input_messages(messages: Iterable[Message]) -> str | None:
    """Return what was said before an answer, without the system prompts; None for nothing."""
    said = [_message(one) for one in messages if one.get("role") not in SYSTEM_ROLES]
    return as_json(said) if said else None


def output_message(response: Response) -> str:
    """Return one answer: what was thought, said, and asked of tools."""
    parts: list[dict[str, Any]] = []
    if response.reasoning:
        parts.append({"type": "reasoning", "content": response.reasoning})
    if response.output:
        parts.append(_text(response.output))
    if not response.transcript:
        parts += [_called(called_by_model(call)) for call in response.tool_calls]
    return as_json([{"role": "assistant", "parts": parts}])


def one_message(message: Message) -> str:
    """Return one message of a transcript."""
    return as_json([_message(message)])


def _message(message: Message) -> dict[str, Any]:
    role = str(message.get("role") or "user")
    content = message.get("content")
    if role == "tool":
        response = {"type": "tool_call_response", "id": message.get("tool_call_id")}
        return {"role": role, "parts": [{**response, "response": shown(content)}]}
    parts = [_text(shown(content))] if content else []
    calls = message.get("tool_calls")
    parts += [_called(call) for call in calls] if isinstance(calls, (list, tuple)) else []
    return {"role": role, "parts": parts}


def _text(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


def _called(call: Any) -> dict[str, Any]:
    held = call if isinstance(call, Mapping) else {}
    function = held.get("function")
    function = function if isinstance(function, Mapping) else {}
    return {
        "type": "tool_call",
        "id": held.get("id"),
        "name": str(function.get("name", "")),
        "arguments": _parsed(function.get("arguments")),
    }


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
