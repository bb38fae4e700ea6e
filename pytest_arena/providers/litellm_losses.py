"""What litellm drops of answers in formats other than OpenAI's, put back from what was heard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_arena.providers.completion import Answer, no_text

GEMINI = (":generateContent", ":streamGenerateContent")
_OF_A_PART = re.compile(r"text|thought|inline|file|function|tool|executable|code")
"""How the keys of Gemini's parts begin."""


def restore(answer: Answer, path: str, events: Iterable[Any]) -> None:
    """Put back why Ollama's `/api/generate` ended, and what Gemini had said before its filter.

    `events` are the JSON values of the body, in their order.
    """
    if path.endswith("/api/generate") and not answer.calls:
        for event in _mappings(events):
            answer.finish(event.get("done_reason"))
    if path.endswith(GEMINI) and answer.finish_reason == "content_filter":
        parts = [part for event in _mappings(events) for part in _parts(event)]
        said = [part["text"] for part in parts if not part.get("thought")]
        answer.texts = said or answer.texts
        answer.reasoning = answer.reasoning or [p["text"] for p in parts if p.get("thought")]


def stopped_by_filter(path: str, events: Iterable[Any]) -> Answer | None:
    """Return an answer that Gemini's filter stopped, which litellm cannot read where it comes
    without a usage; None where it is no such answer."""
    answer = Answer()
    for event in _mappings(events) if path.endswith(GEMINI) else ():
        feedback = event.get("promptFeedback")
        if isinstance(feedback, Mapping) and feedback.get("blockReason"):
            answer.finish("content_filter")
        for candidate in _mappings(event.get("candidates")):
            answer.finish(candidate.get("finishReason"))
    return answer if answer.finish_reason == "content_filter" else None


def check_content(events: Iterable[Any]) -> None:
    """Raise the error of an answer of Gemini whose content is none, which litellm takes for an
    empty one; a model that says nothing may leave it out."""
    found: list[Any] = []
    for event in _mappings(events):
        candidate = next(iter(_mappings(event.get("candidates"))), {})
        content = candidate.get("content")
        parts = content.get("parts", []) if isinstance(content, Mapping) else content
        if parts is not None:
            _check_parts(content, parts)
            found += parts
    named = [part for part in found if part]
    if named and not any(_OF_A_PART.match(name) for part in named for name in part):
        raise no_text(found)


def _check_parts(content: Any, parts: Any) -> None:
    if not isinstance(content, Mapping) or not isinstance(parts, list):
        raise no_text(content)
    for part in parts:
        if not isinstance(part, Mapping) or not isinstance(part.get("text", ""), str):
            raise no_text(part)


def _parts(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the texts of an event's first candidate, thoughts among them."""
    candidate = next(iter(_mappings(event.get("candidates"))), {})
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, Mapping) else ()
    yield from (part for part in _mappings(parts) if isinstance(part.get("text"), str))


def _mappings(values: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(values, Iterable):
        yield from (value for value in values if isinstance(value, Mapping))
