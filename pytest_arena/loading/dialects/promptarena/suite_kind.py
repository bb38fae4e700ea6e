"""What tells a suite of PromptArena from an arena file; looked at in every file."""

from __future__ import annotations

from typing import Any

from pytest_arena.loading.tree import YamlMap

_ARENAS = ("Arena", "ArenaConfig")


def is_suite(tree: Any) -> bool:
    """Return whether a file is a suite of PromptArena, by its `kind`."""
    return isinstance(tree, YamlMap) and tree.get("kind") in _ARENAS and "tests" not in tree
