"""Whether what a judge quotes stands in the material: judges retype more than they copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pytest_arena.judging.llm.prompt import Material
from pytest_arena.text.folding import fold, fold_in_place

_MARKDOWN = re.compile(r"[*_`~|]|^[ \t]*(?:#{1,6}|>)", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*(?:[-+•]|\d{1,3}[.)])[ \t]+", re.MULTILINE)
_LINK_TARGET = re.compile(r"(?<=\])\([^()\s]*\)|[\[\]]")
_LEFT_OUT = re.compile(r"\s*[\[(]?\.{3,}[\])]?\s*")
_AROUND = " .,;:!?\"'"
_LEAST_LETTERS = 2
_LEAST_OF_A_PART = 3


def is_evidence(quote: str, material: Sequence[Material]) -> bool:
    """Return whether a quote says anything: more than one letter, or all there is to quote."""
    letters = sum(character.isalnum() for character in quote)
    return letters >= _LEAST_LETTERS or (
        bool(quote.strip()) and any(fold(quote) == fold(piece.text) for piece in material)
    )


def stands_in(quote: str, text: str) -> bool:
    """Return whether a text holds a quote, both folded.

    Case, Markdown, links' targets, bullets, and marks around the quote do not count; where it has
    an ellipsis of its own, its parts must follow each other in the text.
    """
    return any(
        _holds(whole, wanted) for whole, wanted in zip(_forms(text), _forms(quote), strict=True)
    )


def _forms(text: str) -> Iterator[str]:
    """Yield a text without Markdown's marks, then without its bullets and links, too."""
    lines = fold_in_place(text).text
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
