"""Spans of a text none of which overlap."""

from __future__ import annotations

from bisect import bisect_left, insort


class DisjointSpans:
    """Spans of a text in their order, none inside another; asking costs the logarithm of their
    number."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def meets(self, start: int, end: int) -> bool:
        """Return whether one of the spans has a letter of this one."""
        place = bisect_left(self._spans, (end, end))
        return place > 0 and self._spans[place - 1][1] > start

    def add(self, start: int, end: int) -> bool:
        """Add a span unless it meets another; return whether it was added."""
        if self.meets(start, end):
            return False
        insort(self._spans, (start, end))
        return True
