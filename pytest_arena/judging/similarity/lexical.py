"""How alike two texts are in their words and letters: what needs no model and no network.

The similarity is the mean of two cosines: of words, without the endings of English plurals and
verbs, weighted by TF-IDF with a fixed table (a function word of any of the known languages counts
a third, as it stands in most texts); and of runs of three and four letters inside words, which
sees other forms of a word and misspellings.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache

from pytest_arena.errors import ArenaError
from pytest_arena.judging.similarity.numbers import with_digits
from pytest_arena.judging.words import stem
from pytest_arena.light_dataclass import dataclass
from pytest_arena.text.folding import fold

MOST_CHARACTERS = 100_000
_FUNCTION_WORD = 0.35
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
# Written without blanks between words: every sign counts as one.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|cannot|without|nor|neither|nothing|nobody|nowhere)\b|n['’]t\b",
    re.IGNORECASE,
)


class TooLongError(ArenaError):
    """A text is too long to be compared."""


@dataclass(frozen=True, slots=True)
class _Profile:
    """A text as what is compared: weights of words and counts of letter runs."""

    words: Mapping[str, float]
    runs: Mapping[str, float]


def similarity(first: str, second: str) -> float:
    """Return how alike two texts are in words and letters, from 0 to 1; 1 for equal texts.

    More than 100,000 characters are a `TooLongError`.
    """
    for text in (first, second):
        if len(text) > MOST_CHARACTERS:
            raise TooLongError(f"a text of {len(text):,} characters is too long to be compared")
    first, second = fold(first, case_sensitive=True), fold(second, case_sensitive=True)
    if first == second:
        return 1.0
    one, other = _profile(first), _profile(second)
    value = (_cosine(one.words, other.words) + _cosine(one.runs, other.runs)) / 2
    return min(value, 1.0)


def is_negated(text: str) -> bool:
    """Return whether an English text holds a negation."""
    return bool(_NEGATION.search(text))


@lru_cache(maxsize=512)
def _profile(text: str) -> _Profile:
    function_words = _function_words()
    words: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for match in _WORD.finditer(_UNSPACED.sub(r" \g<0> ", with_digits(text))):
        words[stem(match[0])] += 1
        framed = f" {match[0].casefold()} "
        for size in (3, 4):
            runs.update(framed[i : i + size] for i in range(len(framed) - size + 1))
    weighted = {
        word: count * (_FUNCTION_WORD if word in function_words else 1.0)
        for word, count in words.items()
    }
    return _Profile(weighted, runs)


def _cosine(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    if len(first) > len(second):
        first, second = second, first
    shared = sum(value * second[key] for key, value in first.items() if key in second)
    if not shared:
        return 0.0
    squares = sum(v * v for v in first.values()) * sum(v * v for v in second.values())
    return shared / math.sqrt(squares)


@cache
def _function_words() -> frozenset[str]:
    from pytest_arena.judging.similarity.function_words import WORDS

    return frozenset(stem(word) for listed in WORDS.values() for word in listed.split())
