"""Texts that are too long to be shown whole: what is left out of their middles, and how many."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_TEXT = 8_000
"""The most characters of one text."""
MOST_TOGETHER = 120_000
"""The most characters of all texts together."""
_SHORTEST = 400
"""The fewest characters that a text is cut to."""


def allowance(lengths: Sequence[int]) -> int:
    """Return how many characters of each text can be shown, so that all of them have room.

    Short texts stay whole; what they leave is shared by the longer ones alike.
    """
    room, left = MOST_TOGETHER, len(lengths)
    for length in sorted(lengths):
        share = room // left
        if length > share:
            return max(min(share, LONGEST_TEXT), _SHORTEST)
        room -= length
        left -= 1
    return LONGEST_TEXT


def cut(text: str, most: int) -> tuple[str, int]:
    """Return a text without what is too much in its middle, and how many characters these are.

    Two thirds of what is kept are its beginning.
    """
    left_out = len(text) - most
    if left_out <= 0:
        return text, 0
    head = most * 2 // 3
    note = f"\n[… {left_out:,} characters left out …]\n"
    return f"{text[:head]}{note}{text[len(text) - (most - head) :]}", left_out
