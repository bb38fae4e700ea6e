"""JSON's escapes for characters beyond U+FFFF, two halves each, which libyaml refuses."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import Any, NamedTuple

from yaml import MarkedYAMLError, YAMLError
from yaml._yaml import CParser

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SHORTER = len(r"\ud83d\ude00") - len(r"\U0001F600")


def needs_pairs(error: YAMLError, text: str) -> bool:
    """Return whether a text was refused for an escape that is half of a pair, and has pairs."""
    said = error.problem if isinstance(error, MarkedYAMLError) else None
    return "escape code" in str(said) and _PAIR.search(text) is not None


class _Mark(NamedTuple):
    line: int
    column: int


class PairParser:
    """A parser that reads such pairs in double quotes as the characters they stand for.

    Elsewhere a backslash is a backslash, and what stands there is left as it was written.
    """

    def __init__(self, text: str) -> None:
        self._written: list[str] = []
        self._indices: list[int] = []
        self._ends: dict[int, list[int]] = {}
        self._parser = CParser(self._rewrite(text))

    def get_event(self) -> Any:
        """Return the next event, with places as in the text that was given."""
        event: Any = self._parser.get_event()
        if event is None:
            return None
        style = getattr(event, "style", '"')
        if style != '"':
            event.value = self._as_written(event)
        mark = event.start_mark
        moved = bisect_right(self._ends.get(mark.line, ()), mark.column)
        event.start_mark = _Mark(mark.line, mark.column + moved * _SHORTER)
        return event

    def _rewrite(self, text: str) -> str:
        lines = text.split("\n")
        index = 0
        for number, line in enumerate(lines):
            if "\\u" in line:
                parts: list[str] = []
                position = length = 0
                for match in _PAIR.finditer(line):
                    before = line[position : match.end(1)]
                    pair = line[match.end(1) : match.end()]
                    new = _for_yaml(pair)
                    self._indices.append(index + length + len(before))
                    self._written.append(pair)
                    length += len(before) + len(new)
                    self._ends.setdefault(number, []).append(length)
                    parts += [before, new]
                    position = match.end()
                lines[number] = "".join([*parts, line[position:]])
            index += len(lines[number]) + 1
        return "\n".join(lines)

    def _as_written(self, event: Any) -> str:
        value: str = event.value
        if "\\U" not in value:
            return value
        first = bisect_left(self._indices, event.start_mark.index)
        last = bisect_left(self._indices, event.end_mark.index)
        for pair in self._written[first:last]:
            value = value.replace(_for_yaml(pair), pair, 1)
        return value


def _for_yaml(pair: str) -> str:
    """Return YAML's escape of the character that two halves stand for."""
    high, low = int(pair[2:6], 16), int(pair[8:12], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"
