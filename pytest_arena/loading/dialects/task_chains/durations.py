"""Durations as Go writes them."""

from __future__ import annotations

import re

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def go_seconds(written: str) -> float | None:
    """Return the seconds of `30s` or `1h30m`; None of what is no such duration, or no time.

    Source: https://pkg.go.dev/time#ParseDuration
    """
    text = written.strip()
    if not re.fullmatch(rf"(?:{_PART.pattern})+", text):
        return None
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return seconds or None
