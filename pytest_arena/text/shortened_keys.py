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
_SIGNS = re.compile(r"k[-_]|ai-|hf[-_]|gh._|pat[-_]|xox|A[KS]IA|AIza|eyJ")
"""What stands in each of them."""
_REST = re.compile(r"[\w-]*")
_LONGEST = 60
"""Characters before a cut that are looked at."""


class ShortenedKeys:
    """What finds the beginnings of known keys before a cut, and their ends behind it."""

    def __init__(self) -> None:
        self._places: dict[str, list[tuple[str, int]]] = {}
        """Where each piece of the least length stands: in which keys, and where they go on."""

    def add(self, form: str) -> None:
        """Learn a key, or how it is written in some encoding."""
        for end in range(_LEAST, len(form) + 1):
            self._places.setdefault(form[end - _LEAST : end], []).append((form, end))

    def hide(self, text: str) -> str:
        """Return a text without what was left of keys."""
        if all(mark not in text for mark in _CUTS):
            return text
        pieces: list[str] = []
        done = 0
        for start, end in _cuts(text):
            if start < done:
                continue
            begin = start - self._beginning(text, start)
            behind = end + self._ending(text, end)
            if well_known := self._well_known(text, start):
                begin = min(begin, well_known.start())
                rest = _REST.match(text, end)
                behind = max(behind, rest.end() if rest else end)
            if begin < start or behind > end:
                pieces += (text[done : max(begin, done)], REDACTED)
                done = behind
        return "".join((*pieces, text[done:])) if pieces else text

    def _well_known(self, text: str, at: int) -> re.Match[str] | None:
        """Return the beginning of a key that nobody named, before a place."""
        before = text[max(at - _LONGEST, 0) : at]
        # quickly: hardly any word is one
        if _SIGNS.search(before) is None:
            return None
        return _BEGUN.search(text, at - len(before.rsplit(None, 1)[-1]), at)

    def _beginning(self, text: str, at: int) -> int:
        """Return how many characters before a place are the beginning of a key."""
        found = self._places.get(text[max(at - _LEAST, 0) : at])
        if found is None:
            return 0
        sizes = (end for form, end in found if text.startswith(form[:end], max(at - end, 0)))
        return max((size for size in sizes if size <= at), default=0)

    def _ending(self, text: str, at: int) -> int:
        """Return how many characters behind a place are the end of a key."""
        found = self._places.get(text[at : at + _LEAST])
        if found is None:
            return 0
        rests = (form[end - _LEAST :] for form, end in found)
        return max((len(rest) for rest in rests if text.startswith(rest, at)), default=0)


def _cuts(text: str) -> list[tuple[int, int]]:
    """Return where a text may have been cut, in order."""
    found = []
    for mark in _CUTS:
        at = text.find(mark)
        while at >= 0:
            found.append((at, at + len(mark)))
            at = text.find(mark, at + len(mark))
    return sorted(found)
