"""Run an arena from a script or a notebook, without pytest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from pytest_arena._version import __version__
from pytest_arena.builtins import register
from pytest_arena.engine.engine import Engine
from pytest_arena.engine.providers import provider_factory
from pytest_arena.engine.rationing import Rations
from pytest_arena.engine.trials import CellRun
from pytest_arena.engine.verdicts import cell_of, conclude_cell
from pytest_arena.loading import load_arena
from pytest_arena.loading.plan import Arena, CellPlan
from pytest_arena.registry import Registry
from pytest_arena.results.cell import Cell
from pytest_arena.results.facts import git_facts, now, versions
from pytest_arena.results.redaction import Redactor
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.serialize import seal


def run_arena(
    path: str | Path,
    *,
    providers: Sequence[str] = (),
    mock: bool = False,
    concurrency: int = 16,
    trials: int | None = None,
    registry: Registry | None = None,
) -> RunResult:
    """Run an arena file and return its cells in the order of the file.

    `providers` keeps only these providers or groups, `mock` answers from the arena's `mock:`
    texts, `concurrency` bounds the calls in flight, `trials` overrides the cases' own. Pass a
    registry to add assertions, guardrails and providers to those that ship. Works inside a running
    event loop, which it blocks: await `arun_arena` there. A mistake in the file is an
    `ArenaFileError`.
    """
    run = _Run(path, providers, mock, concurrency, trials, registry)
    with run.engine() as engine:
        works = engine.start(run.plans)
        cells = [
            run.conclude(plan, work.result(), engine)
            for plan, work in zip(run.plans, works, strict=True)
        ]
    return run.result(cells)


async def arun_arena(
    path: str | Path,
    *,
    providers: Sequence[str] = (),
    mock: bool = False,
    concurrency: int = 16,
    trials: int | None = None,
    registry: Registry | None = None,
) -> RunResult:
    """Do what `run_arena` does without blocking the running event loop.

    Loading and checks run in worker threads, calls on a loop of their own.
    """
    run = await asyncio.to_thread(_Run, path, providers, mock, concurrency, trials, registry)
    with run.engine() as engine:
        works = engine.start(run.plans)
        cells = []
        for plan, work in zip(run.plans, works, strict=True):
            done = await asyncio.wrap_future(work)
            cells.append(await asyncio.to_thread(run.conclude, plan, done, engine))
    return run.result(cells)


class _Run:
    def __init__(
        self,
        path: str | Path,
        providers: Sequence[str],
        mock: bool,
        concurrency: int,
        trials: int | None,
        registry: Registry | None,
    ) -> None:
        self._registry = Registry()
        register(self._registry)
        if registry is not None:
            self._registry.add_all(registry)
        file = Path(path).resolve()
        here = Path.cwd().resolve()
        self._root = here if file.is_relative_to(here) else file.parent
        self._arena: Arena = load_arena(
            file, root=self._root, registry=self._registry, select=tuple(providers)
        )
        self._mock = mock
        self._concurrency = concurrency
        self._trials = trials
        self._redactor = Redactor(os.environ)
        self._started_at = now()
        self.plans: list[CellPlan] = [plan for plan in self._arena.cells if plan.case.skip is None]

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        rations = Rations()
        rations.learn(self._arena)
        engine = Engine(
            concurrency=self._concurrency,
            make_provider=provider_factory(
                self._registry, mock=self._mock, add_secret=self._redactor.add
            ),
            root=self._root,
            trials=self._trials,
            rations=rations,
            hide=self._redactor.hide_known,
        )
        engine.limit((*self._arena.providers, *self._arena.judges))
        try:
            yield engine
        finally:
            engine.close()

    def conclude(self, plan: CellPlan, done: CellRun, engine: Engine) -> Cell:
        cell = conclude_cell(
            plan,
            done.executed,
            cell_id=f"{plan.file}::{plan.name}",
            root=self._root,
            wait=engine.wait,
            wanted_trials=done.wanted,
            load=done.load,
        )
        return seal(cell, self._redactor)[0]

    def result(self, cells: Sequence[Cell]) -> RunResult:
        done = {cell.id: cell for cell in cells}
        every = [
            done.get(cell_id) or cell_of(plan, cell_id, "skipped", reason=plan.case.skip)
            for plan in self._arena.cells
            for cell_id in [f"{plan.file}::{plan.name}"]
        ]
        info = RunInfo(
            run_id=uuid4().hex[:12],
            started_at=self._started_at,
            plugin_version=__version__,
            git=git_facts(self._root),
            options={"mock": self._mock, "concurrency": self._concurrency, "trials": self._trials},
            versions=versions(),
        )
        return RunResult(info, tuple(every), finished_at=now())
