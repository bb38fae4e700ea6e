"""The rate-limit headers of providers: the names, the units, and nothing made of nonsense."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_arena.errors import ErrorKind
from pytest_arena.providers.error_mapping import http_failure
from pytest_arena.providers.rate_headers import allowance_from, reset_s
from pytest_arena.results.allowance import Quota

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("12ms", 0.012),
        ("1m30.5s", 90.5),
        ("1h2m", 3720.0),
        ("2d", 172800.0),
        ("0.25", 0.25),
        ("1700000005", 5.0),
        ("2023-11-14T22:13:25Z", 5.0),
        ("2020-01-01T00:00:00Z", 0.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        (None, None),
    ],
)
def test_a_reset_is_read_in_every_unit(text: str | None, seconds: float | None) -> None:
    found = reset_s(text, lambda: NOW)
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_openai_names_requests_and_tokens() -> None:
    headers = {
        "X-RateLimit-Limit-Requests": "60",
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    found = allowance_from(headers)
    assert found is not None
    assert found.quotas == (Quota(True, 59, 60, 1.0), Quota(False, 149984, 150000, 360.0))
    assert not found.is_scarce


def test_anthropic_counts_input_and_output_apart() -> None:
    headers = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2023-11-14T22:14:20Z",
        "anthropic-ratelimit-output-tokens-remaining": "100",
    }
    found = allowance_from(headers, lambda: NOW)
    assert found is not None
    assert found.quotas == (Quota(True, 0, 50, 60.0), Quota(False, 100))
    assert found.wait_s == pytest.approx(1.2)


def test_litellm_hands_them_on_with_a_prefix() -> None:
    found = allowance_from({"llm_provider-x-ratelimit-remaining-requests": "3"})
    assert found is not None
    assert found.quotas == (Quota(True, 3),)


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": "json"}, {"x-ratelimit-remaining-requests": "many"}]
)
def test_without_such_headers_nothing_is_known(headers: dict[str, str]) -> None:
    assert allowance_from(headers) is None


def test_a_refusal_without_retry_after_waits_as_its_headers_say() -> None:
    headers = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "60s",
    }
    error = http_failure(429, "slow down", headers)
    assert (error.kind, error.retry_after_s) == (ErrorKind.RATE_LIMIT, 1.0)
    assert http_failure(429, "slow down", {**headers, "Retry-After": "7"}).retry_after_s == 7
    assert http_failure(500, "broken", headers).retry_after_s is None


@given(
    st.dictionaries(
        st.sampled_from(
            [
                f"{prefix}{what}-{kind}"
                for prefix in ("x-ratelimit-", "llm_provider-x-ratelimit-")
                for what in ("remaining", "limit", "reset")
                for kind in ("requests", "tokens")
            ]
        ),
        st.text(max_size=12) | st.floats().map(str) | st.integers().map(str),
    )
)
@example(
    {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-limit-requests": "1e-308",
        "x-ratelimit-reset-requests": "9007199254740992",
    }
)
def test_whatever_a_server_sends_is_a_wait_that_can_be_made(headers: dict[str, str]) -> None:
    found = allowance_from(headers)
    if found is not None:
        assert found.wait_s is None or 0 <= found.wait_s < float("inf")
        assert found.low_rate is None or found.low_rate > 0
