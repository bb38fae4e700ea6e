"""What tests are backed by: the arena files that they go by, who judges, and who is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_arena.checks.checker import Checker
from pytest_arena.checks.surroundings import Surroundings
from pytest_arena.collection.code_state import code_state
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.engine import Engine
from pytest_arena.errors import Location, Problem, UsageError
from pytest_arena.loading import load_arena
from pytest_arena.loading.files import display_name
from pytest_arena.loading.plans import Arena
from pytest_arena.options import Settings
from pytest_arena.registry import Registry
from pytest_arena.results.cell import Cell
from pytest_arena.schema import ProviderSpec
from pytest_arena.text.numbers import counted

if TYPE_CHECKING:
    from pytest_arena.collection.python_tests.gate import GateOfTests
    from pytest_arena.collection.resume import FinishedCells


class Backing:
    """The arena files of tests, each loaded once, and the engine behind them.

    `engine` gives it once it is needed, `learn` is told of each file that is loaded, `loaded` gives
    those that the run itself has, `keep` takes the cells of a test, and `gate` is there where these
    are held against a baseline, or excused, `finished` where an interrupted run is taken up.
    """

    def __init__(
        self,
        config: pytest.Config,
        settings: Settings,
        registry: Registry,
        *,
        engine: Callable[[], Engine],
        learn: Callable[[Arena], None],
        share: Share,
        loaded: Callable[[], Sequence[Arena]] = tuple,
        keep: Callable[[Sequence[Cell]], list[tuple[str, str]]] | None = None,
        gate: GateOfTests | None = None,
        finished: FinishedCells | None = None,
    ) -> None:
        self.settings = settings
        self.keep = keep
        self.gate = gate
        self.code = ""
        """The state of the project's code when the first test ran, and whether a mock answered."""
        self._finished = finished
        self._workers = share.workers
        self._shards = share.shard.at_once
        self._root = config.rootpath
        self._registry = registry
        self._learn = learn
        self._loaded = loaded
        self._engine = engine
        self._around: dict[Path | None, Surroundings] = {}
        self._known_files: set[tuple[str, str]] = set()
        self._new_files: list[tuple[str, str]] = []
        self.checker = Checker(self._root, self._ready)

    def look_at_code(self) -> None:
        """Learn the state of the code before the first test runs."""
        if self.keep is not None and not self.code:
            self.code = f"{code_state(self._root)}{' mock' if self.settings.mock else ''}"

    def finished(self, test: str, trials: int) -> list[Cell]:
        """Return the cells of a test that an interrupted run has finished, and which still hold."""
        if self._finished is None:
            return []
        return self._finished.take_test(test, self.code, trials)

    def refuse_unshared(self, asked: Iterable[ProviderSpec], place: Location) -> None:
        """Refuse to ask whom not all workers can ask within the limit: any of them may run a test
        that does. Where nobody is called there is nothing to share."""
        if not self.settings.calls:
            return
        limits = {
            repr(spec.name): spec.concurrency // self._shards if spec.concurrency else None
            for spec in asked
        }
        if limits:
            limits["--arena-concurrency"] = self.settings.concurrency
        for name, limit in limits.items():
            if limit == 0 and self._shards > 1:
                raise UsageError(
                    Problem(
                        f"{name} allows fewer calls in flight than the {self._shards} shards that "
                        "run at once, which cannot share them",
                        place,
                        fix=f"allow {self._shards} or more (concurrency:), or run fewer shards at "
                        "once (--arena-shard-limits)",
                    )
                )
            if limit is not None and limit < self._workers:
                raise UsageError(
                    Problem(
                        f"{name} allows {counted(limit, 'call')} in flight, which "
                        f"{self._workers} workers cannot share",
                        place,
                        fix=f"allow {self._workers} or more (concurrency:), or use fewer workers",
                    )
                )

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
        name = display_name(file, self._root)
        for arena in self._loaded():
            if arena.file == name:
                return arena
        arena = load_arena(file, root=self._root, registry=self._registry, needs_cases=False)
        # its cases are no part of this run
        arena = replace(arena, cells=())
        self._learn(arena)
        return arena
