"""What a provider's headers say of its rate limits: how much is left, and when there is more.

The names are those of OpenAI (`x-ratelimit-remaining-requests`, …: its docs, "Rate limits in
headers"), of Anthropic (`anthropic-ratelimit-requests-remaining`, …: its docs, "Rate limits"), and
of litellm, which puts `llm_provider-` before them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from pytest_arena.results.allowance import Allowance, Quota


def parse_retry_after(
    headers: Mapping[str, str], now: Callable[[], float] = time.time
) -> float | None:
    """Return the seconds of `retry-after-ms` or `Retry-After` (seconds or an HTTP date), or None.

    A time that has passed is 0. Header names are looked up in lower case first, as HTTP clients
    keep them.
    """
    milliseconds = number_of(_header(headers, "retry-after-ms"))
    if milliseconds is not None:
        return max(milliseconds, 0.0) / 1000
    written = _header(headers, "retry-after")
    if written is None:
        return None
    seconds = number_of(written)
    if seconds is not None:
        return max(seconds, 0.0)
    try:
        return max(parsedate_to_datetime(written).timestamp() - now(), 0.0)
    except ValueError:
        return None


def _header(headers: Mapping[str, str], name: str) -> str | None:
    found = headers.get(name)
    if found is not None:
        return found
    for key, value in headers.items():
        if key.lower() == name:
            return value
    return None


def number_of(text: str | None) -> float | None:
    """Return the finite number that a header holds, or None."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?"
    r"(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?"
)
_SECONDS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_LITELLM = "llm_provider-"
_KINDS = {
    "requests": ("requests",),
    "tokens": ("tokens", "input-tokens", "output-tokens"),
}


def allowance_from(
    headers: Mapping[str, str], now: Callable[[], float] = time.time
) -> Allowance | None:
    """Return what rate-limit headers say, or None where there are none."""
    known = {
        _plain(name): str(value) for name, value in headers.items() if "ratelimit" in name.lower()
    }
    if not known:
        return None
    quotas = [
        quota
        for names in _KINDS.values()
        for name in names
        if (quota := _quota(known, name, now)) is not None
    ]
    return Allowance(tuple(quotas)) if quotas else None


def _quota(headers: Mapping[str, str], kind: str, now: Callable[[], float]) -> Quota | None:
    for left, limit, reset in (
        (f"x-ratelimit-remaining-{kind}", f"x-ratelimit-limit-{kind}", f"x-ratelimit-reset-{kind}"),
        (
            f"anthropic-ratelimit-{kind}-remaining",
            f"anthropic-ratelimit-{kind}-limit",
            f"anthropic-ratelimit-{kind}-reset",
        ),
    ):
        remaining = _amount(headers.get(left))
        if remaining is not None:
            return Quota(
                kind == "requests",
                remaining,
                _amount(headers.get(limit)),
                reset_s(headers.get(reset), now),
            )
    return None


def reset_s(text: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds of `1s`, `6m0s`, `12ms`, `0.5`, or of a time in RFC 3339; else None."""
    if not text:
        return None
    number = _amount(text)
    if number is not None:
        # a large one is a time since 1970, as some gateways send it
        return max(number - now(), 0.0) if number > 1e9 else number
    match = _DURATION.fullmatch(text.strip())
    if match:
        parts = zip(match.groups(), _SECONDS, strict=True)
        return sum(float(part) * unit for part, unit in parts if part)
    try:
        return max(datetime.fromisoformat(text.strip()).timestamp() - now(), 0.0)
    except ValueError:
        return None


def _plain(name: str) -> str:
    return name.lower().removeprefix(_LITELLM)


def _amount(text: str | None) -> float | None:
    number = number_of(text)
    return number if number is not None and number >= 0 else None
