"""Whether two alike texts say the same, as far as words can tell, and what differs if not.

Two texts say the same where they are of the same words, in the same order or with whole parts of a
sentence moved, after spellings of one thing are made one. Anything else is left to a judge: one
word, number, unit or sign, or the order of names, is enough to say something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from pytest_arena.judging.similarity.lexical import is_negated, numbers_of
from pytest_arena.text.folding import fold

_ONE_THING = {
    **dict.fromkeys(("am", "is", "are"), "is"),
    **dict.fromkeys(("was", "were"), "was"),
    "purchase": "buy", "purchases": "buys", "purchased": "bought", "begin": "start",
    "begins": "starts", "began": "started", "store": "shop", "stores": "shops",
    "picture": "photo", "pictures": "photos", "okay": "ok", "colour": "color", "colours": "colors",
    "favourite": "favorite", "centre": "center", "cancelled": "canceled", "licence": "license",
    "programme": "program", "grey": "gray", "organise": "organize", "organised": "organized",
    "apologise": "apologize", "recognise": "recognize", "hr": "hours", "hrs": "hours", "h": "hours",
    "hour": "hours", "min": "minutes", "mins": "minutes", "minute": "minutes", "sec": "seconds",
    "secs": "seconds", "second": "seconds", "day": "days", "week": "weeks", "month": "months",
    "year": "years", "kilometers": "km", "kilometres": "km", "kilograms": "kg",
    "gigabytes": "gb", "gigabyte": "gb", "megabytes": "mb", "megabyte": "mb", "terabytes": "tb",
    "terabyte": "tb", "euros": "euro", "€": "euro", "dollars": "dollar", "$": "dollar",
    "pounds": "pound", "£": "pound", "%": "percent", "&": "and",
}  # fmt: skip
_LEFT_OUT = frozenset(("a", "an", "the", "please"))
_FOCUS = frozenset(("only", "just", "even", "also", "not", "no", "never", "too"))
_FRONTING = (
    "about above after although among around as at because before behind below between by despite "
    "during for from if in inside into near of on once onto outside over past per since through "
    "throughout to under unless until upon via when whenever where while with within"
)
_FRONTED = frozenset(_FRONTING.split())
"""Words that begin what may stand in front of a sentence as well as behind it."""
_MOST_MOVED = 200
_DEFINITE = re.compile(r"^the\b|\b(?:is|are) the\b")
_NAMED = "zero one two three four five six seven eight nine ten eleven twelve"
_DIGITS_OF = {word: str(number) for number, word in enumerate(_NAMED.split())}
_SHORT = (
    (re.compile(r"\bcan(?:no|')t\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\b(it|that|there|here|what|who|he|she)'s\b"), r"\1 is"),
    (re.compile(r"\be-mail"), "email"),
    (re.compile(r"\bper cent\b"), "percent"),
    # signs of code and of mathematics, told from punctuation: a != b, !ready, C#, -x
    (re.compile(r"!(?==)|(?<![\w!])!(?=[\w(])"), " ¬ "),
    (re.compile(r"(?<=[^\W\d_])#"), " ♯ "),
    (re.compile(r"(?<![\w)])-(?=[^\W\d_])"), " − "),
    # "5!" may be a factorial, "5'" a length, "#5" a place: a judge has to tell
    (re.compile(r"(?<=\d)!|(?<=\d\))!|(?<=(?<![\w'])[a-z])!(?!\w)"), " ¬ "),
    (re.compile(r"^([^']*\d)'(?!\w)"), r"\1 feet "),
    (re.compile(r"#(?=\d)"), " ♯ "),
    (re.compile(r"‰"), " permille "),
    (re.compile(r"(?<![\w.)])\.(?=\d)"), "0."),
    (re.compile(r"([$€£]) ?(\d+(?:[.,]\d+)*)"), r"\2 \1"),
)
_TOKEN = re.compile(r"(?:(?<![\w)])[+-])?\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\s\w]|_")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_NEAR = 2
"""So many words that only one of two texts has may be one fact, told otherwise."""


class Contrast(NamedTuple):
    """What differs between two texts: nothing (`same`), or what `reason` says.

    `near` says that so little differs that all the likeness of the texts says nothing.
    """

    same: bool
    near: bool
    reason: str


_SAME = Contrast(True, True, "the same words")


class _Statement(NamedTuple):
    """The telling words of a text in their order, and what may turn it around."""

    words: tuple[str, ...]
    counts: Counter[str]
    numbers: frozenset[str]
    is_negated: bool
    is_definite: bool


def contrast(first: str, second: str) -> Contrast:
    """Return whether two texts say the same, and what differs where they may not."""
    one, other = _statement(first), _statement(second)
    if not one.words or not other.words:
        # nothing but punctuation says nothing
        return _SAME if fold(first) == fold(second) else Contrast(False, True, "one has no words")
    if one.words == other.words or _is_moved(one, other):
        return _SAME
    added = list((one.counts - other.counts).elements())
    missing = list((other.counts - one.counts).elements())
    if not added and not missing:
        return Contrast(False, True, "the same words stand in another order")
    apart = max(len(added), len(missing))
    near = (
        apart <= 1
        or (apart <= _NEAR and len(one.words) > len(added))
        or one.numbers != other.numbers
        or one.is_negated != other.is_negated
    )
    return Contrast(False, near, f"{_told(added)} stands against {_told(missing)}")


def first_contrast(texts: Sequence[str]) -> str | None:
    """Return what differs between the first two of several texts that are alike and may not say
    the same; None where there are none."""
    for first, second in combinations(dict.fromkeys(texts), 2):
        found = contrast(first, second)
        if found.near and not found.same:
            return found.reason
    return None


@lru_cache(maxsize=512)
def _statement(text: str) -> _Statement:
    words, folded = _tokens(text), fold(text)
    return _Statement(
        words,
        Counter(words),
        frozenset(numbers_of(text)),
        is_negated(text),
        bool(_DEFINITE.search(folded)),
    )


def _told(tokens: list[str]) -> str:
    shown = " ".join(tokens[:5]) + (" …" if len(tokens) > 5 else "")
    return f"'{shown}'" if tokens else "nothing"


def _tokens(text: str) -> tuple[str, ...]:
    text = fold(text)
    for pattern, full in _SHORT:
        text = pattern.sub(full, text)
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        token = _number(match[0]) if match[0][-1].isdigit() else _DIGITS_OF.get(match[0], match[0])
        token = _ONE_THING.get(token, token)
        if token not in _LEFT_OUT and _tells(token):
            found.append(token)
    return tuple(found)


def _tells(piece: str) -> bool:
    """Return whether a piece is more than punctuation: a word, a number, or a sign such as `<`."""
    if piece[-1].isalnum():
        return True
    return piece in "?/^" or unicodedata.category(piece[0]) in ("Sm", "Sc", "So")


def _number(written: str) -> str:
    sign, digits = "-" if written[0] == "-" else "", written.lstrip("+-")
    if _GROUPED.fullmatch(digits.partition(".")[0]):
        digits = digits.replace(",", "")
    whole, dot, rest = digits.partition(".")
    if dot and rest.isdigit() and not rest.strip("0"):
        digits = whole
    return sign + digits


def _is_moved(first: _Statement, second: _Statement) -> bool:
    """Return whether one text is the other with a part of the sentence at another place.

    That is "on Friday" or the like in front instead of behind, the words on either side of "and" or
    "or", and those of "X is the Y".
    """
    one, other = first.words, second.words
    if len(one) != len(other) or first.counts != second.counts:
        return False
    differing = [place for place, word in enumerate(one) if word != other[place]]
    start, end = differing[0], differing[-1] + 1
    here, there = one[start:end], other[start:end]
    if len(here) > _MOST_MOVED or _FOCUS & set(here):
        return False
    is_whole = len(here) == len(one)
    for cut in range(1, len(here)):
        head, tail = here[:cut], here[cut:]
        if tail + head == there and (start == 0 or end == len(one)):
            return head[0] in _FRONTED or tail[0] in _FRONTED
        if (*tail[1:], tail[0], *head) == there:
            joins = tail[0] in ("and", "or") and len(here) == 3
            return joins or (
                tail[0] == "is" and is_whole and first.is_definite and second.is_definite
            )
    return False
