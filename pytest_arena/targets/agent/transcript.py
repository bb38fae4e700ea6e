"""The messages of a tool loop, in OpenAI's form: the model's with its calls, and their results."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from pytest_arena.results.request_response import Message, Response, ToolCall, called_by_model
from pytest_arena.tools import ToolResult


def with_ids(response: Response, taken: Collection[str]) -> Response:
    """Return a model's response whose calls each have an id that no other call of the turn has.

    Some servers give none, or the same one again; what is sent back must tell calls apart.
    """
    seen = set(taken)
    calls = []
    for call in response.tool_calls:
        own = call.id or f"call_{len(seen) + 1}"
        while own in seen:
            own = f"{own}_{len(seen) + 1}"
        seen.add(own)
        calls.append(replace(call, id=own))
    if [call.id for call in calls] == [call.id for call in response.tool_calls]:
        return response
    message = response.message
    sent = message.get("tool_calls") if message is not None else None
    if message is not None and isinstance(sent, list) and len(sent) == len(calls):
        renamed = [{**one, "id": call.id} for one, call in zip(sent, calls, strict=True)]
        message = {**message, "tool_calls": renamed}
    return replace(response, tool_calls=tuple(calls), message=message)


def assistant_message(response: Response) -> Message:
    """Return what the model said as it is sent back: the provider's own form, where it has one."""
    if response.message is not None:
        return response.message
    message: Message = {"role": "assistant", "content": response.output or None}
    if response.tool_calls:
        message["tool_calls"] = [called_by_model(call) for call in response.tool_calls]
    else:
        message["content"] = response.output
    return message


def result_message(call: ToolCall) -> Message:
    """Return what came of a call as the model is told it."""
    told = f"error: {call.error}" if call.error is not None else _json(call.result)
    return {"role": "tool", "tool_call_id": call.id, "content": told}


def with_result(call: ToolCall, result: ToolResult, latency_ms: float | None) -> ToolCall:
    """Return a call with what came of it."""
    rounded = None if latency_ms is None else round(latency_ms, 3)
    return replace(call, result=result.value, error=result.error, latency_ms=rounded)


def is_run_already(call: ToolCall) -> bool:
    """Return whether a call came with what came of it, as from a mock."""
    return call.result is not None or call.error is not None


def ids_in(transcript: list[Message]) -> Iterator[str]:
    """Yield the ids of the calls that a transcript holds."""
    for message in transcript:
        for call in message.get("tool_calls") or ():
            yield str(call.get("id", ""))


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
