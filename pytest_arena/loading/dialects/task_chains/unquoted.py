"""Templates that stand without quotes though they hold a colon, which YAML does not allow."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

_KEYS = r"(?:prompt_?template|system_?instruction|output_?template|print|description)"
_LINE = re.compile(
    rf"(?P<key>\s*(?:-\s+)?{_KEYS}\s*:\s+)(?P<text>[^\s'\"|>\[{{&*!%@`#].*?:(?:\s.*|))",
    re.IGNORECASE,
)


class Quoted(NamedTuple):
    """A value that was put into quotes: where it stands, and how it is written right."""

    line: int
    column: int
    written: str


def with_quotes(text: str) -> tuple[str, list[Quoted]]:
    """Return a YAML text whose unquoted templates with a colon are quoted, and what was."""
    found: list[Quoted] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            continue
        quoted = json.dumps(match["text"], ensure_ascii=False)
        lines[number] = match["key"] + quoted
        key = match["key"].strip().removeprefix("-").strip()
        found.append(Quoted(number + 1, len(match["key"]) + 1, f"{key} {quoted}"))
    return "\n".join(lines), found
