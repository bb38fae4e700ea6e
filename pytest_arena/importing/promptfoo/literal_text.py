"""Patterns that see a text as promptfoo's plain comparisons do: every blank, quote and dash counts.

`contains` of an arena takes what looks alike to a reader for the same, so that it can hold where
promptfoo's does not; it is written only where nothing of a text could look like anything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_arena.importing.promptfoo.js_regex import literal

_PLAIN = re.compile(r"[A-Za-z0-9_!#$%&()*+,/:;<=>?@\[\\\]^{|}~]+")
_IN_ANY_CASE = re.compile(r"[a-jl-rt-zA-JL-RT-Z0-9_!#$%&()*+,/:;<=>?@\[\\\]^{|}~]+")
"""Without k and s, which the Kelvin sign and two letters of German's and old prints fold to."""


def is_plain(text: str, *, case: bool) -> bool:
    """Return whether `contains` finds a text exactly where it stands letter by letter."""
    return bool((_PLAIN if case else _IN_ANY_CASE).fullmatch(text))


def whole(text: str) -> str:
    """Return a pattern of the texts that are this one, and nothing else."""
    return rf"\A{_literal(text)}\Z"


def beginning(text: str) -> str:
    """Return a pattern of the texts that begin with this one."""
    return rf"\A{_literal(text)}"


def one_of(texts: Sequence[str], *, case: bool) -> str:
    """Return a pattern of the texts in which one of these stands."""
    return _cased("|".join(map(_literal, texts)), case=case)


def all_of(texts: Sequence[str], *, case: bool) -> str:
    """Return a pattern of the texts in which all of these stand."""
    return _cased(r"\A" + "".join(rf"(?=[\s\S]*{_literal(text)})" for text in texts), case=case)


def words(least: int, most: int | None) -> str:
    """Return a pattern of the texts with that many words between blanks."""
    times = f"{least},{'' if most is None else most}"
    return rf"\A\s*+(?:\S++(?:\s++|\Z)){{{times}}}\Z"


def _literal(text: str) -> str:
    return "".join(map(literal, text))


def _cased(pattern: str, *, case: bool) -> str:
    # a K is no Kelvin sign, and an s no long one
    return pattern if case else f"(?i){pattern}"
