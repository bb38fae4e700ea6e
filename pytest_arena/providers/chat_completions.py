"""The answers of OpenAI's chat completions, whole and as chunks of a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError, shorten
from pytest_arena.providers.completion import Answer, CallParts, text_of, unreadable, usage_from
from pytest_arena.providers.error_mapping import failure, kind_of, provider_words


def answer_from(body: Any) -> Answer:
    """Read a chat completion; one without choices is a `ProviderError`."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    if not choices:
        raise unreadable(f"it holds no choices: {shorten(json.dumps(body), 80)}")
    choice = choices[0]
    message = choice["message"]
    answer = Answer(
        texts=[text_of(message.get("content")) or message.get("refusal") or ""],
        finish_reason=choice.get("finish_reason"),
        usage=usage_from(body.get("usage")),
        model=body.get("model"),
        tells_filter=_tells_filter(body, choice),
    )
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = call["function"]
        answer.calls[index] = CallParts(
            call.get("id") or "", function["name"], function.get("arguments") or ""
        )
    return answer


def add_chunk(answer: Answer, chunk: Any) -> bool:
    """Add one chunk of a stream; return whether it held a part of the answer itself."""
    answer.model = chunk.get("model") or answer.model
    answer.usage = usage_from(chunk.get("usage")) or answer.usage
    choices = chunk.get("choices")
    if not choices or choices[0].get("index"):
        return False
    answer.tells_filter = answer.tells_filter or _tells_filter(chunk, choices[0])
    answer.finish_reason = choices[0].get("finish_reason") or answer.finish_reason
    delta = choices[0].get("delta") or {}
    text = text_of(delta.get("content")) or delta.get("refusal") or ""
    if text:
        answer.texts.append(text)
    calls = delta.get("tool_calls") or ()
    for call in calls:
        parts = answer.calls.setdefault(call.get("index", len(answer.calls)), CallParts())
        function = call.get("function") or {}
        parts.id = call.get("id") or parts.id
        parts.name += function.get("name") or ""
        parts.arguments += function.get("arguments") or ""
    return bool(text or calls)


def _tells_filter(body: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
    """Return whether an answer brings the findings of a content filter, as Azure's do."""
    return bool(choice.get("content_filter_results") or body.get("prompt_filter_results"))


def failed_in_stream(chunk: Any) -> ProviderError | None:
    """Return the failure that a chunk tells of, where it does."""
    error = chunk.get("error") if isinstance(chunk, Mapping) else None
    if not error:
        return None
    text = json.dumps(chunk)
    code = error.get("code") if isinstance(error, Mapping) else None
    kind = kind_of(code, text) if isinstance(code, int) and code >= 400 else ErrorKind.SERVER
    return failure(kind, provider_words(text))
