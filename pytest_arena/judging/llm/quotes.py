"""What a judge quotes, and whether it stands in the material: judges retype more than they copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.reply_json import MARKS, refuse
from pytest_arena.text.folding import fold, fold_in_place
from pytest_arena.text.unescaping import unescape_in_place

_MARKDOWN = re.compile(r"[*_`~|]|^[ \t]*(?:#{1,6}|>)", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*(?:[-+•]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_LINK_TARGET = re.compile(r"(?<=\])\([^()\s]*\)|[\[\]]")
_LEFT_OUT = re.compile(r"\s*[\[(]?\.{3,}[\])]?\s*")
_LABEL = re.compile(r"""^\s*[^\W\d_][\w ]{0,30}:\s*(?=["'«»「『])""")
"""What a judge writes before a quote in quotation marks, as in `From the answer: "…"`."""
_AROUND = " .,;:!?\"'«»‹›「」『』。！？"
_BETWEEN = re.compile(r"""["'][\s.]*+(?:(?:[,;/&]|and)\s*+)?["']|\n\s*""")
"""What stands between two passages of one quote."""
_NO_QUOTE = frozenset(
    (
        "none",
        "null",
        "nil",
        "nothing",
        "n/a",
        "na",
        "empty",
        "missing",
        "not applicable",
        "no evidence",
        "no quote",
        "no relevant passage",
    )
)
_QUOTE_KEYS = ("quote", "text", "passage", "evidence", "excerpt", "content", "quotation")
_LEAST_LETTERS = 2
_LEAST_OF_A_PART = 3
_MOST_PASSAGES = 20


def given_quotes(value: Any) -> list[str] | None:
    """Return the quotes that a judge gave: a text, an object that holds one, or a list of these.

    None where something else is among them.
    """
    if value is None or isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        named = [value[key] for key in _QUOTE_KEYS if key in value]
        held = named or list(value.values())
        return given_quotes(held[0]) if len(held) == 1 else None
    if not isinstance(value, list):
        return None
    found = [given_quotes(one) for one in value]
    return None if None in found else [quote for some in found for quote in some or ()]


def check_quotes(quotes: Sequence[str], material: Sequence[Material]) -> None:
    """Refuse a quote that stands in none of these texts."""
    for quote in quotes:
        if not any(stands_in(quote, piece.text) for piece in material):
            names = ", ".join(dict.fromkeys(piece.name for piece in material)) or "no material"
            refuse(f"the quote {quoted(quote, 100)} does not occur in the {names}")


def is_evidence(quote: str, material: Sequence[Material]) -> bool:
    """Return whether a quote says anything: more than one letter, or all there is to quote.

    A word that says that there is none, such as "N/A", is none, unless it stands there.
    """
    letters = sum(character.isalnum() for character in quote)
    if fold(quote).strip(f"{MARKS}()[]-") in _NO_QUOTE:
        return any(stands_in(quote, piece.text) for piece in material)
    return letters >= _LEAST_LETTERS or (
        bool(quote.strip()) and any(fold(quote) == fold(piece.text) for piece in material)
    )


def stands_in(quote: str, text: str) -> bool:
    """Return whether a text holds a quote, both folded.

    Case, Markdown, links' targets, bullets, escapes, and marks around the quote or a label before
    it do not count; where it has an ellipsis of its own, its parts must follow each other in the
    text. Of several passages in lines or quotes of their own each must stand there.
    """
    forms = list(_forms(text))
    if _stands_whole(quote, forms) or _stands_whole(
        _LABEL.sub("", fold_in_place(quote).text), forms
    ):
        return True
    passages = [one for one in _BETWEEN.split(fold_in_place(quote).text) if one.strip(_AROUND)]
    return 1 < len(passages) <= _MOST_PASSAGES and all(
        len(one.strip(_AROUND)) >= _LEAST_OF_A_PART and _stands_whole(one, forms)
        for one in passages
    )


def _stands_whole(quote: str, forms: Sequence[str]) -> bool:
    return any(_holds(whole, wanted) for whole, wanted in zip(forms, _forms(quote), strict=True))


def _forms(text: str) -> Iterator[str]:
    """Yield a text without Markdown's marks, then without its bullets and links, too."""
    lines = fold_in_place(unescape_in_place(text).text).text
    yield fold(_MARKDOWN.sub("", lines))
    yield fold(_MARKDOWN.sub("", _LINK_TARGET.sub("", _BULLET.sub("", lines))))


def _holds(text: str, quote: str) -> bool:
    if quote.strip(_AROUND) in text:
        return True
    parts = [part.strip(_AROUND) for part in _LEFT_OUT.split(quote)]
    parts = [part for part in parts if part]
    if len(parts) < 2 or any(len(part) < _LEAST_OF_A_PART for part in parts):
        return False
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True
