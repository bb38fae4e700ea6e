"""What litellm drops of other formats is put back from what came over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.completion import Answer
from pytest_arena.providers.litellm_losses import check_content, restore, stopped_by_filter

WHOLE, STREAM = "/v1beta/models/g:generateContent", "/v1beta/models/g:streamGenerateContent"


def candidate(*texts: str, finish: str | None = None, thought: str | None = None) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": text} for text in texts]
    parts += [{"text": thought, "thought": True}] if thought else []
    return {"candidates": [{"content": {"parts": parts}, "finishReason": finish}]}


def filtered(*texts: str) -> Answer:
    return Answer(texts=list(texts), finish_reason="content_filter")


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([candidate("a part", finish="SAFETY")], ["a part"]),
        ([candidate("one "), candidate("two", finish="SPII")], ["one ", "two"]),
        ([candidate("one "), {"candidates": [{"finishReason": "SAFETY"}]}], ["one "]),
        ([{"promptFeedback": {"blockReason": "OTHER"}}], ["as litellm read it"]),
        (["no mapping", {"candidates": [None, 1]}], ["as litellm read it"]),
    ],
)
def test_what_gemini_had_said_before_its_filter_is_the_text(
    events: list[Any], said: list[str]
) -> None:
    answer = filtered("as litellm read it")
    restore(answer, STREAM, events)
    assert answer.texts == said


def test_thoughts_before_a_filter_are_thoughts() -> None:
    answer = filtered()
    restore(answer, WHOLE, [candidate("a part", finish="SAFETY", thought="hm")])
    assert (answer.texts, answer.reasoning) == (["a part"], ["hm"])


def test_an_answer_that_no_filter_stopped_stays_as_litellm_read_it() -> None:
    answer = Answer(texts=["read"], finish_reason="stop")
    restore(answer, WHOLE, [candidate("heard", finish="STOP")])
    assert answer.texts == ["read"]


@pytest.mark.parametrize(
    ("path", "event", "reason"),
    [
        ("/api/generate", {"done_reason": "length"}, "length"),
        ("/api/generate", {"done": True}, "stop"),
        ("/api/chat", {"done_reason": "length"}, "stop"),
    ],
)
def test_why_ollama_ended_is_kept(path: str, event: dict[str, Any], reason: str) -> None:
    answer = Answer(texts=["read"], finish_reason="stop")
    restore(answer, path, [event])
    assert answer.finish_reason == reason


@pytest.mark.parametrize(
    ("path", "event", "stopped"),
    [
        (WHOLE, candidate("part", finish="SAFETY"), True),
        (WHOLE, {"promptFeedback": {"blockReason": "SAFETY"}}, True),
        (WHOLE, candidate("all", finish="STOP"), False),
        ("/api/chat", {"promptFeedback": {"blockReason": "SAFETY"}}, False),
    ],
)
def test_a_stop_without_a_usage_is_known_for_one(
    path: str, event: dict[str, Any], stopped: bool
) -> None:
    assert (stopped_by_filter(path, [event]) is not None) is stopped


def content(content: Any) -> dict[str, Any]:
    return {"candidates": [{"content": content, "finishReason": "STOP"}]}


@pytest.mark.parametrize(
    "given",
    [
        "x",
        [1],
        5,
        {"parts": {}},
        {"parts": "x"},
        {"parts": [{"a": 1}]},
        {"parts": [1]},
        {"parts": [None]},
        {"parts": [{"text": 5}]},
        {"parts": [{"text": "Paris"}, {"text": None}]},
    ],
)
def test_a_content_that_is_none_of_gemini_is_no_empty_answer(given: Any) -> None:
    with pytest.raises(ProviderError, match="its content is neither text nor parts") as caught:
        check_content([content(given)])
    assert caught.value.kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize(
    "event",
    [
        content(None),
        content({}),
        content({"role": "model"}),
        content({"parts": None}),
        content({"parts": []}),
        content({"parts": [{}]}),
        content({"parts": [{"text": ""}]}),
        content({"parts": [{"text": "Paris"}, {"newKindOfPart": {}}]}),
        content({"parts": [{"functionCall": {"name": "f"}, "thoughtSignature": "x"}]}),
        content({"parts": [{"inlineData": {"mimeType": "image/png", "data": "x"}}]}),
        {"candidates": [{"finishReason": "MAX_TOKENS"}]},
        {"promptFeedback": {"blockReason": "SAFETY"}},
        {"usageMetadata": {}},
    ],
)
def test_a_model_that_says_nothing_may_leave_its_content_out(event: dict[str, Any]) -> None:
    check_content([event])
