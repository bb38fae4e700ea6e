"""Text for a terminal: without what it would obey, as wide as it says, coloured on request."""

from __future__ import annotations

import textwrap
import unicodedata

from pytest_arena.text.printable import printable

BOLD, DIM, GREEN, RED, YELLOW, RESET = (
    "\x1b[1m",
    "\x1b[2m",
    "\x1b[32m",
    "\x1b[31m",
    "\x1b[33m",
    "\x1b[0m",
)


def wrapped(text: str, width: int) -> list[str]:
    """Return foreign text as lines that are no wider than `width` columns."""
    lines = []
    for paragraph in printable(text).splitlines():
        wrapped = textwrap.wrap(paragraph, width) or [""]
        lines += [printable(cut_to(line, width)) for line in wrapped]
    return lines


def one_line(text: str) -> str:
    """Return foreign text as one line."""
    return " ".join(printable(text).split())


def cut_to(text: str, width: int) -> str:
    """Cut a text to a width in columns, which wide characters take two of."""
    if text_width(text) <= width:
        return text
    kept = ""
    for character in text:
        if text_width(kept + character) > width - 1:
            break
        kept += character
    return kept + "…"


def text_width(text: str) -> int:
    """Return how many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Fill a text up to a width in columns, behind it or, with `right`, before it."""
    blanks = " " * (width - text_width(text))
    return blanks + text if right else text + blanks


def styled(text: str, style: str, color: bool) -> str:
    """Return a text in a style where there are colours."""
    return f"{style}{text}{RESET}" if color and style and text.strip() else text
