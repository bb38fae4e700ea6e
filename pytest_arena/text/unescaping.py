"""A text with the escapes of HTML, of addresses and of programs read, and the way back."""

from __future__ import annotations

import html
import re
from html.entities import html5

from pytest_arena.text.folding import FoldedText, fold_in_place

_ESCAPE = re.compile(
    r"&(?:\#\d{1,7};?|\#[xX][0-9a-fA-F]{1,6};?|[A-Za-z]{2,31};)|(?:%(?:25)?[0-9a-fA-F]{2})+|"
    r"\\u\{[0-9a-fA-F]{1,6}\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[@.]"
)
_TWICE = re.compile("%25(?=[0-9a-fA-F]{2})")
_MARKS = "&%\\"


def read_in_place(text: str) -> FoldedText:
    """Return a text with its escapes read, and folded wide, with the way back to the original."""
    unescaped = unescape_in_place(text)
    return fold_in_place(unescaped.text, wide=True).within(unescaped)


def unescape_in_place(text: str) -> FoldedText:
    r"""Return a text with `&#64;`, `&commat;`, `%40`, `\u0040`, `\x40` and `\@` read as `@`.

    What is no escape, and what makes no text, stays as it is.
    """
    if not any(mark in text for mark in _MARKS):
        return FoldedText(text)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    for match in _ESCAPE.finditer(text):
        read = _read(match[0])
        if read == match[0]:
            continue
        start, end = match.span()
        pieces += (text[place:start], read)
        starts += [*range(place, start), *([start] * len(read))]
        ends += [*range(place + 1, start + 1), *([end] * len(read))]
        place = end
    if not pieces:
        return FoldedText(text)
    pieces.append(text[place:])
    starts += range(place, len(text))
    ends += range(place + 1, len(text) + 1)
    return FoldedText("".join(pieces), starts, ends)


def _read(escape: str) -> str:
    if escape[:2] == "&#":
        return html.unescape(escape)
    if escape[0] == "&":
        return html5.get(escape[1:], escape)
    if escape[0] == "%":
        octets = bytes.fromhex(_TWICE.sub("%", escape).replace("%", ""))
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return escape
    if escape[1] not in "ux":
        return escape[1]
    code = int(escape[2:].strip("{}"), 16)
    # half of a pair is no character
    return escape if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)
