"""A text as the words, numbers and signs that tell what it says, in their order.

Spellings of one thing are made one, and the marks of prose are left out (`marks`), Markdown's
emphasis among them. Any other mark may turn what is said into something else.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from pytest_arena.judging.similarity.function_words import is_english
from pytest_arena.judging.similarity.lexical import is_negated
from pytest_arena.judging.similarity.marks import NEW_LINE, ending, standing, tells
from pytest_arena.judging.similarity.numbers import numbers_of, plain_number, with_digits
from pytest_arena.text.folding import fold, fold_marks, in_nfc

_ONE_THING = {
    **dict.fromkeys(("am", "is", "are"), "is"),
    **dict.fromkeys(("was", "were"), "was"),
    "purchase": "buy", "purchases": "buys", "purchased": "bought", "begin": "start",
    "begins": "starts", "began": "started", "okay": "ok", "colour": "color", "colours": "colors",
    "favourite": "favorite", "centre": "center", "cancelled": "canceled", "licence": "license",
    "programme": "program", "grey": "gray", "organise": "organize", "organised": "organized",
    "apologise": "apologize", "recognise": "recognize", "hr": "hours", "hrs": "hours", "h": "hours",
    "hour": "hours", "min": "minutes", "mins": "minutes", "minute": "minutes", "sec": "seconds",
    "secs": "seconds", "second": "seconds", "day": "days", "week": "weeks", "month": "months",
    "year": "years", "kilometers": "km", "kilometres": "km", "kilograms": "kg",
    "gigabytes": "gb", "gigabyte": "gb", "megabytes": "mb", "megabyte": "mb", "terabytes": "tb",
    "terabyte": "tb", "euros": "euro", "€": "euro", "dollars": "dollar", "$": "dollar",
    "%": "percent", "&": "and", "one": "1",
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
        (r"([$€£¥₹]) ?(\d+(?:[.,]\d+)*)", r"\2 \1"),
        (r"(?<=\s)--+(?=\s)|(?<=[^\W\d_])--+(?=[^\W\d_])", " - "),
        (r"\bno one\b", "nobody"),
        (r'(?<!\w)"([^"]{0,400})"(?!\w)', r"\1"),
        (r"(?<![\w'])'((?:[^']|(?<=\w)'(?=\w)){1,400})'(?![\w'])", r"\1"),
    )
)
_BRACKETED = re.compile(r"(?<![\w(\[{])\(([^()\[\]{}]{1,400})\)(?![\w(\[{])")
_PROSE = re.compile(r"[^\W\d_]{2}")
_TOKEN = re.compile(r"(?:(?<![\w)])[+-])?\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\s\w]|_")
_LINE_END = re.compile(r"[ \t]*\n\s*")
_OF_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}(?:\.\d+)?")
_ARTICLE = re.compile(r" [^\W_]")
_MEASURES = (
    "km cm mm nm kg mg kb mb gb tb pb kbps mbps gbps ms hz khz mhz ghz kw kwh mwh gwh mah ml kcal "
    "mph kmh px ft lbs oz usd eur gbp chf ante pm"
)
_UNITS = frozenset(_MEASURES.split()) | frozenset(one for one in _ONE_THING if one.isalpha())
"""What may follow a number with or without a blank; `5 A` may be something else than `5A`."""
_LONGEST_UNIT = 3
_AFTER_LETTERS = (
    "is was are were has had and or but of in on at to for from with by as if than that not"
)
_NO_NOUNS = frozenset(_AFTER_LETTERS.split())
"""Words before which "a" is no article but a letter, as in "plan A is"."""
_NEGATIONS = frozenset(("no", "not", "never", "nothing"))
_OTHERS = (
    "us it who aids may march august polish turkey china japan jersey pole mercury swift rust mw "
    "mb kb gb tb pb kbps mbps gbps ma ms mg mm mpa pa ph"
)
_BY_CASE = frozenset(_OTHERS.split())
"""Words and units that are others in capitals."""
_MILLI = frozenset(("mw", "ma", "mv", "mj", "mhz", "mpa", "mwh"))
"""Units that are a billion times as much in capitals."""
_DEFINITE = re.compile(r"^the\b|\b(?:is|are) the\b")


class Statement(NamedTuple):
    """The telling words of a text in their order, and what may turn it around."""

    words: tuple[str, ...]
    counts: Counter[str]
    forms: tuple[str, ...]
    """As which of the words stand whose case tells; empty for all others, and where it does not."""
    ends: tuple[str, ...]
    """What ends behind each word: a sentence (`.`), a part of one (`,`), or nothing."""
    numbers: frozenset[str]
    is_negated: bool
    is_definite: bool


@lru_cache(maxsize=512)
def state(text: str) -> Statement:
    """Return what a text says, taken apart."""
    plain = fold_marks(in_nfc(text))
    for pattern, kept in _MARKUP:
        plain = pattern.sub(kept, plain)
    plain = fold(_LINE_END.sub(f" {NEW_LINE} ", plain), case_sensitive=True, wide=True)
    for spelling, usual in _SPELLED:
        plain = spelling.sub(usual, plain)
    tokens = _Tokens(_BRACKETED.sub(_without_brackets, with_digits(plain)))
    return Statement(
        tuple(tokens.words),
        Counter(tokens.words),
        tuple(tokens.forms),
        tuple(tokens.ends),
        frozenset(numbers_of(text)),
        is_negated(text),
        bool(_DEFINITE.search(fold(text))),
    )


def _without_brackets(match: re.Match[str]) -> str:
    return match[1] if _PROSE.search(match[1]) else match[0]


class _Tokens:
    """What tells in a text, each with its form where that tells, too, and with what ends there."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self.forms: list[str] = []
        self.ends: list[str] = []
        self._text = text
        is_loud = text.isupper() and text.count(" ") > 1
        self._has_case, self._begins = not (text.islower() or is_loud), True
        self._last_end = -1
        for match in _TOKEN.finditer(text):
            self._take(match)
            self._begins = match[0] in f".!?:{NEW_LINE}"
            self._last_end = match.end() if match[0][-1].isalnum() else -1

    def _take(self, match: re.Match[str]) -> None:
        piece, start = match[0], match.start()
        if piece[-1].isdigit():
            self._add(self._number(piece), glued=start == self._last_end)
        elif piece[-1].isalpha():
            self._take_word(match)
        elif len(piece) > 1:
            self._add(piece)
        elif tells(self._text, start):
            self._add(_ONE_THING.get(piece) or standing(self._text, start))
        elif self.ends and (end := ending(self._text, start)):
            # "no, refunds" is not "no refunds"
            self.ends[-1] = "." if self.words[-1] in _NEGATIONS else max(end, self.ends[-1])

    def _number(self, piece: str) -> str:
        if _OF_THOUSANDS.fullmatch(piece) and not is_english(self._text):
            # the comma may be one of decimals
            return piece
        return piece if piece[0] == "+" else plain_number(piece)

    def _take_word(self, match: re.Match[str]) -> None:
        piece, word = match[0], fold(match[0])
        counted = bool(self.words) and self.words[-1][-1].isdigit()
        if word in _LEFT_OUT and (word != "a" or self._is_article(match, counted)):
            return
        by_case = word in _BY_CASE and not (self._begins and piece.istitle())
        tells_case = (counted and (len(word) == 1 or word in _MILLI)) or (
            self._has_case and (by_case or (counted and len(word) <= _LONGEST_UNIT))
        )
        is_unit = counted and word in _UNITS
        self._add(
            _ONE_THING.get(word, word),
            piece if tells_case else "",
            glued=match.start() == self._last_end and not is_unit,
        )

    def _is_article(self, match: re.Match[str], counted: bool) -> bool:
        """Return whether "a" is an article: not "5 a day", "vitamin A", "plan a is"."""
        is_capital = match[0] == "A" and self._has_case and not self._begins
        behind = self._text[match.end() : match.end() + 2]
        if counted or is_capital or not _ARTICLE.match(behind):
            return False
        following = _TOKEN.search(self._text, match.end())
        return following is not None and following[0].lower() not in _NO_NOUNS

    def _add(self, token: str, form: str = "", *, glued: bool = False) -> None:
        if glued and self.words:
            self.words[-1] += token
            self.forms[-1] += form
            return
        self.words.append(token)
        self.forms.append(form)
        self.ends.append("")
