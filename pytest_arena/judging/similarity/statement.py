"""A text as the words, numbers and signs that tell what it says, in their order.

Spellings of one thing are made one, and the marks of prose are left out: commas, quotes, a dash
between two words, Markdown's emphasis. Any other mark tells (`5-`, `a_1`, `*.txt`, `[0, 1)`): it
may turn what is said into something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from pytest_arena.judging.similarity.lexical import is_negated
from pytest_arena.judging.similarity.numbers import numbers_of, plain_number, with_digits
from pytest_arena.text.folding import fold, fold_marks

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
    "pounds": "pound", "£": "pound", "%": "percent", "&": "and", "one": "1",
}  # fmt: skip
_LEFT_OUT = frozenset(("a", "an", "the", "please"))
_MARKUP = (
    # a rule, a heading, the bullets of a list
    (re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*#{1,6}[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[-*•+–][ \t]+(?=[^\W\d_]{2})", re.MULTILINE), ""),
    (re.compile(r"(?<![\w`])(`+)(?=\S)([^`\n]{1,400})(?<=\S)\1(?![\w`])"), r"\2"),
    (re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]{1,400})(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"(?<!\w)(_{1,2})(?=[^\W_])([^\n]{1,400}?)(?<=[^\s_])\1(?!\w)"), r"\2"),
)
_SPELLED = tuple(
    (re.compile(spelling, re.IGNORECASE), usual)
    for spelling, usual in (
        (r"\bcan(?:no|')t\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'ll\b", " will"),
        (r"\bi'm\b", "i am"),
        (r"\b(it|that|there|here|what|who|he|she)'s\b", r"\1 is"),
        (r"\be-mail", "email"),
        (r"\bper cent\b", "percent"),
        (r"\ba (few|little)\b", r"a\1"),
        # a.m. is no form of "to be", and no sentence ends after its first dot
        (r"(?<=\d) ?a\.?m\b\.?", " ante meridiem "),
        (r"(?<=\d) ?p\.?m\b\.?", " pm "),
        (r"\b((?:[a-z]\.){2,})", lambda match: match[1].replace(".", "")),
        (r"(?<![\w.)])\.(?=\d)", "0."),
        (r"([$€£]) ?(\d+(?:[.,]\d+)*)", r"\2 \1"),
        (r"(?<=\s)--+(?=\s)|(?<=[^\W\d_])--+(?=[^\W\d_])", " - "),
        (r'"([^"]{0,400})"', r"\1"),
        (r"(?<![\w'])'((?:[^']|(?<=\w)'(?=\w)){1,400})'(?![\w'])", r"\1"),
    )
)
_BRACKETED = re.compile(r"(?<![\w(\[{])\(([^()\[\]{}]{1,400})\)(?![\w(\[{])")
_PROSE = re.compile(r"[^\W\d_]{2}")
_TOKEN = re.compile(r"(?:(?<![\w)])[+-])?\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\s\w]|_")
_OF_SENTENCES = ".,;:!"
_AFTER_MARKS = frozenset(" \"')]}.,;:!?-")
_SIGNS = frozenset("‰‱§†‡")
_OTHERS = (
    "us it who aids may march august polish turkey china japan jersey pole mercury swift rust mw "
    "mb kb gb tb pb kbps mbps gbps ma ms mg mm mpa pa ph"
)
_BY_CASE = frozenset(_OTHERS.split())
"""Words and units that are others in capitals."""
_DEFINITE = re.compile(r"^the\b|\b(?:is|are) the\b")


class Statement(NamedTuple):
    """The telling words of a text in their order, and what may turn it around."""

    words: tuple[str, ...]
    counts: Counter[str]
    forms: tuple[str, ...]
    """As which of the words stand whose case tells; empty for all others, and where it does not."""
    numbers: frozenset[str]
    is_negated: bool
    is_definite: bool


@lru_cache(maxsize=512)
def state(text: str) -> Statement:
    """Return what a text says, taken apart."""
    plain = fold_marks(text)
    for pattern, kept in _MARKUP:
        plain = pattern.sub(kept, plain)
    plain = fold(plain, case_sensitive=True)
    for spelling, usual in _SPELLED:
        plain = spelling.sub(usual, plain)
    tokens = _tokens(_BRACKETED.sub(_without_brackets, with_digits(plain)))
    return Statement(
        tuple(token for token, _ in tokens),
        Counter(token for token, _ in tokens),
        tuple(form for _, form in tokens),
        frozenset(numbers_of(text)),
        is_negated(text),
        bool(_DEFINITE.search(fold(text))),
    )


def _without_brackets(match: re.Match[str]) -> str:
    return match[1] if _PROSE.search(match[1]) else match[0]


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return what tells, each with its form where that tells, too."""
    found: list[tuple[str, str]] = []
    is_loud = text.isupper() and text.count(" ") > 1
    has_case, begins = not (text.islower() or is_loud), True
    for match in _TOKEN.finditer(text):
        piece = match[0]
        if piece[-1].isdigit():
            sign = "-" if piece[0] == "-" else ""
            found.append((sign + plain_number(piece.lstrip("+-")), ""))
        elif piece[-1].isalpha():
            word = fold(piece)
            token = _ONE_THING.get(word, word)
            tells = has_case and word in _BY_CASE and not (begins and piece.istitle())
            if token not in _LEFT_OUT:
                found.append((token, piece if tells else ""))
        elif _tells(text, match.start()):
            found.append((_ONE_THING.get(piece, piece), ""))
        begins = piece in ".!?:"
    return found


def _tells(text: str, place: int) -> bool:
    """Return whether a mark says more than that a sentence ends, or goes on."""
    mark = text[place]
    before, behind = text[place - 1 : place] or " ", text[place + 1 : place + 2] or " "
    kind = unicodedata.category(mark)[0]
    if kind == "S" or mark in "?/^" or mark in _SIGNS:
        return True
    if mark == "!" and behind in _AFTER_MARKS:
        # "5!" may be a factorial: a judge has to tell
        return (
            before.isdigit() or _is_letter_alone(text, place - 1) or _closes_a_number(text, place)
        )
    if mark in _OF_SENTENCES:
        return behind not in _AFTER_MARKS and not (mark == "." and before == ".")
    if mark == "-":
        return _is_sign(text, place, before, behind)
    if mark == '"':
        return before.isalnum()
    if mark == "'":
        return before.isalnum() or before == mark or behind.isalnum()
    return mark.isascii()


def _is_sign(text: str, place: int, before: str, behind: str) -> bool:
    """Return whether a dash is more than a hyphen in a word, or a dash between two words."""
    if before.isalpha() and behind.isalnum():
        return behind.isdigit() and _is_letter_alone(text, place - 1)
    if before.isdigit() and behind.isalpha():
        return not text[place + 2 : place + 3].isalpha()
    if before == " " == behind:
        return place < 2 or not text[place + 2 : place + 3].isalpha()
    return True


def _is_letter_alone(text: str, place: int) -> bool:
    earlier = text[max(place - 1, 0) : place]
    return place >= 0 and text[place].isalpha() and not (earlier.isalpha() or earlier == "'")


def _closes_a_number(text: str, place: int) -> bool:
    return text[place - 1 : place] == ")" and text[place - 2 : place - 1].isdigit()
