"""What a node id says: whether it is a cell's, and of which case and column."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_arena.text.shown_path import path_from


class NodeId(NamedTuple):
    """The parts of `path/arena.yaml::Case Name[column]`."""

    file: str
    case: str
    column: str


class ArenaNames:
    """The names of arena files and cells, the same in the controller and in every worker.

    A YAML file that was named on the command line is one, whatever it is called.
    """

    def __init__(self, patterns: Sequence[str], config: pytest.Config) -> None:
        self._patterns = tuple(patterns)
        here = config.invocation_params.dir
        self._root = config.rootpath
        named = [((here / arg.partition("::")[0]).resolve(), "::" in arg) for arg in config.args]
        self._named = {path for path, _ in named}
        self.parts = [path_from(self._root, path) for path, is_part in named if is_part]
        """The files of which single items were asked for."""
        self._known: dict[str, bool] = {}
        """Of what the ids of items begin with, whether it is an arena file."""

    def is_arena(self, path: Path) -> bool:
        """Return whether a file is an arena file."""
        if any(fnmatchcase(path.name, pattern) for pattern in self._patterns):
            return True
        return path.suffix in {".yaml", ".yml"} and path.resolve() in self._named

    def cell(self, nodeid: str) -> NodeId | None:
        """Return the parts of a cell's node id, or None for any other node id."""
        file, separator, name = nodeid.partition("::")
        if not separator or not name.endswith("]"):
            return None
        is_arena = self._known.get(file)
        if is_arena is None:
            is_arena = self._known[file] = self.is_arena(self._root / file)
        if not is_arena:
            return None
        case, _, column = name[:-1].rpartition("[")
        return NodeId(file, case, column)


def file_of(nodeid: str) -> str:
    """Return the file of a node id, or of a cell's id."""
    return nodeid.partition("::")[0]
