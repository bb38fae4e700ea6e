"""The arena files that one process has collected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.collection.own_code import OwnCode
from pytest_arena.collection.secret_names import refuse_secret_names
from pytest_arena.engine.provider_factory import warm_up
from pytest_arena.engine_setup import learn_keys
from pytest_arena.loading import load_arena
from pytest_arena.loading.versions import with_baseline_trials
from pytest_arena.results.cell import CODE

if TYPE_CHECKING:
    from pytest_arena.collection.run_context import RunContext
    from pytest_arena.loading.plans import Arena, CellPlan
    from pytest_arena.recording.answer_store import AnswerStore


class CollectedArenas:
    """The files that a run goes by, and all their cells; they grow while pytest collects."""

    def __init__(self, parts: RunContext, answers: AnswerStore) -> None:
        """`answers` are kept from earlier runs, and tell who need not be asked."""
        self._parts = parts
        self._answers = answers
        self._own_code = OwnCode(parts.config.rootpath, parts.registry)
        self.loaded: list[Arena] = []
        """Each file with the cells that are chosen."""
        self.ids: list[str] = []
        """The ids of all cells of all files, those that this run leaves out included."""
        self.without_cases: list[str] = []
        """Collected files that only Python tests can go by."""
        self.came_upon_any = False
        """Whether any file was to be loaded, also one that could not be."""

    def load(self, path: Path) -> Arena:
        """Load an arena file, and begin to import what its providers will need."""
        # not when its collector is made: pytest makes those of all files beside a folder in
        # `testpaths`, and collects none of them
        self.came_upon_any = True
        parts, settings = self._parts, self._parts.settings
        arena = load_arena(
            path, root=parts.config.rootpath, registry=parts.registry, needs_cases=False
        )
        if not arena.cells:
            self.without_cases.append(arena.file)
        self.ids += [f"{plan.file}::{plan.name}" for plan in arena.cells]
        learn_keys(parts.redactor, arena)
        refuse_secret_names(arena, parts.redactor)
        arena = arena.only(settings.providers, settings.variants)
        arena = self._own_code.marked(arena)
        if settings.makes_baseline:
            arena = with_baseline_trials(arena)
        if parts.gatekeeper is not None:
            arena = parts.gatekeeper.with_baseline(arena)
        if parts.earlier is not None:
            arena = parts.earlier.with_trials(arena)
        self.loaded.append(arena)
        # a baseline's version may ask others
        learn_keys(parts.redactor, arena)
        calls = not parts.config.option.collectonly and not settings.mock
        if calls and not self._answers.probable(arena.file, arena.providers):
            warm_up(parts.registry, [*(plan.provider for plan in arena.cells), *arena.judges])
        return arena

    def plans(self) -> dict[str, CellPlan]:
        """Return what is to be run of each chosen cell, by its id."""
        return {f"{plan.file}::{plan.name}": plan for arena in self.loaded for plan in arena.cells}

    def go_by_own_code(self) -> bool:
        """Return whether code of the project's own answers in a cell of these files, or judges."""
        return any(
            any(CODE in plan.hashes for plan in arena.cells)
            or any(self._own_code.answers(spec.provider) for spec in arena.judges)
            for arena in self.loaded
        )
