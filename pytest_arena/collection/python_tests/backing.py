"""What tests are backed by: the arena files that they go by, who judges, and who is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_arena.checks.checker import Checker
from pytest_arena.checks.surroundings import Surroundings
from pytest_arena.engine.engine import Engine
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import Arena
from pytest_arena.options import Settings
from pytest_arena.registry import Registry
from pytest_arena.results.cell import Cell


class Backing:
    """The arena files of tests, each loaded once, and the engine behind them.

    `engine` gives it once it is needed, `learn` is told of each file that is loaded, `loaded` gives
    those that the run itself has, and `keep` takes the cells of a test.
    """

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        registry: Registry,
        *,
        engine: Callable[[], Engine],
        learn: Callable[[Arena], None],
        loaded: Callable[[], Sequence[Arena]] = tuple,
        keep: Callable[[Sequence[Cell]], list[tuple[str, str]]] | None = None,
    ) -> None:
        self.settings = settings
        self.keep = keep
        self._root = config.rootpath
        self._registry = registry
        self._learn = learn
        self._loaded = loaded
        self._engine = engine
        self._around: dict[Path | None, Surroundings] = {}
        self._known_files: set[tuple[str, str]] = set()
        self._new_files: list[tuple[str, str]] = []
        self.checker = Checker(self._root, self._ready)

    def around(self, file: Path | None, test_file: str) -> Surroundings:
        """Return what the tests of a file go by that name an arena file, or have none."""
        found = self._surroundings(file)
        pair = (test_file, found.arena.file)
        if pair not in self._known_files:
            self._known_files.add(pair)
            self._new_files.append(pair)
        return found

    def _ready(self) -> Engine:
        engine = self._engine()
        while self._new_files:
            engine.count_with(*self._new_files.pop())
        return engine

    def _surroundings(self, file: Path | None) -> Surroundings:
        found = self._around.get(file)
        if found is None:
            arena = self._arena(file) if file is not None else None
            found = self._around[file] = Surroundings(self._root, self._registry, arena)
        return found

    def _arena(self, file: Path) -> Arena:
        for arena in self._loaded():
            if (self._root / arena.file) == file:
                return arena
        arena = load_arena(file, root=self._root, registry=self._registry, needs_cases=False)
        # its cases are no part of this run
        arena = replace(arena, cells=())
        self._learn(arena)
        return arena
