"""What becomes of `tool_choice` once the model has called a tool."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.engine.conversation import _released
from pytest_arena.results.request_response import Message

ASKED: list[Message] = [{"role": "user", "content": "Hi"}]
CALLED: list[Message] = [
    *ASKED,
    {"role": "assistant", "content": ""},
    {"role": "tool", "content": "ok", "tool_call_id": "1"},
]


@pytest.mark.parametrize(
    ("choice", "messages", "sent"),
    [
        ("required", ASKED, "required"),
        ("required", CALLED, "auto"),
        ({"type": "function", "function": {"name": "find"}}, CALLED, "auto"),
        ("required", [*CALLED, *ASKED], "required"),
        ("none", CALLED, "none"),
        ("auto", CALLED, "auto"),
        ("required", [], "required"),
    ],
)
def test_a_model_must_call_a_tool_until_it_has(
    choice: Any, messages: list[Message], sent: str
) -> None:
    params = {"temperature": 0.1, "tool_choice": choice}
    assert _released(params, messages) == {"temperature": 0.1, "tool_choice": sent}
    assert params["tool_choice"] == choice
    assert _released({"temperature": 0.1}, messages) == {"temperature": 0.1}
