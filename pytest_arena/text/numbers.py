"""Numbers as people read them, alone and with what they count."""

from __future__ import annotations

_ROUNDING = 1e-12
"""The part of a sum that binary fractions may add to it or take from it; a fraction of a second in
the time of day, in seconds since 1970, is more."""


def number(value: float) -> str:
    """Return a number with thousands set apart and at most three decimals."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def counted(value: float, noun: str) -> str:
    """Return a number with what it counts: `1 call`, `1,200 calls`, `0 model calls`."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def less_rounding(bound: float) -> float:
    """Return a bound less what binary fractions may add to it: a part of it, so that zero reaches
    no bound but zero."""
    return bound - abs(bound) * _ROUNDING


def reaches(value: float, least: float) -> bool:
    """Return whether a number that was measured or summed up is at least so much, rounding of
    binary fractions aside; one that is no number (NaN) is not."""
    return value >= (less_rounding(least) if isinstance(value, float) else least)


def stays_within(value: float, most: float) -> bool:
    """Return whether a number that was measured or summed up is at most so much, rounding of
    binary fractions aside; one that is no number (NaN) is not."""
    return value <= (most + abs(most) * _ROUNDING if isinstance(value, float) else most)
