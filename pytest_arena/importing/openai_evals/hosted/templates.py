"""Templates of the hosted product: `{{ item.x }}` and `{{ sample.output_text }}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.importing.made import LeftOutError
from pytest_arena.light_dataclass import dataclass

_STEPS = r"(?:\.[^.\[\]{}|()'\"]+|\[\d+\]|\['[^'{}]*'\]|\[\"[^\"{}]*\"\])*"
_NAMED = re.compile(rf"\{{\{{\s*((?:item|sample){_STEPS}?)\s*\}}\}}")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
ANSWER = "sample.output_text"
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Template:
    """A text with the paths that it names."""

    text: str
    paths: tuple[str, ...]

    @property
    def only(self) -> str | None:
        """The path where the whole text is one."""
        match = _NAMED.fullmatch(self.text.strip())
        if match is None or self.text != self.text.strip():
            return None
        return match[1].strip()

    def of(self, namespace: str) -> Iterator[str]:
        """Yield the paths of a namespace."""
        for path in self.paths:
            if re.split(r"[.\[]", path)[0] == namespace:
                yield path

    def replaced(self, change: Callable[[str], str]) -> str:
        """Return the text with each path replaced; all else stays."""
        return _NAMED.sub(lambda match: change(match[1].strip()), self.text)


def read_template(text: str) -> Template:
    """Return a text as a template; one with more than paths in it is a `LeftOutError`."""
    paths = tuple(dict.fromkeys(match[1].strip() for match in _NAMED.finditer(text)))
    rest = _NAMED.sub("", text)
    if "{{" in rest:
        found = rest[rest.index("{{") :]
        raise LeftOutError(
            f"a template that names neither item nor sample: {shorten(found)}",
            "write {{ item.NAME }} or {{ sample.output_text }}",
        )
    return Template(text, paths)


def found(path: str, item: Mapping[str, Any]) -> Any:
    """Return what a path of `item` leads to; `MISSING` where it leads to nothing."""
    value: Any = item
    for match in _STEP.finditer(path.removeprefix("item")):
        name, index, *quoted = match.groups()
        if index is not None:
            known = isinstance(value, list) and int(index) < len(value)
            value = value[int(index)] if known else _MISSING
        else:
            key = (name or "").strip() if name is not None else next(filter(None, quoted), "")
            value = value.get(key, _MISSING) if isinstance(value, Mapping) else _MISSING
        if value is _MISSING:
            break
    return value


def is_there(path: str, item: Mapping[str, Any]) -> bool:
    """Return whether a path of `item` leads to something."""
    return found(path, item) is not _MISSING
