"""A text as what shows it would read it, with the way back to how it is written.

A key may stand in a text escaped in part or as a whole, by one format or by several of them, and
folded into lines. Each is looked for in what the text stands for, and taken out of the text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache

_ESCAPE = re.compile(
    r"\\+(?:u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt])?"
    r"|&(?:amp;)*(?:#(?:\d{1,7}+|[xX][0-9A-Fa-f]{1,6}+)(?:;|(?!\.\.\.|…|\[))|[A-Za-z]{2,31};)"
    r"|%(?:25)*[0-9A-Fa-f]{2}"
)
_FOLD = re.compile(r"(?<=[A-Za-z0-9+/_-])\r?\n(?:[ \t>|#]|E[ \t])*(?=[A-Za-z0-9+/_=-])")
"""Within a run of base64 or hexadecimal: a line's end, and what stands before the next line where
it is indented, quoted or shown by pytest."""
_TWICE = re.compile("^&(?:amp;)+")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


class Reading:
    """What a text stands for, and where in the text each part of that is written."""

    def __init__(self, text: str) -> None:
        """Begin with a text that is read as it is written."""
        self.text = text
        self._of: Reading | None = None
        self._places: list[int] = []
        self._pieces: list[tuple[int, int, int]] = []
        """Of each piece that is read otherwise, which begins at one of the places: how long it is
        read, and where it is written."""

    def read(self, pattern: re.Pattern[str], meaning: Callable[[str], str]) -> Reading:
        """Return a further reading, in which each match of a pattern has another meaning."""
        further = Reading(self.text)
        parts: list[str] = []
        place = done = 0
        for match in pattern.finditer(self.text):
            read = meaning(match[0])
            if read == match[0]:
                continue
            start, end = match.span()
            place += start - done
            parts += (self.text[done:start], read)
            further._places.append(place)
            further._pieces.append((len(read), start, end))
            place += len(read)
            done = end
        if not parts:
            return self
        further.text = "".join((*parts, self.text[done:]))
        further._of = self
        return further

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Return where the characters from one place to another are written."""
        if self._of is None:
            return start, end
        first = self._written(start)[0]
        last = self._written(end - 1)[1] if end > start else first
        return self._of.written(first, last)

    def _written(self, place: int) -> tuple[int, int]:
        at = bisect_right(self._places, place) - 1
        if at < 0:
            return place, place + 1
        behind = place - self._places[at]
        length, start, end = self._pieces[at]
        if behind < length:
            return start, end
        return end + behind - length, end + behind - length + 1


def unescaped(text: str) -> Reading:
    """Return a text with its escapes read: of JSON and of programs, of HTML, of addresses.

    However often a backslash is doubled, it is none: so a text is read alike in JSON and in JSON
    within JSON, and two texts are the same here that differ by backslashes alone.
    """
    return Reading(text).read(_ESCAPE, _meaning)


def unfolded(text: str) -> Reading:
    """Return a text with its escapes read, and the lines of encoded texts joined."""
    return unescaped(text).read(_FOLD, lambda _: "")


def without(text: str, spans: Iterable[tuple[int, int]], instead: str) -> str:
    """Return a text with another one in place of each span; of those that overlap, once."""
    parts: list[str] = []
    done = 0
    open_end = -1
    for start, end in sorted(spans):
        if start >= open_end:
            parts += (text[done:start], instead)
        open_end = done = max(end, open_end)
    return "".join((*parts, text[done:])) if parts else text


def forms_read(text: str) -> set[str]:
    """Return what a text may look like in a reading of it, or of how it is written elsewhere."""
    # escapes of bytes are read as one character each
    octets = text.encode("utf-8", "surrogatepass").decode("latin-1")
    # what has the form of an escape is read as one, unless it was escaped itself
    return {read for one in (text, octets) for read in (unescaped(one).text, one.replace("\\", ""))}


@lru_cache(maxsize=512)
def _meaning(escape: str) -> str:
    return "" if (read := _read(escape)) == "\\" else read


def _read(escape: str) -> str:
    if escape[0] == "&":
        return html.unescape(_TWICE.sub("&", escape))
    if escape[0] == "%":
        return chr(int(escape[-2:], 16))
    code = escape.lstrip("\\")
    if len(code) < 2:
        return _LETTERS.get(code, code)
    number = int(code[1:].strip("{}"), 16)
    return chr(number) if number <= 0x10FFFF else escape
