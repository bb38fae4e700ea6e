"""Regular expressions of JavaScript's as Python's `regex` package reads them."""

from __future__ import annotations

import re

import regex

from pytest_arena.importing.literal_text import literal
from pytest_arena.text.regex import compiled

_SPACE = r"\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NO_SPACE = (
    r"\x00-\x08\x0e-\x1f\x21-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e"
    r"\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_SETS = {
    "d": "0-9",
    "D": r"\x00-\x2f\x3a-\U0010ffff",
    "w": "0-9A-Za-z_",
    "W": r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\U0010ffff",
    "s": _SPACE,
    "S": _NO_SPACE,
}
"""What a class such as `\\d` holds: of ASCII, but for blanks."""
_SIGNS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_GROUP = re.compile(r"\(\?(?::|=|!|<=|<!|<(?P<name>[A-Za-z_$][\w$]*)>)|\((?!\?)")
_QUANTIFIER = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})\??")
_BY_VALUE = re.compile(
    r"\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u(?P<u>[0-9a-fA-F]{4})|\\x(?P<x>[0-9a-fA-F]{2})|\\c(?P<c>[A-Za-z])"
    r"|\\(?P<octal>[0-3][0-7]{0,2}|[4-7][0-7]?)"
)
_BORDERS = (r"\b", r"\B")
_ANY = r"[^\n\r\u2028\u2029]"


class NoPatternError(ValueError):
    """What JavaScript does not take for a pattern; there nothing matches it."""


def python_pattern(pattern: str) -> str:
    """Return a pattern that finds in Python what `RegExp(pattern)` finds, without flags.

    Raises `NoPatternError` for what JavaScript refuses, and `ValueError` for what Python does.
    """
    made = _Translation(pattern).run()
    try:
        compiled(made)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return made


class _Translation:
    """One pattern, read from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._groups, self._names = _groups_of(pattern)

    def run(self) -> str:
        made: list[str] = []
        opened: list[str] = []
        may_repeat = False
        while self._at < len(self._pattern):
            repeated = _QUANTIFIER.match(self._pattern, self._at)
            if repeated:
                if not may_repeat:
                    raise NoPatternError(f"nothing to repeat at position {self._at}")
                made.append(repeated[0])
                self._at = repeated.end()
                may_repeat = False
                continue
            sign = self._pattern[self._at]
            may_repeat = sign not in "(|^$" and not self._pattern.startswith(_BORDERS, self._at)
            if sign == ")":
                if not opened:
                    raise NoPatternError(f"unmatched ')' at position {self._at}")
                may_repeat = opened.pop() not in ("(?<=", "(?<!")
            made.append(self._atom(sign))
            if sign == "(":
                opened.append(made[-1])
        if opened:
            raise NoPatternError("a group is not closed")
        # \b is of ASCII there
        return f"(?a){''.join(made)}"

    def _atom(self, sign: str) -> str:
        if sign == "(":
            return self._open()
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape()
        self._at += 1
        if sign == ".":
            return _ANY
        if sign == "$":
            return r"\Z"
        return sign if sign in "^|)" else literal(sign)

    def _open(self) -> str:
        match = _GROUP.match(self._pattern, self._at)
        if match is None:
            shown = self._pattern[self._at : self._at + 4]
            raise NoPatternError(f"no group begins with {shown!r}")
        self._at = match.end()
        name = match["name"]
        return f"(?P<{_named(name)}>" if name else match[0]

    def _escape(self) -> str:
        """Return what an escape outside of a class stands for."""
        sign = self._pattern[self._at + 1 : self._at + 2]
        if not sign:
            raise NoPatternError("it ends in a backslash")
        if sign in _SETS:
            self._at += 2
            return f"[{_SETS[sign]}]"
        if sign in "bB":
            self._at += 2
            return f"\\{sign}"
        back = self._back_reference()
        return literal(self._character()) if back is None else back

    def _back_reference(self) -> str | None:
        numbered = re.compile(r"\\([1-9]\d*)").match(self._pattern, self._at)
        if numbered and int(numbered[1]) <= self._groups:
            self._at = numbered.end()
            # one to a group that took no part is empty there
            return f"(?({numbered[1]})\\{numbered[1]}|)"
        named = re.compile(r"\\k<([^>]*)>").match(self._pattern, self._at)
        if named and self._names:
            if named[1] not in self._names:
                raise NoPatternError(f"there is no group {named[1]!r}")
            self._at = named.end()
            name = _named(named[1])
            return f"(?({name})(?P={name})|)"
        return None

    def _character(self) -> str:
        """Return the character that an escape stands for, or the next one."""
        if self._pattern[self._at] != "\\":
            self._at += 1
            return self._pattern[self._at - 1]
        match = _BY_VALUE.match(self._pattern, self._at)
        if match:
            self._at = match.end()
            return _by_value(match)
        sign = self._pattern[self._at + 1 : self._at + 2]
        if not sign:
            raise NoPatternError("it ends in a backslash")
        if sign == "c":
            # a backslash, and then a c
            self._at += 1
            return "\\"
        self._at += 2
        return _SIGNS.get(sign, sign)

    def _class(self) -> str:
        self._at += 1
        negated = self._pattern.startswith("^", self._at)
        self._at += negated
        items: list[str] = []
        while not self._pattern.startswith("]", self._at):
            items.append(self._range(self._member(), items))
        self._at += 1
        if not items:
            return r"[\s\S]" if negated else "(?!)"
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _range(self, first: str, items: list[str]) -> str:
        """Return a member of a class, or the range that begins with it."""
        rest = self._pattern[self._at : self._at + 2]
        if not rest.startswith("-") or rest == "-]" or rest == "-":
            return _member_text(first)
        self._at += 1
        last = self._member()
        if len(first) > 1 or len(last) > 1:
            return _member_text(first) + r"\x2d" + _member_text(last)
        if first > last:
            raise NoPatternError(f"the range {first}-{last} is out of order")
        return f"{literal(first)}-{literal(last)}"

    def _member(self) -> str:
        """Return the next character of a class, or the ranges of `\\d` and its kin."""
        if self._at >= len(self._pattern):
            raise NoPatternError("a class is not closed")
        sign = self._pattern[self._at + 1 : self._at + 2]
        if self._pattern[self._at] == "\\" and sign in _SETS:
            self._at += 2
            return _SETS[sign]
        if self._pattern.startswith("\\b", self._at):
            self._at += 2
            return "\b"
        return self._character()


def _member_text(member: str) -> str:
    return member if len(member) > 1 else literal(member)


def _groups_of(pattern: str) -> tuple[int, set[str]]:
    """Return how many groups a pattern has, and the names of those that have one."""
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", pattern, flags=re.DOTALL)
    found = [match for match in _GROUP.finditer(bare) if match[0] == "(" or match["name"]]
    return len(found), {match["name"] for match in found if match["name"]}


def _by_value(match: re.Match[str]) -> str:
    if match["high"]:
        pair = f"{match['high']}{match['low']}"
        return bytes.fromhex(pair).decode("utf-16-be")
    if match["c"]:
        return chr(ord(match["c"]) % 32)
    if match["octal"]:
        return chr(int(match["octal"], 8))
    return chr(int(match["u"] or match["x"], 16))


def _named(name: str) -> str:
    return name.replace("$", "_dollar_")
