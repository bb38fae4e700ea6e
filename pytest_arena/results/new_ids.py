"""Ids that nobody else gives: of a conversation, and of a trial's trace."""

from __future__ import annotations

from random import Random

_ids = Random()  # noqa: S311 - names, not secrets
"""Its own, which no `random.seed()` of a test reaches; the system is asked once, not each time."""


def new_id() -> str:
    """Return an id: 32 hexadecimal digits, not all of them zero, which the id of a trace must not
    be."""
    return f"{_ids.getrandbits(128) or 1:032x}"
