"""Figures of a text's form: lengths, punctuation, kinds of words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_VOWELS = re.compile(r"[aeiouy]+")
_LINKING = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "with",
        "from",
        "to",
        "into",
        "about",
        "over",
        "under",
        "between",
        "through",
        "during",
        "before",
        "after",
        "within",
        "upon",
        "per",
        "via",
    ]
)
_PRONOUNS = frozenset(
    [
        "i",
        "me",
        "my",
        "mine",
        "we",
        "us",
        "our",
        "you",
        "your",
        "he",
        "him",
        "his",
        "she",
        "her",
        "it",
        "its",
        "they",
        "them",
        "their",
        "who",
        "what",
    ]
)
_NOMINAL = ("tion", "sion", "ment", "ance", "ence", "ity", "ness", "ship", "ism")
_DENIALS = ("no", "wrong", "nope", "never")
_MOST_WORDS = 25
"""Length says something of tone in short texts only; answers are longer than what was rated."""

MEASURES = [
    "words",
    "sentence_length",
    "word_length",
    "long_words",
    "commas",
    "questions",
    "open_questions",
    "full_stop",
    "numbers",
    "colons",
    "brackets",
    "linking_words",
    "pronouns",
    "capitals",
    "variety",
    "opens_with_no",
    "reading_ease",
    "nominal",
]


def measure(
    plain: str, words: Sequence[str], ends: Sequence[str], starts: Sequence[str]
) -> dict[str, float]:
    """Return the figures of `MEASURES`, each about 0 to 1.

    `words` are those of the text as written, `ends` the marks after its sentences, `starts` the
    first words of these.
    """
    letters = [word for word in words if word[0].isalpha()]
    low = [word.lower() for word in letters]
    count, sentences = max(1, len(letters)), max(1, len(ends))
    syllables = sum(map(_syllables, low))
    ease = 206.835 - 1.015 * count / sentences - 84.6 * syllables / count
    return {
        "words": math.log1p(min(count, _MOST_WORDS)) / 5,
        "sentence_length": min(2.0, count / sentences / 20),
        "word_length": sum(map(len, letters)) / count / 5 if letters else 0.8,
        "long_words": sum(len(word) > 7 for word in letters) / count,
        "commas": min(1.0, plain.count(",") / sentences / 2),
        "questions": ends.count("?") / sentences,
        "open_questions": min(1.0, _open_questions(starts, ends) / sentences),
        "full_stop": 1.0 if plain.rstrip()[-1:] in tuple(".!?:)\"'") else 0.0,
        "numbers": min(1.0, (len(words) - len(letters)) / count * 4),
        "colons": min(1.0, (plain.count(":") + plain.count(";")) / sentences),
        "brackets": min(1.0, (plain.count("(") + plain.count('"') / 2) / sentences),
        "linking_words": sum(word in _LINKING for word in low) / count,
        "pronouns": sum(word in _PRONOUNS for word in low) / count,
        "capitals": sum(word[0].isupper() for word in letters) / count,
        "variety": len(set(low[:60])) / min(count, 60),
        "opens_with_no": 1.0 if low[:1] and low[0] in _DENIALS else 0.0,
        "reading_ease": max(-1.0, min(1.2, ease / 100)),
        "nominal": min(1.0, sum(_is_nominal(word) for word in low) / count * 8),
    }


def _open_questions(starts: Sequence[str], ends: Sequence[str]) -> int:
    asking = ("what", "why", "who", "how", "where", "when")
    return sum(s in asking and e == "?" for s, e in zip(starts, ends, strict=False))


def _is_nominal(word: str) -> bool:
    return len(word) > 6 and word.rstrip("s").endswith(_NOMINAL)


def _syllables(word: str) -> int:
    count = len(_VOWELS.findall(word))
    if count > 1 and word.endswith("e") and not word.endswith("le"):
        count -= 1
    return max(1, count)
