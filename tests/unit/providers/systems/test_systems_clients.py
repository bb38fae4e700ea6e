"""Answers of vendors' own clients and of teams of agents, told by their shape."""

from __future__ import annotations

from types import SimpleNamespace as Of
from typing import Any

import pytest

from pytest_arena.providers.systems.portable.shapes import described

CALL = {"name": "find", "arguments": {"n": 1}}
USAGE = {"input_tokens": 3, "output_tokens": 4}


def part(**given: Any) -> Of:
    return Of(**{"text": None, "thought": None, "function_call": None, **given})


def content(role: str, *parts: Of) -> Of:
    return Of(role=role, parts=list(parts))


def gemini(*parts: Of, **further: Any) -> Of:
    candidate = Of(content=content("model", *parts), finish_reason=Of(name="STOP"))
    usage = Of(prompt_token_count=3, candidates_token_count=4, thoughts_token_count=None)
    return Of(**{"candidates": [candidate], "usage_metadata": usage, **further})


CALLED = part(function_call=Of(name="find", args={"n": 1}, id=None))
CAME = part(function_response=Of(name="find", response={"status": "shipped"}))
HISTORY = [
    content("user", part(text="earlier")),
    content("model", part(function_call=Of(name="stale", args={}))),
    content("user", part(text="now")),
    content("model", CALLED),
    content("user", CAME),
]
CONVERSE = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm"}}},
                {"text": "hello"},
                {"toolUse": {"toolUseId": "c1", "name": "find", "input": {"n": 1}}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": {"inputTokens": 3, "outputTokens": 4},
}
TEAM = [
    Of(source="user", content="hi", models_usage=None),
    Of(source="a", content=[Of(id="1", name="find", arguments='{"n": 1}')], models_usage=None),
    Of(source="a", content=[Of(call_id="1", content="shipped", is_error=False)], models_usage=None),
    Of(source="a", content="hello", models_usage=Of(prompt_tokens=3, completion_tokens=4)),
]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            gemini(part(text="hm", thought=True), part(text="hello"), model_version="g"),
            {"output": "hello", "reasoning": "hm", "tool_calls": [], "usage": USAGE, "model": "g"}
            | {"finish_reason": "STOP"},
        ),
        (gemini(CALLED), {"output": "", "tool_calls": [CALL], "usage": USAGE}),
        (
            gemini(part(text="hello"), automatic_function_calling_history=HISTORY),
            {"tool_calls": [{**CALL, "result": {"status": "shipped"}}]},
        ),
        (
            {
                "candidates": [{"content": {"parts": [{"text": "hello"}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4}
                | {"thoughtsTokenCount": 2},
            },
            {
                "output": "hello",
                "usage": {"input_tokens": 3, "output_tokens": 6, "reasoning_tokens": 2},
                "finish_reason": "STOP",
            },
        ),
        (
            {"message": {"role": "assistant", "content": "hello", "thinking": "hm"}, "done": True}
            | {"prompt_eval_count": 3, "eval_count": 4, "model": "m"},
            {"output": "hello", "reasoning": "hm", "tool_calls": [], "usage": USAGE, "model": "m"},
        ),
        (
            CONVERSE,
            {
                "output": "hello",
                "reasoning": "hm",
                "tool_calls": [{**CALL, "id": "c1"}],
                "finish_reason": "tool_use",
                "usage": USAGE,
            },
        ),
        (
            Of(raw="hello", tasks_output=[], token_usage=Of(prompt_tokens=3, completion_tokens=4)),
            {"output": "hello", "usage": USAGE},
        ),
        (
            Of(messages=TEAM, stop_reason="done"),
            {
                "output": "hello",
                "tool_calls": [{**CALL, "id": "1", "result": "shipped"}],
                "usage": USAGE,
                "finish_reason": "done",
            },
        ),
        (
            {
                "output": "hello",
                "intermediate_steps": [(Of(tool="find", tool_input={"n": 1}), "shipped")],
            },
            {"output": "hello", "tool_calls": [{**CALL, "result": "shipped"}]},
        ),
    ],
)
def test_each_is_read(value: Any, expected: dict[str, Any]) -> None:
    found = described(value)
    assert {name: found[name] for name in expected} == expected


def test_what_an_agent_called_before_its_last_message_is_not_known() -> None:
    last = {"role": "assistant", "content": [{"text": "hello"}]}
    found = described(Of(message=last, stop_reason="end_turn"))
    assert found == {"output": "hello", "finish_reason": "end_turn"}
    assert "tool_calls" not in described(Of(raw="hello", tasks_output=[], token_usage=None))


def test_documents_of_a_framework_are_their_texts() -> None:
    documents = [Of(page_content="one", metadata={}), {"text": "two"}, "three", {"id": 4}]
    found = described({"answer": "hello", "context": documents})
    assert found["context"] == ["one", "two", "three", '{"id": 4}']
