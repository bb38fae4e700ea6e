"""Numbers as people read them, alone and with what they count."""

from __future__ import annotations


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
    return bound * (1 - 1e-9)
