"""How violations are worded."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_arena.errors import shorten


def listed(texts: Sequence[str]) -> str:
    """Return quoted texts with commas, at most five by name."""
    further = f" and {len(texts) - 5} more" if len(texts) > 5 else ""
    return ", ".join(repr(shorten(text, 60)) for text in texts[:5]) + further
