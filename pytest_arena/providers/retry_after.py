"""How long a provider asks to wait before another attempt."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite


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
