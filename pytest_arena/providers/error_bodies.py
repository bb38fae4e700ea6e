"""Errors that come where an answer should: in a body of status 200, or within a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.error_mapping import failure, kind_of, provider_words

_WORDS = (
    (ErrorKind.INSUFFICIENT_QUOTA, r"insufficient_(?:quota|credits|balance)|billing|payment"),
    (ErrorKind.RATE_LIMIT, r"rate_?limit|too_many_requests|resource_exhausted|throttl"),
    (ErrorKind.AUTHENTICATION, r"auth|api_key|permission|forbidden|access_denied"),
    (ErrorKind.CONTEXT_LENGTH, r"context_(?:length|window)|too_long|string_above_max"),
    (ErrorKind.CONTENT_FILTER, r"content_(?:filter|policy)|moderation|safety"),
    (ErrorKind.NOT_FOUND, r"not_found|unknown_model"),
    (ErrorKind.TIMEOUT, r"time_?out|deadline"),
    (ErrorKind.SERVER, r"server|internal|api_error|overload|unavailable|upstream"),
    (ErrorKind.BAD_REQUEST, r"invalid|bad_request|unsupported|validation|unprocessable"),
)
"""What the codes and types say that are words; the first that is found counts."""
_KINDS = tuple((kind, re.compile(words)) for kind, words in _WORDS)

_OF_AN_ERROR = frozenset(
    (
        *("code", "detail", "error", "message", "object", "param", "path", "request_id"),
        *("status", "status_code", "success", "timestamp", "title", "type"),
    )
)
"""The keys of a body that is no answer but an error without an `error` object."""


def error_in(body: Any) -> ProviderError | None:
    """Return the failure that an answer tells of by an `error` object, where it does.

    The code within decides over its kind, as a status would; without one it counts as a failure
    of the server.
    """
    if isinstance(body, list):
        # Gemini's endpoint in OpenAI's format lists its errors
        return next((found for one in body if (found := error_in(one))), None)
    if not isinstance(body, dict):
        return None
    error = body.get("error") or _error_of_choice(body) or _error_by_itself(body)
    if not error:
        return None
    text = json.dumps({"error": error}, default=str)
    return failure(_kind(body, error, text), provider_words(text))


def _error_of_choice(body: Mapping[str, Any]) -> Any:
    """Return the error of the first choice, where OpenRouter puts what a model's host reports."""
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return None
    if error := choice.get("error"):
        return error
    return "the answer ended with an error" if choice.get("finish_reason") == "error" else None


def _error_by_itself(body: Mapping[str, Any]) -> Any:
    """Return a body that is an error and nothing else, as gateways and older servers write it."""
    said = body.get("message") or body.get("detail")
    return dict(body) if isinstance(said, str) and body.keys() <= _OF_AN_ERROR else None


def _kind(body: Mapping[str, Any], error: Any, text: str) -> ErrorKind:
    holders = [error, body] if isinstance(error, dict) else [body]
    words = []
    for holder in holders:
        for name in ("code", "status", "status_code", "type"):
            value = holder.get(name)
            number = _status(value)
            if number is not None:
                return kind_of(number, text)
            if isinstance(value, str):
                words.append(value.lower().replace("-", "_").replace(" ", "_"))
    for word in words:
        for kind, pattern in _KINDS:
            if pattern.search(word):
                return kind
    # told apart by the sentence alone, as far as it is a well-known one
    kind = kind_of(400, text)
    return ErrorKind.SERVER if kind is ErrorKind.BAD_REQUEST else kind


def _status(value: Any) -> int | None:
    """Return the HTTP status that a code is, as a number or in digits."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = str(value).strip()
    if len(text) != 3 or not text.isdecimal():
        return None
    return int(text) if 400 <= int(text) < 600 else None
