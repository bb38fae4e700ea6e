"""What vendors refuse of a history with calls of tools: a call without its result, a result without
its call, thoughts that are not sent back as they came."""

from __future__ import annotations

import json
from typing import Any

from servers.formats import SIGNATURE

_RESULTS = ('"role": "tool"', '"tool_result"', '"functionResponse"', '"function_response"')


def has_results(body: dict[str, Any]) -> bool:
    """Return whether a request brings what came of calls."""
    text = json.dumps(body)
    return any(mark in text for mark in _RESULTS)


def problem_of(path: str, body: dict[str, Any], thoughts: str) -> str | None:
    """Return why a vendor would refuse a request's history; None where it would not."""
    if "generateContent" in path or "GenerateContent" in path:
        return _of_gemini(body)
    if path.endswith("/messages"):
        return _of_anthropic(body, thoughts)
    if path.endswith("/api/chat"):
        return _of_ollama(body)
    return _of_openai(body, thoughts)


def _of_openai(body: dict[str, Any], thoughts: str) -> str | None:
    waiting: list[str] = []
    for message in body["messages"]:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                return "a tool message answers no call"
            waiting.remove(message["tool_call_id"])
        elif waiting:
            return f"calls {waiting} have no result"
        elif message.get("tool_calls"):
            if message.get("reasoning_content") != thoughts:
                return "the reasoning_content must be passed back"
            waiting = [call["id"] for call in message["tool_calls"]]
    return f"calls {waiting} have no result" if waiting else None


def _of_anthropic(body: dict[str, Any], thoughts: str) -> str | None:
    waiting: list[str] = []
    for message in body["messages"]:
        blocks = message["content"] if isinstance(message["content"], list) else []
        answered = [one["tool_use_id"] for one in blocks if one["type"] == "tool_result"]
        if sorted(answered) != sorted(waiting):
            return f"calls {waiting} are answered by {answered}"
        waiting = [one["id"] for one in blocks if one["type"] == "tool_use"]
        if waiting:
            first = {"type": "thinking", "thinking": thoughts, "signature": SIGNATURE}
            if {key: blocks[0].get(key) for key in first} != first:
                return "a message with calls must begin with its signed thoughts"
    return f"calls {waiting} have no result" if waiting else None


def _of_gemini(body: dict[str, Any]) -> str | None:
    waiting: list[str] = []
    for content in body["contents"]:
        parts = content["parts"]
        answers = [one.get("functionResponse") or one.get("function_response") for one in parts]
        answered = [one["name"] for one in answers if one]
        if answered != waiting:
            return f"calls {waiting} are answered by {answered}"
        calls = [one for one in parts if "functionCall" in one or "function_call" in one]
        waiting = [(one.get("functionCall") or one["function_call"])["name"] for one in calls]
        signature = calls and (calls[0].get("thoughtSignature"))
        if calls and signature != SIGNATURE:
            return "the function call is missing a thought_signature"
    return f"calls {waiting} have no result" if waiting else None


def _of_ollama(body: dict[str, Any]) -> str | None:
    waiting = 0
    for message in body["messages"]:
        if message["role"] == "tool":
            waiting -= 1
        elif waiting:
            return f"{waiting} calls have no result"
        else:
            waiting = len(message.get("tool_calls") or ())
    return f"{waiting} calls have no result" if waiting else None
