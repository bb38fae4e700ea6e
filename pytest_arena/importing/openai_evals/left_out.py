"""Why something of an eval cannot be in an arena."""

from __future__ import annotations


class LeftOutError(Exception):
    """Something that cannot be in an arena: why, and what to write instead."""

    def __init__(self, why: str, instead: str = "") -> None:
        super().__init__(why)
        self.instead = instead
