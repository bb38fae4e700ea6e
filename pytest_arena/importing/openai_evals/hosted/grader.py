"""One grader of an eval as it is written, and what it is read with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.code import GraderModule
from pytest_arena.importing.openai_evals.hosted.templates import (
    ANSWER,
    Template,
    found,
    read_template,
)
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import plain
from pytest_arena.prompts.templates import as_text


@dataclass(slots=True)
class Grader:
    """One grader of an eval, and what it is read with."""

    tree: Mapping[str, Any]
    place: Location
    module: GraderModule
    items: Sequence[Mapping[str, Any]]
    """The rows that it grades."""
    answer: str = ANSWER
    """The path that leads to the answer: that of the sample, or one of the items."""
    sample_keys: frozenset[str] = frozenset()
    """What rows say of their samples beside the answer."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """What is alike and not exact, and what to know of it."""

    @property
    def kind(self) -> str:
        return str(self.tree.get("type"))

    @property
    def name(self) -> str:
        return str(self.tree.get("name") or self.kind)

    def alike(self, what: str, instead: str = "") -> None:
        self.notes.append((what, instead))

    def text(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.tree.get(key)
        if not isinstance(value, str):
            raise LeftOutError(f"its {key} is no text")
        return value

    def template(self, key: str) -> Template:
        """Return a template, in which the answer has its usual name."""
        read = read_template(self.text(key))
        if self.answer == ANSWER or self.answer not in read.paths:
            return read
        change = {self.answer: ANSWER}
        return read_template(read.replaced(lambda path: f"{{{{ {change.get(path, path)} }}}}"))

    def number(self, key: str) -> float | None:
        """Return a number; None where there is none."""
        value = self.tree.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise LeftOutError(f"its {key} is no number")
        if not math.isfinite(value):
            raise LeftOutError(f"its {key} is {value}")
        return float(value)

    def threshold(self, default: float) -> float:
        """Return the least grade that passes; without one, half of what can be reached."""
        least = self.number("pass_threshold")
        if least is None:
            self.alike(
                "no pass_threshold, and what passes then is nowhere told",
                f"{default:g} passes here",
            )
        return default if least is None else least

    def values(self, path: str) -> list[Any]:
        """Return what a path leads to in each row."""
        return [found(path, item) for item in self.items]

    def texts(self, template: Template) -> list[str] | None:
        """Return what a template comes to in each row, which is one path of the item or has none;
        None for another, and where a row has no single value there."""
        if not template.paths:
            return [template.text]
        path = template.only
        if path is None or not path.startswith("item"):
            return None
        values = self.values(path)
        sound = all(isinstance(one, (str, int, float)) for one in values)
        return list(map(as_text, values)) if sound else None


def ours(template: Template) -> str:
    """Return a template as an arena writes it."""
    return template.replaced(lambda path: f"{{{{ {path} }}}}")


def paths_of(grader: Grader) -> list[str]:
    """Return the paths that a grader's templates name; what cannot be read names none."""
    found_paths: list[str] = []
    for text in texts_in(plain(grader.tree), but=("source", "name", "type", "model")):
        try:
            found_paths += read_template(text).paths
        except LeftOutError:
            continue
    return list(dict.fromkeys(found_paths))


def texts_in(value: Any, but: Sequence[str] = ()) -> list[str]:
    """Return all texts in a value, however deep, without those of some keys."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        kept = [inner for name, inner in value.items() if name not in but]
        return [text for inner in kept for text in texts_in(inner, but)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_in(inner, but)]
    return []
