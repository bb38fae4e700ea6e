"""How much of a tool's result is kept and sent: a flood helps nobody, and may have no end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MOST_CHARACTERS = 100_000
"""Of one result; about 25,000 tokens."""
_MARGIN = 10_000
"""More than is sent, so that a secret that stands across the end is seen whole."""


class Beginning:
    """Takes the beginning of a value, as long as its JSON may be, of iterators without end too."""

    def __init__(self, most: int = MOST_CHARACTERS + _MARGIN) -> None:
        self._left = most
        self.is_whole = True
        """Whether all of it was taken."""

    def of(self, value: Any) -> Any:
        """Return the value as far as it goes."""
        if isinstance(value, str):
            taken = value[: self._left]
            self.is_whole &= len(taken) == len(value)
            self._left -= len(taken)
            return taken
        self._left -= 1
        if isinstance(value, Mapping):
            some = self._some(value.items())
            return {
                self.of(name) if isinstance(name, str) else name: self.of(inner)
                for name, inner in some
            }
        if isinstance(value, (list, tuple, set, frozenset, Iterator)):
            return [self.of(inner) for inner in self._some(value)]
        return value

    def _some(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            if self._left <= 0:
                self.is_whole = False
                return
            yield item


def bounded(value: Any, *, is_whole: bool = True) -> Any:
    """Return a value that is not too long; of a longer one, or of one that `is_whole` says is a
    beginning, the beginning of its JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if is_whole:
        return value if len(text) <= MOST_CHARACTERS else bounded_text(text)
    return f"{text[:MOST_CHARACTERS]}… (more was left out)"


def bounded_text(text: str) -> str:
    """Return a text that is not too long, with a word on what was left out."""
    left_out = len(text) - MOST_CHARACTERS
    if left_out <= 0:
        return text
    return f"{text[:MOST_CHARACTERS]}… ({left_out:,} more characters were left out)"
