"""Whether what a judge says beside a level, such as a score or `passed`, can be said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pytest_arena.judging.llm.reply_json import MARKS, unlisted
from pytest_arena.judging.llm.verdict_words import Choice, says_passed, says_yes
from pytest_arena.text.folding import fold

_FAR_OFF = 0.25
"""By how much a judge's score may differ from a level's, where no other level is nearer."""
_MOST_WORDS = 3
"""Of what says which verdict it is; what is longer says why."""
_FIRST_WORD = re.compile(r"\w+")
_NUMBER = re.compile(
    r"(?:score|rating|grade)?\s*:?\s*(?P<number>-?\d+(?:\.\d+)?)\s*"
    r"(?:(?P<percent>%)|(?:/|out of|of)\s*(?P<most>\d+(?:\.\d+)?)|stars?)?"
)


def goes_with(value: Any, level: Choice, levels: Sequence[Choice]) -> bool:
    """Return whether a value that names no level goes with the one that was chosen.

    A yes does not go with the worst level, a no with the best, and a number with none from which
    it is far off on every usual scale. A word that says nothing goes with none; a sentence is a
    reason.
    """
    value = unlisted(value)
    inverse = _is_absence(max(levels, key=lambda one: one.score).name)
    if isinstance(value, bool):
        return inverse or _affirms(value, level, levels)
    if isinstance(value, (int, float)):
        return inverse or _is_near(_shares(value), level, levels)
    if not isinstance(value, str):
        return False
    bare = fold(value).strip(MARKS)
    if number := _NUMBER.fullmatch(bare):
        return inverse or _is_near(_written_shares(number), level, levels)
    says = says_passed if inverse else says_yes
    first = _FIRST_WORD.match(bare)
    said = says(bare)
    if said is None and first is not None:
        said = says(first[0])
    if said is not None:
        return _affirms(said, level, levels)
    return says_yes(bare) is not None or len(bare.split()) > _MOST_WORDS


def _is_absence(name: str) -> bool:
    """Return whether the best level is that there is nothing of a kind: much of it, as a score or
    a yes may say, is then worth little."""
    return fold(name) == "none" or says_yes(name) is False


def _affirms(yes: bool, level: Choice, levels: Sequence[Choice]) -> bool:
    worths = [one.score for one in levels]
    return level.score != (min(worths) if yes else max(worths))


def _is_near(shares: Iterable[float], level: Choice, levels: Sequence[Choice]) -> bool:
    for share in shares:
        off = abs(share - level.score)
        if off < _FAR_OFF or off <= min(abs(share - one.score) for one in levels):
            return True
    return False


def _shares(number: float) -> Iterator[float]:
    """Yield which parts of a whole a number may be: of 1, 5, 10 or 100."""
    if 0 <= number <= 1:
        yield number
    if 1 <= number <= 10:
        yield number / 10
        yield (number - 1) / 9
        if number <= 5:
            yield number / 5
            yield (number - 1) / 4
    elif 10 < number <= 100:
        yield number / 100


def _written_shares(match: re.Match[str]) -> Iterator[float]:
    number = float(match["number"])
    most = 100.0 if match["percent"] else float(match["most"] or 0)
    if not most:
        yield from _shares(number)
    elif 0 <= number <= most:
        yield number / most
