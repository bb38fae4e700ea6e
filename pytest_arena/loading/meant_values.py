"""What somebody means who writes a number with a unit, or a time in words."""

from __future__ import annotations

import re

_WITH_UNIT = re.compile(
    r"[$€]?\s*(?P<number>\d[\d,_]*(?:\.\d+)?)\s*(?P<unit>%|[A-Za-z]*)\.?", re.ASCII
)
_SECONDS = {
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_UNITS = {0.001: "ms", 1.0: "s", 60.0: "m", 3600.0: "h", 86400.0: "d"}
_FACTORS = {"": 1.0, "%": 0.01, "k": 1e3, "usd": 1.0, "dollars": 1.0, "cents": 0.01, "eur": 1.0}


def meant_number(name: str, given: object) -> str | None:
    """Return the number that a text means for a key, as it is written; None where it means none."""
    match = _WITH_UNIT.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        return None
    number, unit = _number(match["number"]), match["unit"].lower()
    if name.endswith("_ms"):
        factor = _SECONDS[unit] * 1000 if unit in _SECONDS else None
    else:
        factor = _FACTORS.get(unit)
    # ten digits hide what a product of floats adds at its end
    return None if factor is None else f"{number * factor:.10g}"


def meant_duration(given: object) -> str | None:
    """Return the time that a text means, as this format writes it; None where it means none."""
    match = _WITH_UNIT.fullmatch(given.strip()) if isinstance(given, str) else None
    seconds = _SECONDS.get(match["unit"].lower()) if match else None
    if match is None or seconds is None:
        return None
    return f"{_number(match['number']):.10g}{_UNITS[seconds]}"


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("_", ""))
