"""Patterns that see a text as plain comparisons of programs do: every blank, quote and dash counts.

`contains` of an arena takes what looks alike to a reader for the same, so that it can hold where
a comparison letter by letter does not; it is written only where nothing of a text could look like
anything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def literal(sign: str) -> str:
    """Return a character that stands for itself, so that it survives in a YAML text."""
    if (sign.isalnum() and sign.isascii()) or sign in " _,:;=<>!\"'%@/`":
        return sign
    if sign.isascii() and sign.isprintable():
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    number = ord(sign)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _literal(text: str) -> str:
    return "".join(map(literal, text))


def _cased(pattern: str, *, case: bool) -> str:
    # a K is no Kelvin sign, and an s no long one
    return pattern if case else f"(?i){pattern}"
