"""A small language for phrases, and one pass over a text that finds all of them.

Phrases stand between commas, words between blanks: `a|b` is either, `apolog*` any word that begins
so, `_` any word, `_3` up to three of any; a trailing `?` makes an element optional, `^` in front
demands the start of a sentence, `$` at the end its end. Contractions are in full (`do not`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pytest_arena.judging.tone.tokens import STOP

# Any word, but none that turns a phrase around: "I am not sorry" is no apology.
_UNSKIPPED = frozenset((STOP, "not", "never", "no"))
# An alternation may go on in the next line.
_BROKEN = re.compile(r"\|\s+")


class Hit(NamedTuple):
    """A cue that was found: its name, and its first and last token."""

    cue: str
    first: int
    last: int


class _Element(NamedTuple):
    words: frozenset[str]
    beginnings: tuple[str, ...]
    optional: bool
    most: int
    """How many of any word it may take; 0 for an element that names its words."""

    def takes(self, word: str) -> bool:
        if word in self.words:
            return True
        return bool(self.beginnings) and word.startswith(self.beginnings)


class _Phrase(NamedTuple):
    cue: str
    rest: tuple[_Element, ...]
    at_start: bool
    at_end: bool


class _Following:
    """Phrases that begin with one word, by the word that must follow; `others` may go on freely."""

    __slots__ = ("by_next", "others")

    def __init__(self) -> None:
        self.by_next: dict[str, list[_Phrase]] = {}
        self.others: list[_Phrase] = []

    def add(self, phrase: _Phrase) -> None:
        following = phrase.rest[0] if phrase.rest else None
        if following is None or following.optional or following.most or following.beginnings:
            self.others.append(phrase)
            return
        for word in following.words:
            self.by_next.setdefault(word, []).append(phrase)


class Phrases:
    """Phrases by their first two words, so that most words of a text cost one look-up."""

    def __init__(self, cues: Mapping[str, str]) -> None:
        self._by_word: dict[str, _Following] = {}
        self._by_beginning: dict[str, _Following] = {}
        for cue, written in cues.items():
            for phrase in _BROKEN.sub("|", written).split(","):
                if phrase.strip():
                    self._add(cue, phrase.split())
        self._sizes = sorted({len(beginning) for beginning in self._by_beginning})

    def find(self, texts: Sequence[str]) -> list[Hit]:
        """Return every hit in tokens, the longest for a cue where several begin at one place."""
        hits: list[Hit] = []
        for place, word in enumerate(texts):
            if word == STOP:
                continue
            known = [self._by_word[word]] if word in self._by_word else []
            known += [
                self._by_beginning[word[:size]]
                for size in self._sizes
                if word[:size] in self._by_beginning
            ]
            if known:
                hits += _longest(known, texts, place)
        return hits

    def _add(self, cue: str, written: list[str]) -> None:
        at_start = written[0] == "^"
        at_end = written[-1] == "$"
        kept = written[at_start : len(written) - at_end]
        elements = [_element(one) for one in kept]
        phrase = _Phrase(cue, tuple(elements[1:]), at_start, at_end)
        first = elements[0]
        if first.optional or first.most:
            raise ValueError(f"{cue}: {' '.join(written)!r} must begin with words")
        for word in first.words:
            self._by_word.setdefault(word, _Following()).add(phrase)
        for beginning in first.beginnings:
            self._by_beginning.setdefault(beginning, _Following()).add(phrase)


def _element(written: str) -> _Element:
    optional = written.endswith("?")
    written = written.removesuffix("?")
    if written[0] == "_":
        return _Element(frozenset(), (), optional or len(written) > 1, int(written[1:] or 1))
    parts = written.split("|")
    return _Element(
        frozenset(part for part in parts if not part.endswith("*")),
        tuple(part[:-1] for part in parts if part.endswith("*")),
        optional,
        0,
    )


def _longest(known: Iterable[_Following], texts: Sequence[str], place: int) -> list[Hit]:
    ends: dict[str, int] = {}
    following = texts[place + 1] if place + 1 < len(texts) else STOP
    for group in known:
        for phrase in (*group.others, *group.by_next.get(following, ())):
            if phrase.at_start and texts[place - 1] != STOP:
                continue
            last = _end(phrase, texts, place + 1)
            if last > ends.get(phrase.cue, 0):
                ends[phrase.cue] = last
    return [Hit(cue, place, last - 1) for cue, last in ends.items()]


def _end(phrase: _Phrase, texts: Sequence[str], place: int) -> int:
    """Return the place behind the phrase's last word, 0 where the phrase does not stand here."""
    places = {place}
    for element in phrase.rest:
        following = set(places) if element.optional else set()
        for here in places:
            if element.most:
                for step in range(here, min(here + element.most, len(texts))):
                    if texts[step] in _UNSKIPPED:
                        break
                    following.add(step + 1)
            elif here < len(texts) and element.takes(texts[here]):
                following.add(here + 1)
        if not following:
            return 0
        places = following
    if phrase.at_end:
        places = {here for here in places if here >= len(texts) or texts[here] == STOP}
    return max(places, default=0)
