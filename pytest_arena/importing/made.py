"""What an assertion of another tool becomes: an arena's own, or a reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_arena.importing.arena_writer import escaped

Made = dict[str, Any]
"""An assertion as an arena has it."""


class LeftOutError(Exception):
    """An assertion that cannot be in an arena: why, and what to write instead."""

    def __init__(self, why: str, instead: str = "") -> None:
        super().__init__(why)
        self.instead = instead


def without_templates(made: Made) -> Made:
    """Return an assertion in which no text is taken for a template."""
    return {key: _without_templates(key, value) for key, value in made.items()}


def _without_templates(key: str, value: Any) -> Any:
    if key == "judge_prompt":
        # it has {{ output }} in it
        return value
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list):
        return [_without_templates(key, item) for item in value]
    if isinstance(value, dict) and key != "schema":
        return {name: _without_templates(name, item) for name, item in value.items()}
    return value


def lost_in_words(kinds: Sequence[str]) -> str:
    """Return what a case that lost assertions says: `imported without javascript (2), python`."""
    counts = {kind: kinds.count(kind) for kind in kinds}
    shown = [kind if count == 1 else f"{kind} ({count})" for kind, count in counts.items()]
    return escaped(f"imported without {', '.join(shown)}")
