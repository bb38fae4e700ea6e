"""What a docstring says: of the whole, and of each parameter."""

from __future__ import annotations

import re
from dataclasses import field

from pytest_arena.light_dataclass import dataclass

_HEADING = re.compile(
    r"(?P<of>Args|Arguments|Parameters|Params|Other Parameters|Keyword Arg(?:ument)?s)?"
    r"(?:Returns?|Yields?|Raises|Examples?|Notes?|See Also|Warn(?:ing)?s?|References|Attributes)?"
    r":?\s*"
)
_RULE = re.compile(r"\s*-{3,}\s*")
_ENTRY = re.compile(r"\s*\*{0,2}(?P<name>\w+)\s*(?:\([^)]*\))?\s*(?::\s*(?P<text>.*))?")
_FIELD = re.compile(r":(?P<kind>\w+)\s*(?P<of>[^:]*):\s*(?P<text>.*)")
_PARAMETERS = ("param", "parameter", "arg", "argument")


@dataclass(slots=True)
class Docstring:
    """What stands before all sections, and the text of each parameter by its name."""

    summary: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str) -> Docstring:
    """Read a docstring as Google, numpy or Sphinx write one; other sections are left out."""
    summary: list[str] = []
    of: dict[str, list[str]] = {}
    current: list[str] | None = summary
    indent: int | None = None
    in_parameters = is_numpy = False
    lines = text.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        heading = _HEADING.fullmatch(line)
        if heading and line.strip():
            in_parameters, current, indent = heading["of"] is not None, None, None
            is_numpy = _RULE.fullmatch(following) is not None
        elif found := _FIELD.fullmatch(line):
            in_parameters = False
            name = found["of"].split()[-1:] if found["kind"] in _PARAMETERS else []
            current = of.setdefault(name[0], []) if name else None
            _add(current, found["text"])
        elif in_parameters and line.strip() and not _RULE.fullmatch(line):
            own = len(line) - len(line.lstrip())
            indent = own if indent is None else indent
            entry = _ENTRY.fullmatch(line) if own == indent else None
            if entry is not None:
                current = of.setdefault(entry["name"], [])
                line = "" if is_numpy else entry["text"] or ""
            _add(current, line.strip())
        elif not in_parameters:
            _add(current, line)
    texts = {name: " ".join(part for part in parts if part) for name, parts in of.items()}
    return Docstring("\n".join(summary).strip(), {name: one for name, one in texts.items() if one})


def _add(parts: list[str] | None, line: str) -> None:
    if parts is not None:
        parts.append(line)
