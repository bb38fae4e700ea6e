"""One assertion of promptfoo's as it is written, and what it is read with."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.made import LeftOutError, Made
from pytest_arena.importing.promptfoo.code_module import CodeModule
from pytest_arena.importing.promptfoo.javascript_values import as_in_javascript, json_text
from pytest_arena.importing.promptfoo.scripts import file_of
from pytest_arena.importing.promptfoo.templates import BadTemplateError, fill
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlMap, plain


@dataclass(slots=True)
class Scope:
    """What the assertions of one test are read with."""

    source: Source
    module: CodeModule
    """Where code in Python goes."""
    variables: Mapping[str, Any]
    column: Callable[[Any, Location], Made | None]
    """Gives what an arena has for a provider of promptfoo's; None where it has nothing."""
    judge: Any = None
    """Who judges, or embeds, where the test's options say so."""
    rubric_prompt: Any = None
    """What a judge is asked, where the test's options say so."""
    from_csv: bool = False
    lost: list[str] = field(default_factory=list)
    """The types of the assertions that are left out."""
    judges: bool = False
    """Whether an assertion asks a judge that nobody names."""


@dataclass(slots=True)
class Written:
    """One assertion as it is written, its value filled in."""

    kind: str
    negated: bool
    value: Any
    threshold: float | None
    tree: Mapping[str, Any]
    place: Location
    scope: Scope
    notes: list[tuple[str, str]] = field(default_factory=list)
    """What is alike and not exact, and what to know of it."""

    @property
    def text(self) -> str:
        """The value as a text; nothing is a mistake."""
        if self.value is None or self.value == "":
            raise LeftOutError("no value", "there it is an error")
        if isinstance(self.value, bool):
            return str(self.value).lower()
        return self.value if isinstance(self.value, str) else json_text(self.value)

    @property
    def texts(self) -> list[str]:
        """The value as a list of texts; a text is split at its commas."""
        if isinstance(self.value, list):
            return [item if isinstance(item, str) else json_text(item) for item in self.value]
        text = self.text
        found = re.findall(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)', text)
        parts = [quoted.replace('\\"', '"') or bare.strip() for quoted, bare in found]
        return parts[:-1] if parts and not parts[-1] else parts

    def alike(self, what: str, instead: str = "") -> None:
        self.notes.append((what, instead))


def read(kind: str, tree: YamlMap, place: Location, scope: Scope) -> Written:
    bare = kind.removeprefix("not-")
    value = as_in_javascript(plain(tree.get("value")))
    if bare not in ("javascript", "python") or file_of(value) is None:
        value = _value(value, scope)
    threshold = tree.get("threshold")
    given = number(threshold)
    if threshold is not None and given is None:
        raise LeftOutError(f"its threshold {threshold!r} is no number")
    return Written(bare, bare != kind, value, given, tree, place, scope)


def number(written: Any) -> float | None:
    """Return a number, also one that is written as a text; None for anything else."""
    try:
        found = float(written)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _value(value: Any, scope: Scope) -> Any:
    """Return a value with its file read and its template filled in."""
    if isinstance(value, str) and value.startswith("file://"):
        path = scope.source.neighbour(value)
        if path is None:
            raise LeftOutError(f"there is no file {value}")
        if path.suffix in (".yaml", ".yml", ".json"):
            try:
                return as_in_javascript(plain(scope.source.tree_of(path)))
            except ArenaFileError as error:
                raise LeftOutError(str(error)) from error
        if path.suffix in (".py", ".js", ".cjs", ".mjs", ".ts"):
            raise LeftOutError(f"code: {value}", "write a function, and type: python")
        return scope.source.text_of(path).strip()
    if isinstance(value, str):
        return _filled(value, scope)
    if isinstance(value, list):
        return [_filled(item, scope) if isinstance(item, str) else item for item in value]
    return value


def _filled(text: str, scope: Scope) -> str:
    try:
        return fill(text, scope.variables)[0]
    except BadTemplateError as error:
        raise LeftOutError(f"its template cannot be filled in: {error}") from error


def negatable(written: Written, made: Made) -> list[Made]:
    return [{**made, "not": True}] if written.negated else [made]
