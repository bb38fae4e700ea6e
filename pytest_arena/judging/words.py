"""Words and sentences: whole-word search, stems, and counting."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from pytest_arena.text.folding import (
    as_written,
    characters,
    fold,
    fold_in_place,
    is_marks_only,
    visible,
)

if TYPE_CHECKING:
    import regex

# Scripts written without blanks between words: there a "whole word" cannot be told from a part.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
# Emphasis is a border (_hack_), a name in code is one word (hack_it).
_BORDER_BEFORE, _BORDER_BEHIND = r"(?<![^\W_]_*)", r"(?!_*[^\W_])"
# A Latin word ends where such a script begins, and where a Korean particle does.
_OTHER_LETTER = rf"[^\W_\p{{Hangul}}{_UNSPACED[1:]}"
_LATIN = r"\p{Latin}|\d"
_LATIN_BEFORE, _LATIN_BEHIND = rf"(?<!{_OTHER_LETTER}_*)", rf"(?!_*{_OTHER_LETTER})"
_BEGINNERS = (
    r"(?:An?|And|Are|As|At|But|Did|Do|Each|Every|For|From|He|Her|Here|His|How|However|If|In|Is|Its?|"
    r"My|No|On|Our|Please|She|So|Some|That|The|Their|Then|There|These|They|This|Those|To|Was|We|"
    r"Were|What|When|Where|Which|While|Who|Why|With|Yes|You|Your|I)\b"
)
"""Words that begin sentences, and follow no abbreviation in one."""
_ABBREVIATION = re.compile(
    r"\b(?:(?:e\.g|i\.e|vs|cf|approx|Dr|Mr|Mrs|Ms|Prof|St|Fig)\.(?=\s+\S)|No\.(?=\s+\d)|"
    rf"(?:etc|Inc|Ltd|Jr|Sr|Ph\.D)\.(?=\s+(?!{_BEGINNERS})\S))"
)
_LETTER = r"(?<![\w'’])[^\W\d_]\."
_LETTERS = re.compile(
    rf"{_LETTER}(?=[ ]?[^\W\d_]\.)|"
    rf"(?:(?<=[^\W\d_]\.)|(?<=[^\W\d_]\.[ ])){_LETTER}(?=\s+(?!{_BEGINNERS})\S)"
)
"""Letters with points, one after the other: U.S., p.m., J. R. R."""
_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_INITIAL = re.compile(
    rf"((?:^|[.!?…]\s|\b{_CAPITAL}[\w'’-]{{1,30}}[ ])(?!I){_CAPITAL})\."
    rf"(?=\s+(?!{_BEGINNERS}){_CAPITAL})",
    re.MULTILINE,
)
"""One letter of a name, behind another name or at a sentence's beginning."""
_LIST_NUMBER = re.compile(r"^[ \t]*\d{1,3}[.)](?=\s)", re.MULTILINE)
_BLOCK_BREAK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*•#]|\d{1,3}[.)])[ \t])")
_SENTENCE_END = re.compile(r"[.!?…‼⁇⁈⁉]+[\"'”’)\]]*(?=\s|$)|[。！？｡؟۔।॥։።፧።។៕]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_ENDINGS = re.compile(r"(?:(?:(?<=[sxz])|(?<=ch)|(?<=sh))es|(?<=[^s])s|ing|ed)$")
_SHORTEST = 3


def refuse_empty(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return one text or more; refuse none at all, and blank ones."""
    if not texts or not all(text.strip() for text in texts):
        raise PydanticCustomError(
            "texts",
            "{problem}",
            {
                "problem": "an empty text in the list" if texts else "the list is empty",
                "expected": "one text or more, none of them empty",
                "fix": "give a text, or leave the entry out",
            },
        )
    return texts


Texts = Annotated[tuple[str, ...], AfterValidator(refuse_empty)]
"""One text or more, none of them blank: an empty one is found in everything."""


def find_words(words: Iterable[str], text: str) -> list[tuple[int, int]]:
    """Return the spans of these words and phrases in a text: whole words only, in any case.

    `hack` is found in "Hack it!", "hack's" and "_hack_", not in "hackathon" or "hack_it". Both
    sides are folded, full-width letters included, and a blank in a phrase stands for any run of
    blanks. What is no word but a mark that is on no keyboard, such as a dash, is found as it is
    written.
    """
    given = [word for word in words if word.strip()]
    signs = [as_written(word.strip()) for word in given if _is_sign(word)]
    wanted = tuple(word for word in given if not _is_sign(word))
    found = [match.span() for sign in signs for match in re.finditer(re.escape(sign), text)]
    if wanted:
        folded = fold_in_place(text, wide=True)
        matches = _word_pattern(wanted).finditer(folded.text)
        found += [folded.span(*match.span()) for match in matches]
    return _apart(found)


def _is_sign(word: str) -> bool:
    return not word.isascii() and is_marks_only(word)


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in their order, those that overlap the one before left out."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def mask(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with these spans, which may overlap, covered by as many asterisks."""
    pieces, last = [], 0
    for start, end in sorted(spans):
        pieces += [text[last:start], "*" * (end - max(start, last))]
        last = max(last, end)
    return "".join([*pieces, text[last:]])


def count_characters(text: str) -> int:
    """Count the characters that a reader sees; an accent and its letter, and the two of a line's
    end, are one."""
    return len(characters(text))


def count_words(text: str) -> int:
    """Count the pieces between blanks that hold a letter or a digit."""
    return sum(any(c.isalnum() for c in piece) for piece in visible(text).split())


def count_sentences(text: str) -> int:
    """Count sentences: they end at `.`, `!`, `?`, `…` and their like in other scripts, at a blank
    line, and at a list's item.

    Decimal points, list numbers, initials and common abbreviations end none.
    """
    text = _LIST_NUMBER.sub(lambda match: "-" + " " * (len(match[0]) - 1), visible(text))
    text = _ABBREVIATION.sub(lambda match: match[0].replace(".", " "), text)
    text = _INITIAL.sub(r"\1 ", _LETTERS.sub(lambda match: match[0].replace(".", " "), text))
    return sum(
        any(c.isalnum() for c in piece)
        for block in _BLOCK_BREAK.split(text)
        for piece in _SENTENCE_END.split(block)
    )


@lru_cache(maxsize=256)
def _word_pattern(words: tuple[str, ...]) -> regex.Pattern[str]:
    import regex

    # Longest first: of "hack" and "hack the system" the phrase is the better thing to name.
    ordered = sorted(words, key=len, reverse=True)
    return regex.compile(
        "|".join(_whole(word) for word in ordered), regex.IGNORECASE | regex.FULLCASE
    )


def _whole(word: str) -> str:
    import regex

    parts = fold(word, case_sensitive=True, wide=True).split()
    body = r"\s+".join(regex.escape(part) for part in parts)
    first, last = parts[0][0], parts[-1][-1]
    before = _LATIN_BEFORE if regex.match(_LATIN, first) else _BORDER_BEFORE
    after = _LATIN_BEHIND if regex.match(_LATIN, last) else _BORDER_BEHIND
    before = "" if regex.match(_UNSPACED, first) else before
    after = "" if regex.match(_UNSPACED, last) else after
    return f"{before}{body}{after}"


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return an English word without the endings of plurals and verbs: refunds, refunded → refund.

    Only what repeats the word counts: police and policy stay apart, and so do vote and voter.
    """
    folded = _POSSESSIVE.sub("", fold(word))
    if folded.endswith("ies") and len(folded) > _SHORTEST + 2:
        return folded[:-3] + "y"
    shorter = _ENDINGS.sub("", folded)
    if len(shorter) < _SHORTEST or folded.endswith("ss"):
        return folded
    if shorter != folded and shorter[-1] == shorter[-2] and shorter[-1] not in "aeiouls":
        shorter = shorter[:-1]
    return shorter.removesuffix("e") if len(shorter) > _SHORTEST else shorter
