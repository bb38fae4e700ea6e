"""How texts are quoted in reasons, for assertions and guardrails alike."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arena.errors import shorten
from pytest_arena.text.redaction import Redactor

_KEYS = Redactor()
"""Knows no value, only how well-known keys look."""


def quoted(text: str, limit: int = 60) -> str:
    """Return a text in quotes, cut in the middle, with its control characters escaped.

    Backslashes stay single, so that a pattern reads as it was written. What looks like a key is
    taken out before the cut, after which nobody could tell.
    """
    if len(text) > limit:
        text = _KEYS.clean(text)
    return repr(shorten(text, limit)).replace("\\\\", "\\")


def listed(texts: Iterable[str]) -> str:
    """Return quoted texts with commas, at most five by name."""
    every = [quoted(text) for text in texts]
    further = f" and {len(every) - 5} more" if len(every) > 5 else ""
    return ", ".join(every[:5]) + further
