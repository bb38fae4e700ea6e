"""What is left of a key where a text was cut in its middle, as pytest shows long values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_arena.text.encodings import from_base64, from_hex

_MARKS = ("...", "…", " chars]")
_CUT = re.compile(r"\.\.\.|…|\[\d{1,9} chars\]")
"""As pytest, this project and unittest leave out a part of a text."""
_LEAST = 4
"""Characters of a key that are taken for a part of it, beside a cut."""
_BEGUN = re.compile(
    r"(?:\b|(?<=\\[nrt]))(?:(?:[spr]k|gsk|xai|hf|gh[opsu]|github_pat|glpat|xox[abeprs])[-_]|A[KS]IA|AIza|eyJ)"
    r"[\w-]{4,}$"
)
"""The beginning of a well-known key."""
_SIGNS = re.compile(r"k[-_]|ai-|hf[-_]|gh._|pat[-_]|xox|A[KS]IA|AIza|eyJ")
"""What stands in each of them."""
_REST = re.compile(r"[\w-]*")
_LONGEST = 60
"""Characters before a cut that are looked at."""
_LEAST_ENCODED = 12
_LONGEST_ENCODED = 400
_DIGITS_BEFORE = re.compile(rf"[A-Za-z0-9+/_-]{{{_LEAST_ENCODED}}}")
_DIGITS = re.compile(r"[A-Za-z0-9+/_-]*")
_HEX = re.compile(r"[0-9A-Fa-f]*")
_HALF_BEFORE = re.compile(
    r"(?:&(?:#[xX]?[0-9A-Fa-f]{0,6}|[A-Za-z]{0,31})|%[0-9A-Fa-f]?|[ux]\{?[0-9A-Fa-f]{0,5})$"
)
_HALF_BEHIND = re.compile(r"#?[xXu]?\{?[0-9A-Za-z]{0,6}[;}]?")
"""What a cut leaves of an escape."""
_LONGEST_HALF = 32


class ShortenedKeys:
    """What finds the beginnings of known keys before a cut, and their ends behind it."""

    def __init__(self) -> None:
        self._places: dict[str, list[tuple[str, int]]] = {}
        """Where each piece of the least length stands: in which keys, and where they go on."""

    def add(self, form: str) -> None:
        """Learn a key, or how it is written in some encoding."""
        for end in range(_LEAST, len(form) + 1):
            self._places.setdefault(form[end - _LEAST : end], []).append((form, end))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where something is left of a key, with the cut beside it."""
        return self._spans(text, halves=False)

    def spans_of_halves(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the same of a text that was read where it was cut within an escape."""
        return self._spans(text, halves=True)

    def _spans(self, text: str, *, halves: bool) -> Iterator[tuple[int, int]]:
        if all(mark not in text for mark in _MARKS):
            return
        for cut in _CUT.finditer(text):
            start, end = cut.span()
            begin, behind = self._beside(text, start, end)
            if halves:
                if half := _HALF_BEFORE.search(text, max(start - _LONGEST_HALF, 0), start):
                    before = self._beside(text, half.start(), end)
                    if before[0] < half.start():
                        begin, behind = min(begin, before[0]), max(behind, before[1])
                behind = max(behind, self._behind_half(text, end))
            if begin < start or behind > end:
                yield begin, behind

    def _beside(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Return where what is left of a key begins before a cut, and ends behind it."""
        begin = start - self._beginning(text, start)
        behind = end + self._ending(text, end)
        if well_known := _well_known(text, start, end):
            return min(begin, well_known[0]), max(behind, well_known[1])
        return begin, behind

    def _behind_half(self, text: str, at: int) -> int:
        """Return where the end of a key ends behind half an escape, or where that begins."""
        half = _HALF_BEHIND.match(text, at)
        for place in range(at + 1, half.end() + 1 if half else at):
            if size := self._ending(text, place):
                return place + size
        return at

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


def _well_known(text: str, at: int, behind: int) -> tuple[int, int] | None:
    """Return where the rest of a key that nobody named begins before a cut, and ends behind it."""
    before = text[max(at - _LONGEST, 0) : at]
    # quickly: hardly any word is one
    if _SIGNS.search(before) is not None:
        begun = _BEGUN.search(text, at - len(before.rsplit(None, 1)[-1]), at)
        if begun:
            return begun.start(), _end_of(_REST, text, behind)
    if _DIGITS_BEFORE.fullmatch(text, max(at - _LEAST_ENCODED, 0), at):
        run = _end_in(_DIGITS, text[max(at - _LONGEST_ENCODED, 0) : at])
        if _begins_encoded(run):
            return at - len(run), _end_of(_DIGITS, text, behind)
    return None


def _begins_encoded(run: str) -> bool:
    """Return whether the end of a run stands for the beginning of a well-known key."""
    read = (*from_base64(run), *from_hex(_end_in(_HEX, run)))
    return any(_BEGUN.search(plain) for plain in read)


def _end_in(pattern: re.Pattern[str], text: str) -> str:
    """Return the longest end of a text that is of some characters alone."""
    return text[len(text) - _end_of(pattern, text[::-1], 0) :]


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
