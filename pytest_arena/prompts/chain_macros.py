"""Macros of task chains, `{{var:name}}` and the like, which are no actions of Go's templates.

In a system instruction they are filled in as texts. In a Go template each becomes a field, so that
what is filled in is never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

_MACRO = re.compile(r"\{\{([A-Za-z0-9_]+)(?::([^}]*))?\}\}")
NAMES = frozenset(("var", "date", "now", "chain", "host", "edge_count", "toolservice", "tools"))
_FIELD = "macro_{}_"
Give = Callable[[str, str], str | None]
"""What a macro stands for, by its name and what follows its colon; None leaves it as it is."""
_LAYOUT = re.compile(
    r"2006|January|Monday|Jan|Mon|MST|Z07:00|-07:00|-0700|Z0700|-07|\.0+|\.9+|PM|pm|01|02|03|04|05"
    r"|06|15|_2|1|2|3|4|5"
)
_STRFTIME = {
    "2006": "%Y",
    "06": "%y",
    "January": "%B",
    "Jan": "%b",
    "01": "%m",
    "Monday": "%A",
    "Mon": "%a",
    "02": "%d",
    "15": "%H",
    "03": "%I",
    "04": "%M",
    "05": "%S",
    "PM": "%p",
    "MST": "%Z",
}


def filled(text: str, give: Give) -> str:
    """Return a text with its macros filled in."""

    def fill(match: re.Match[str]) -> str:
        given = give(match[1], (match[2] or "").strip())
        return match[0] if given is None else given

    return _MACRO.sub(fill, text)


def as_fields(template: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """Return a Go template whose macros are fields, and the macro of each field."""
    found: dict[str, tuple[str, str]] = {}

    def name(match: re.Match[str]) -> str:
        if match[1] not in NAMES:
            return match[0]
        field = _FIELD.format(len(found))
        found[field] = (match[1], (match[2] or "").strip())
        return f"{{{{.{field}}}}}"

    return _MACRO.sub(name, template), found


def without_macros(template: str) -> str:
    """Return a Go template without what are no actions of it."""
    return _MACRO.sub(lambda match: "" if match[1] in NAMES else match[0], template)


def macros_in(text: str) -> list[tuple[str, str]]:
    """Return the macros of a text, each by its name and what follows its colon."""
    return [(match[1], (match[2] or "").strip()) for match in _MACRO.finditer(text)]


def variable(payload: str, variables: Mapping[str, str]) -> str | None:
    """Return what `{{var:…}}` stands for: a variable, another one, or a text behind `|`; None where
    there is none of them.

    A variable that is empty is none, and `-` and `_` in its name are alike, as in the original.
    """
    name, bar, otherwise = payload.partition("|")
    if found := _looked_up(name.strip(), variables):
        return found
    if not bar:
        return None
    otherwise = otherwise.strip()
    if otherwise.startswith("var:"):
        return variable(otherwise.removeprefix("var:"), variables)
    return otherwise


def _looked_up(name: str, variables: Mapping[str, str]) -> str:
    if name in variables:
        return variables[name]
    if "-" in name:
        return variables.get(name.replace("-", "_"), "")
    return variables.get(name.replace("_", "-"), "")


def go_time(layout: str, when: datetime) -> str:
    """Return a time in a layout of Go's, which is a time itself: `2006-01-02 15:04`.

    Source: https://pkg.go.dev/time#pkg-constants
    """

    def part(match: re.Match[str]) -> str:
        word = match[0]
        if word in _STRFTIME:
            return when.strftime(_STRFTIME[word])
        if word[0] == ".":
            digits = f"{when.microsecond:06d}000"[: len(word) - 1]
            return f".{digits}" if word[1] == "0" else f".{digits}".rstrip("0").rstrip(".")
        if "07" in word:
            return _zone(word, when)
        plain = {
            "1": when.month,
            "2": when.day,
            "3": (when.hour - 1) % 12 + 1,
            "4": when.minute,
            "5": when.second,
        }
        if word == "_2":
            return f"{when.day:2d}"
        return when.strftime("%p").lower() if word == "pm" else str(plain[word])

    return _LAYOUT.sub(part, layout)


def _zone(word: str, when: datetime) -> str:
    offset = when.strftime("%z") or "+0000"
    if word[0] == "Z" and offset == "+0000":
        return "Z"
    if word == "-07":
        return offset[:3]
    return f"{offset[:3]}:{offset[3:5]}" if ":" in word else offset[:5]
