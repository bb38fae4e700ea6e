"""A judge's reply without JSON: fields in tags, or lines that begin with a field's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.reply_json import Planted
from pytest_arena.text.thoughts import without_thoughts

_TAG = re.compile(r"<(\w+)>")
_LINE = re.compile(
    r"^[ \t>#*_-]*+(?P<name>[^\W\d_]++)[ \t*_]*+[:：][ \t*_]*+(?P<value>.*)$", re.MULTILINE
)


def labelled_fields(
    text: str, names: Sequence[str], material: Sequence[Material]
) -> dict[str, Any] | None:
    """Return the fields of these names by their names.

    None where a reply has none, has one twice, or has one that stands in the material as well.
    """
    text = without_thoughts(text)
    fields = list(_tagged(text, names)) or list(_lined(text, names))
    found = {name: value for name, value, _ in fields}
    planted = Planted(material)
    if len(found) < len(fields) or any(planted.in_any(piece) for *_, piece in fields):
        return None
    return found or None


def _tagged(text: str, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the fields in tags; of one name the first two, since two are too many anyway."""
    seen = Counter[str]()
    for match in _TAG.finditer(text):
        name = match[1].casefold()
        if name not in names or seen[name] > 1:
            continue
        seen[name] += 1
        end = text.find(f"</{match[1]}>", match.end())
        if end >= 0:
            yield name, text[match.end() : end].strip(), text[match.start() : end]


def _lined(text: str, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the fields of a text of lines, each up to where the next one begins."""
    begins = [match for match in _LINE.finditer(text) if match["name"].casefold() in names]
    for number, match in enumerate(begins):
        end = begins[number + 1].start() if number + 1 < len(begins) else len(text)
        yield (
            match["name"].casefold(),
            text[match.start("value") : end].strip(),
            text[match.start() : end],
        )
