"""Imports of our own modules go past pytest's assertion rewriting, which has nothing to do here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_OURS = ("pytest_arena.", "pytest_arena_reporters")
_PLUGIN = "pytest_arena.plugin"
"""pytest checks that it imported this one itself."""


class UnrewrittenFinder:
    """A finder that finds our modules as plain Python does.

    pytest rewrites the assertions of every module that a plug-in's distribution brings, and parses
    all of them anew wherever its cache is cold, as on most CI machines: half a second for nothing.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not name.startswith(_OURS) or name == _PLUGIN:
            return None
        return PathFinder.find_spec(name, path, target)


def skip_rewriting() -> None:
    """Put the finder before pytest's, once a process."""
    if not any(type(finder).__name__ == UnrewrittenFinder.__name__ for finder in sys.meta_path):
        sys.meta_path.insert(0, UnrewrittenFinder())
