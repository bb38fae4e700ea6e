"""The code blocks of a Markdown page, and how the comment above each says to try it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[\w+-]*)\s*$")
_MARKER = re.compile(r"^\s*<!-- test: (?P<words>.*?) -->\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """Keep one code block: where its fence stands, its language, text, and how to try it.

    `verb` is the first word of the comment above the fence, empty where there is none;
    `settings` are its `key=value` words.
    """

    page: str
    line: int
    language: str
    text: str
    verb: str
    settings: dict[str, str]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language}, {self.verb or 'no marker'})"


def blocks_of(path: Path, page: str) -> list[Block]:
    """Return the fenced code blocks of a page in their order."""
    lines = path.read_text(encoding="utf-8").split("\n")
    found: list[Block] = []
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        if not opening:
            number += 1
            continue
        start = number
        closing = opening["indent"] + opening["fence"]
        number += 1
        while number < len(lines) and lines[number] != closing:
            number += 1
        if number == len(lines):
            raise AssertionError(f"{page}:{start + 1}: this code block is never closed")
        indent = len(opening["indent"])
        text = "".join(f"{line[indent:]}\n" for line in lines[start + 1 : number])
        verb, settings = _marker(lines, start)
        found.append(Block(page, start + 1, opening["language"], text, verb, settings))
        number += 1
    return found


def _marker(lines: list[str], fence: int) -> tuple[str, dict[str, str]]:
    above = fence - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    match = _MARKER.match(lines[above]) if above >= 0 else None
    if match is None:
        return "", {}
    verb, *words = shlex.split(match["words"])
    return verb, dict(word.split("=", 1) for word in words)
