"""Good and bad words: how a text feels, from -1 to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from pytest_arena.judging.tone.cues import read_lists
from pytest_arena.judging.tone.tokens import STOP, Tokens
from pytest_arena.judging.tone.weights import load

_NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "nobody",
        "nothing",
        "neither",
        "nor",
        "without",
        "hardly",
        "barely",
        "cannot",
    ]
)
_STRONGER = frozenset(
    [
        "absolutely",
        "amazingly",
        "completely",
        "deeply",
        "especially",
        "exceptionally",
        "extremely",
        "fully",
        "greatly",
        "highly",
        "incredibly",
        "most",
        "particularly",
        "quite",
        "really",
        "remarkably",
        "so",
        "thoroughly",
        "totally",
        "truly",
        "utterly",
        "very",
        "sincerely",
    ]
)
_WEAKER = frozenset(
    ["almost", "barely", "kinda", "less", "little", "marginally", "slightly", "somewhat"]
)
_LISTED = {"warm_word": 0.8, "strong_dislike": -1.2}
_TURN = -0.7
"""What a negation makes of a word: the other side, and weaker (as in Hutto & Gilbert 2014)."""
_REACH = 3
_SOFTENING = 8.0


class Feeling(NamedTuple):
    """The words of a text that feel good or bad: sentence, place, and value of each."""

    words: tuple[tuple[int, int, int, float], ...]
    exclamations: int

    def of(self, sentences: range | None = None) -> float:
        """Return the valence from -1 to 1 of some sentences, or of all."""
        total = sum(v for number, _, _, v in self.words if sentences is None or number in sentences)
        total *= 1 + 0.1 * min(self.exclamations, 3)
        return total / math.sqrt(total * total + _SOFTENING)

    def shares(self, sentences: range, words: int) -> tuple[float, float]:
        """Return how much the good words, and how much the bad words, weigh among all."""
        own = [v for number, _, _, v in self.words if number in sentences]
        good, bad = sum(v for v in own if v > 0), -sum(v for v in own if v < 0)
        return min(1.0, 2 * good / words), min(1.0, 2 * bad / words)


def feel(tokens: Tokens, plain: str) -> Feeling:
    """Return the words of a text that feel good or bad, negations counted in."""
    valences = _valences()
    found = []
    texts = tokens.texts
    for place, word in enumerate(texts):
        value = valences.get(word)
        if value is None or word in _NEGATIONS:
            continue
        value *= reaches(texts, place)
        start, end = tokens.spans[place]
        found.append((tokens.sentence[place], start, end, value))
    return Feeling(tuple(found), plain.count("!"))


@cache
def _valences() -> dict[str, float]:
    """Return the fitted values, and for listed words that the data had too rarely, one a list."""
    lists = {**read_lists("warmth"), **read_lists("hostility")}
    listed = {
        word.strip(): value
        for name, value in _LISTED.items()
        for word in lists[name].split(",")
        if word.strip().isalpha()
    }
    return {**listed, **load().valences}


def reaches(texts: Sequence[str], place: int) -> float:
    """Return what the words before a word make of it: turned by "not", stronger by "very"."""
    factor = 1.0
    for back in range(place - 1, max(place - 1 - _REACH, 0), -1):
        before = texts[back]
        if before == STOP:
            break
        if before in _NEGATIONS:
            factor *= _TURN
        elif before in _STRONGER:
            factor *= 1.25
        elif before in _WEAKER:
            factor *= 0.75
    return factor
