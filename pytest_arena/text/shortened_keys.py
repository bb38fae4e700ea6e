"""What is left of a key where a text was cut in its middle, as pytest shows long values."""

from __future__ import annotations

import re

from pytest_arena.text.key_patterns import REDACTED

_CUTS = ("...", "…")
_LEAST = 4
"""Characters of a key that are taken for a part of it, beside a cut."""
_BEGUN = re.compile(
    r"\b(?:(?:[spr]k|gsk|xai|hf|gh[opsu]|github_pat|glpat|xox[abeprs])[-_]|A[KS]IA|AIza|eyJ)"
    r"[\w-]{4,}$"
)
"""The beginning of a well-known key."""
_SIGNS = ("k-", "k_", "ai-", "hf", "gh", "pat", "xox", "AKIA", "ASIA", "AIza", "eyJ")
"""What stands in each of them."""
_REST = re.compile(r"[\w-]*")
_LONGEST = 120
"""Characters before a cut that are looked at."""


class ShortenedKeys:
    """What finds the beginnings of known keys before a cut, and their ends behind it."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._parts: set[str] = set()
        """All pieces of the least length, for a quick look."""

    def add(self, form: str) -> None:
        """Learn a key, or how it is written in some encoding."""
        self._known.add(form)
        self._parts.update(form[at : at + _LEAST] for at in range(len(form) - _LEAST + 1))

    def hide(self, text: str) -> str:
        """Return a text without what was left of keys."""
        if all(mark not in text for mark in _CUTS):
            return text
        found: list[tuple[int, int]] = []
        for start, end in _cuts(text):
            begin = start - self._beginning(text, start)
            behind = end + self._ending(text, end)
            if well_known := self._well_known(text, start):
                begin = min(begin, well_known.start())
                rest = _REST.match(text, end)
                behind = max(behind, rest.end() if rest else end)
            if begin < start or behind > end:
                found.append((begin, behind))
        for begin, behind in reversed(found):
            text = text[:begin] + REDACTED + text[behind:]
        return text

    def _well_known(self, text: str, at: int) -> re.Match[str] | None:
        """Return the beginning of a key that nobody named, before a place."""
        words = text[max(at - _LONGEST, 0) : at].rsplit(None, 1)
        # quickly: hardly any word is one
        if not words or not any(sign in words[-1] for sign in _SIGNS):
            return None
        return _BEGUN.search(text, at - len(words[-1]), at)

    def _beginning(self, text: str, at: int) -> int:
        """Return how many characters before a place are the beginning of a key."""
        if text[max(at - _LEAST, 0) : at] not in self._parts:
            return 0
        lengths = (
            size
            for one in self._known
            for size in range(min(len(one), at), _LEAST - 1, -1)
            if text.startswith(one[:size], at - size)
        )
        return max(lengths, default=0)

    def _ending(self, text: str, at: int) -> int:
        """Return how many characters behind a place are the end of a key."""
        if text[at : at + _LEAST] not in self._parts:
            return 0
        lengths = (
            size
            for one in self._known
            for size in range(len(one), _LEAST - 1, -1)
            if text.startswith(one[-size:], at)
        )
        return max(lengths, default=0)


def _cuts(text: str) -> list[tuple[int, int]]:
    """Return where a text may have been cut, in order."""
    found = []
    for mark in _CUTS:
        at = text.find(mark)
        while at >= 0:
            found.append((at, at + len(mark)))
            at = text.find(mark, at + len(mark))
    return sorted(found)
