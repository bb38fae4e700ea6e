"""Regular expressions of Go (RE2), as Python's `regex` package reads them."""

from __future__ import annotations

import re

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_NO_RE2 = re.compile(r"\\[1-9]|\(\?<?[=!]|\(\?>|[*+?}]\+|\(\?[ims]*U")
"""Look-around, back-references, atomic groups, possessive quantifiers; and Go's flag `U`."""
_LETTERS = re.compile(
    r"\\Q.*?(?:\\E|$)|\\[pPx]\{[^}]*\}|\\[^1-9]|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL
)
_CODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_SPELT = {"z": r"\Z", "C": None}


class UnreadableError(Exception):
    """What of a pattern Go does not read, or Python."""


def from_go(pattern: str) -> str:
    r"""Return a pattern that matches here what it matches in Go: `\d`, `\w` and `\s` are of ASCII,
    and `$` is the end of the text alone, unless `(?m)` says otherwise."""
    if refused := _NO_RE2.search(_without_classes(pattern)):
        whose = "Python's" if refused[0].endswith("U") else "Go's"
        raise UnreadableError(f"{refused[0]!r}, which {whose} patterns do not have")
    multiline = re.search(r"\(\?[a-zA-Z]*m", pattern) is not None
    made: list[str] = []
    inside, place = False, 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "\\" and place + 1 < len(pattern):
            made.append(_escape(pattern, place, inside=inside))
            place += _length(pattern, place)
            continue
        if letter == "[" and not inside:
            inside = True
            # a bracket that begins a class is a letter of it
            first = re.match(r"\[\^?\]?", pattern[place:])
            made.append(first[0] if first else letter)
            place += len(first[0]) if first else 1
            continue
        if letter == "[" and (named := re.match(r"\[:\^?\w+:\]", pattern[place:])):
            made.append(named[0])
            place += len(named[0])
            continue
        if letter == "[":
            letter = r"\["
        inside = inside and letter != "]"
        made.append(r"\Z" if letter == "$" and not inside and not multiline else letter)
        place += 1
    return "".join(made)


def _length(pattern: str, place: int) -> int:
    letter = pattern[place + 1]
    if letter == "Q":
        end = pattern.find(r"\E", place)
        return (end + 2 if end >= 0 else len(pattern)) - place
    if letter == "x" and (code := _CODE.match(pattern, place)):
        return len(code[0])
    if letter in "pP":
        named = re.match(r"\{[^}]*\}|.?", pattern[place + 2 :], re.DOTALL)
        return 2 + len(named[0]) if named else 2
    return 2


def _escape(pattern: str, place: int, *, inside: bool) -> str:
    letter, whole = pattern[place + 1], pattern[place : place + _length(pattern, place)]
    low = letter.lower()
    if low in _CLASSES:
        among = _CLASSES[low]
        if letter == low:
            return among if inside else f"[{among}]"
        if not inside:
            return f"[^{among}]"
        raise UnreadableError(f"{whole!r} in brackets: write the letters out")
    if letter == "Q":
        return re.escape(whole.removeprefix(r"\Q").removesuffix(r"\E"))
    if (code := _CODE.match(whole)) is not None:
        return rf"\U{int(code[1], 16):08x}"
    if letter in "pP" and len(whole) == 3:
        return rf"\{letter}{{{whole[2]}}}"
    if letter in _SPELT:
        if (spelt := _SPELT[letter]) is None:
            raise UnreadableError(f"{whole!r}, which stands for a byte")
        return spelt
    return whole


def _without_classes(pattern: str) -> str:
    """Return a pattern without what stands for letters: escapes, quotes and brackets."""
    return _LETTERS.sub("e", pattern)
