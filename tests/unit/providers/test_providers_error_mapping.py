"""One kind and one text for each failure, whichever provider's words they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.errors import ErrorKind
from pytest_arena.providers.error_mapping import (
    exception_failure,
    failure,
    http_failure,
    provider_words,
    redact,
)


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (
            401,
            '{"error": {"message": "bad key"}}',
            ErrorKind.AUTHENTICATION,
            "authentication failed (HTTP 401): bad key",
        ),
        (403, "", ErrorKind.AUTHENTICATION, "authentication failed (HTTP 403)"),
        (
            400,
            '{"error": {"message": "API key not valid.", "status": "API_KEY_INVALID"}}',
            ErrorKind.AUTHENTICATION,
            "authentication failed (HTTP 400): API key not valid.",
        ),
        (
            429,
            '{"error": {"message": "slow down"}}',
            ErrorKind.RATE_LIMIT,
            "rate limited (HTTP 429): slow down",
        ),
        (408, "", ErrorKind.TIMEOUT, "timed out (HTTP 408)"),
        (
            404,
            '{"error": "model \'x\' not found"}',
            ErrorKind.NOT_FOUND,
            "no such model or endpoint (HTTP 404): model 'x' not found",
        ),
        (500, "oops", ErrorKind.SERVER, "the provider failed (HTTP 500): oops"),
        (
            529,
            '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}',
            ErrorKind.SERVER,
            "the provider failed (HTTP 529): Overloaded",
        ),
        (
            400,
            '{"error": {"message": "too big", "code": "context_length_exceeded"}}',
            ErrorKind.CONTEXT_LENGTH,
            "the prompt is longer than the model's context (HTTP 400): too big",
        ),
        (
            400,
            '{"error": {"message": "no", "code": "content_policy_violation"}}',
            ErrorKind.CONTENT_FILTER,
            "blocked by the provider's content filter (HTTP 400): no",
        ),
        (
            422,
            '{"detail": "temperature: too hot"}',
            ErrorKind.BAD_REQUEST,
            "the provider refused the request (HTTP 422): temperature: too hot",
        ),
    ],
)
def test_a_status_and_its_body_tell_kind_and_text(
    status: int, body: str, kind: ErrorKind, text: str
) -> None:
    error = http_failure(status, body, {})
    assert (error.kind, error.message, error.status) == (kind, text, status)


def test_gemini_says_in_the_body_how_long_to_wait() -> None:
    body = '{"error": {"message": "quota", "details": [{"retryDelay": "34s"}]}}'
    assert http_failure(429, body, {}).retry_after_s == 34.0


def test_a_header_goes_before_the_body() -> None:
    body = '{"error": {"message": "quota", "details": [{"retryDelay": "34s"}]}}'
    assert http_failure(429, body, {"retry-after": "2"}).retry_after_s == 2.0


def test_the_providers_words_are_cut_at_200_characters() -> None:
    error = failure(ErrorKind.SERVER, "x" * 500, status=500)
    assert error.message.startswith("the provider failed (HTTP 500): xxx")
    assert len(error.message) == len("the provider failed (HTTP 500): ") + 200


def test_a_known_key_never_gets_into_a_message() -> None:
    error = failure(
        ErrorKind.AUTHENTICATION, "key hunter2hunter2 is wrong", secrets=["hunter2hunter2"]
    )
    assert error.message == "authentication failed: key [REDACTED] is wrong"


@pytest.mark.parametrize(
    "text",
    [
        "sk-abcdef123456",
        "sk-proj-ab****cd",
        "gsk_abcdef123456",
        "AIzaSyA1234567890abcdefghij",
        "Bearer abc.def",
        "https://x/y?key=abcdef",
    ],
)
def test_what_looks_like_a_key_never_gets_into_a_message(text: str) -> None:
    shown = redact(f"Incorrect: {text}.")
    assert "[REDACTED]" in shown
    assert "abc" not in shown
    assert "AIza" not in shown


def test_words_that_only_resemble_a_key_stay() -> None:
    assert (
        redact("a risk-assessment task-oriented model") == "a risk-assessment task-oriented model"
    )


@given(st.text(min_size=6), st.text(), st.text())
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    cleaned = redact(before + secret + after, [secret])
    assert secret not in cleaned or secret in "[REDACTED]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'litellm.RateLimitError: AnthropicException - {"error":{"message":"slow"}}',
            "slow",
        ),
        ('litellm.RateLimitError: X - b\'{"error":{"message":"it\\\'s slow"}}\'', "it's slow"),
        ("litellm.BadRequestError: OpenAIException - bad value", "bad value"),
        (
            "litellm.InternalServerError: AnthropicException - gone. "
            "Handle with `litellm.InternalServerError`.",
            "gone",
        ),
        ("plain words", "plain words"),
        ('{"broken', '{"broken'),
    ],
)
def test_the_sentence_for_people_is_found(text: str, words: str) -> None:
    assert provider_words(text) == words


def _raised(outer: Exception, cause: Exception) -> Exception:
    outer.__cause__ = cause
    return outer


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (
            _raised(TimeoutError("connect"), ConnectionResetError("reset by peer")),
            ErrorKind.CONNECTION,
            "the connection failed: reset by peer",
        ),
        (TimeoutError(), ErrorKind.TIMEOUT, "timed out: TimeoutError"),
        (
            _raised(RuntimeError("x"), json.JSONDecodeError("Expecting value", "<html>", 0)),
            ErrorKind.BAD_RESPONSE,
            "the provider's answer cannot be read: not JSON: '<html>'",
        ),
        (
            _raised(RuntimeError("x"), KeyError("content")),
            ErrorKind.BAD_RESPONSE,
            "the provider's answer cannot be read: 'content' is missing",
        ),
        (
            ModuleNotFoundError("No module named 'boto3'"),
            ErrorKind.CONFIGURATION,
            "the provider cannot be used: No module named 'boto3'",
        ),
        (RuntimeError("strange"), ErrorKind.SERVER, "the provider failed: strange"),
    ],
)
def test_the_deepest_exception_tells_the_kind(error: Exception, kind: ErrorKind, text: str) -> None:
    found = exception_failure(error)
    assert (found.kind, found.message, found.status) == (kind, text, None)
