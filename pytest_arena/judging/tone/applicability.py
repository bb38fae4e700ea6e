"""Whether a text can be judged at all: English, long enough, and not code alone."""

from __future__ import annotations

import unicodedata
from functools import cache

from pytest_arena.judging.tone.analysis import Reading
from pytest_arena.judging.tone.cues import read_lists
from pytest_arena.judging.tone.masking import looks_like_code, mask, quotations

_LEAST_WORDS = 2
_LEAST_SHARE = 0.15
_ENOUGH_WORDS = 5
"""From so many words on the share of common words counts; a shorter text must have one or a cue."""


def why_not(reading: Reading) -> str | None:
    """Return why a text cannot be judged, in a few words, or None where it can."""
    text = reading.text
    if not text.strip():
        return "the answer is empty"
    foreign = _other_script(text)
    if foreign is not None:
        return f"the answer is not English: most letters are {foreign}"
    plain, _ = mask(text)
    words = reading.words
    if looks_like_code(plain) or (reading.has_code and len(words) < _ENOUGH_WORDS):
        return "the answer is code or data, and little else"
    if len(words) < _LEAST_WORDS:
        if quotations(plain):
            return "the answer is too short: little but a quotation"
        return "the answer is too short: one word" if words else "the answer has no words"
    english, other = _common_words()
    # "don't" and "ur" are English, too
    common = sum(word.partition("'")[0].removesuffix("n") in english for word in words)
    common += sum(word in english and word.endswith("n") for word in words)
    common += sum(cue.name in ("slang", "textspeak", "bare_contraction") for cue in reading.cues)
    foreign_words = sum(word in other for word in words)
    if len(words) < _ENOUGH_WORDS:
        known = common > foreign_words or (not foreign_words and reading.cues)
        return None if known else "the answer is too short to tell that it is English"
    if common / len(words) < _LEAST_SHARE or foreign_words >= common:
        return "the answer does not read as English: hardly any common English word is in it"
    return None


@cache
def _common_words() -> tuple[frozenset[str], frozenset[str]]:
    lists = read_lists("languages")
    return frozenset(lists["english"].split()), frozenset(lists["other"].split())


def _other_script(text: str) -> str | None:
    """Return the script of most letters where that is not the Latin one."""
    letters = [c for c in text if c.isalpha()]
    others = [c for c in letters if ord(c) > 0x24F]
    if len(others) * 2 <= len(letters):
        return None
    return unicodedata.name(others[0], "of another script").split(" ")[0].capitalize()
