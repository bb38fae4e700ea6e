"""Foreign text in Markdown that means nothing but itself, and a page of limited size."""

from __future__ import annotations

import re

from pytest_arena.errors import shorten
from pytest_arena.reporting.marker import MARKER
from pytest_arena.text.printable import printable
from pytest_arena_reporters.writing import encode

LIMIT_BYTES = 60_000
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~-])")
_INVISIBLE = "\u200b"


def inline(text: str, limit: int = 300) -> str:
    """Return foreign text as one line of Markdown that means nothing but itself.

    Markup is escaped; mentions, references and links are broken by an invisible blank.
    """
    line = shorten(" ".join(printable(text, ci=True).split()), limit)
    line = _SPECIAL.sub(r"\\\1", line)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = line.replace("@", f"@{_INVISIBLE}").replace("\\#", f"\\#{_INVISIBLE}")
    return line.replace("://", f":{_INVISIBLE}//").replace("www.", f"www{_INVISIBLE}.")


def fenced(text: str, limit: int = 1500, language: str = "text") -> str:
    """Return foreign text as a code block whose fence is longer than any inside it."""
    text = shorten(printable(text, ci=True), limit).replace(MARKER, MARKER.replace("--", "- -"))
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


class Page:
    """Blocks of a page, as many as there is room for, less what closing them takes."""

    def __init__(self, limit: int) -> None:
        self._parts: list[str] = []
        self._room = limit

    def add(self, block: str, *, keep: int = 0) -> bool:
        size = len(encode(block))
        if size + keep > self._room:
            return False
        self._parts.append(block)
        self._room -= size
        return True

    @property
    def text(self) -> str:
        return "".join(self._parts).rstrip("\n") + "\n"
