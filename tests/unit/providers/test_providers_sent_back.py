"""What goes back to a model in a tool loop as it came, whole or in parts."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.providers.chat_completions import answer_from
from pytest_arena.providers.sent_back import SentBack

CALL = {"id": "a", "type": "function", "function": {"name": "find", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ([{"reasoning_content": "a"}, {"reasoning_content": "b"}], {"reasoning_content": "ab"}),
        ([{"reasoning_content": None, "thinking": ""}, {"content": "x"}], {}),
        (
            [
                {"thinking_blocks": [{"type": "thinking", "thinking": "a", "signature": ""}]},
                {"thinking_blocks": [{"type": "thinking", "thinking": "b"}]},
                {"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "s"}]},
                {"thinking_blocks": [{"type": "thinking", "thinking": "c", "signature": "t"}]},
                {"thinking_blocks": [{"type": "redacted_thinking", "data": "d"}]},
                {"thinking_blocks": [{"type": "redacted_thinking", "data": "e"}]},
            ],
            {
                "thinking_blocks": [
                    {"type": "thinking", "thinking": "ab", "signature": "s"},
                    {"type": "thinking", "thinking": "c", "signature": "t"},
                    {"type": "redacted_thinking", "data": "d"},
                    {"type": "redacted_thinking", "data": "e"},
                ]
            },
        ),
        (
            [
                {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "a"}]},
                {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "b"}]},
                {"reasoning_details": [{"type": "reasoning.text", "index": 0, "signature": "s"}]},
                {"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "x"}]},
            ],
            {
                "reasoning_details": [
                    {"type": "reasoning.text", "index": 0, "text": "ab", "signature": "s"},
                    {"type": "reasoning.encrypted", "index": 1, "data": "x"},
                ]
            },
        ),
        ([{"thinking_blocks": "none", "reasoning_details": [7]}], {}),
    ],
)
def test_thoughts_are_put_together(parts: list[dict[str, Any]], fields: dict[str, Any]) -> None:
    sent = SentBack()
    for part in parts:
        sent.add(part)
    assert sent.fields == fields


def message_of(**message: Any) -> Any:
    body = {"choices": [{"message": {"role": "assistant", "content": None, **message}}]}
    return answer_from(body).response(latency_ms=1.0).message


def test_a_signed_call_goes_back_with_its_signature() -> None:
    extra = {"google": {"thought_signature": "s"}}
    message = message_of(tool_calls=[{**CALL, "extra_content": extra}])
    assert message["tool_calls"] == [{**CALL, "extra_content": extra}]


def test_what_says_no_more_than_text_and_calls_has_no_message_of_its_own() -> None:
    assert message_of(tool_calls=[CALL]) is None
    assert message_of(content="Hi", reasoning_content="hm") is None
