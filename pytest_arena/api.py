"""Run an arena from a script or a notebook, without pytest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pytest_arena._version import __version__
from pytest_arena.builtins import register
from pytest_arena.conftests import load_conftests, register_plugins
from pytest_arena.engine.calling.quotas import Quotas
from pytest_arena.engine.cell_verdict import conclude_cell
from pytest_arena.engine.engine import Engine
from pytest_arena.engine.provider_factory import provider_factory, variables_of
from pytest_arena.engine.trials import CellRun
from pytest_arena.engine.verdict_rules import cell_of
from pytest_arena.errors import UsageError
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import Arena, CellPlan
from pytest_arena.options import Settings
from pytest_arena.registry import Registry
from pytest_arena.results.budgets import budget_lines
from pytest_arena.results.cell import Cell
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.run_facts import git_facts, now, versions
from pytest_arena.results.serialize import seal
from pytest_arena.settings import read
from pytest_arena.text.redaction import Redactor

if TYPE_CHECKING:
    from pytest_arena.engine.calling.client import Answers
    from pytest_arena.recording.answer_store import AnswerStore

_MAX_COST = "max_cost"
"""How messages name what is `--arena-max-cost` under pytest."""


def run_arena(
    path: str | Path,
    *,
    providers: Sequence[str] = (),
    mock: bool = False,
    concurrency: int = Settings.concurrency,
    trials: int | None = None,
    record: str = Settings.record,
    max_cost: float | None = None,
    registry: Registry | None = None,
) -> RunResult:
    """Run an arena file and return its cells in the order of the file.

    `providers` keeps only these providers or groups, `mock` answers from the arena's `mock:`
    texts, `concurrency` bounds the calls in flight, `trials` overrides the cases' own. `record`
    (off, none, once, new or all) and `max_cost` (US dollars) mean what `--arena-record` and
    `--arena-max-cost` mean under pytest; what was recorded or could not be paid for stands in the
    `notes` of the run. What the conftest files beside the arena and installed plug-ins register is
    known; pass a registry to add further assertions, guardrails and providers. Works inside a
    running event loop, which it blocks: await `arun_arena` there.

    A mistake in the file is an `ArenaFileError`; another `record`, an amount that is not above 0
    and a provider without a price under `max_cost` are a `UsageError`.
    """
    settings = _settings(providers, mock, concurrency, trials, record, max_cost)
    run = _Run(path, settings, registry)
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
    concurrency: int = Settings.concurrency,
    trials: int | None = None,
    record: str = Settings.record,
    max_cost: float | None = None,
    registry: Registry | None = None,
) -> RunResult:
    """Do what `run_arena` does without blocking the running event loop.

    Loading and checks run in worker threads, calls on a loop of their own.
    """
    settings = _settings(providers, mock, concurrency, trials, record, max_cost)
    run = await asyncio.to_thread(_Run, path, settings, registry)
    with run.engine() as engine:
        works = engine.start(run.plans)
        cells = []
        for plan, work in zip(run.plans, works, strict=True):
            done = await asyncio.wrap_future(work)
            cells.append(await asyncio.to_thread(run.conclude, plan, done, engine))
    return await asyncio.to_thread(run.result, cells)


def _settings(
    providers: Sequence[str],
    mock: bool,
    concurrency: int,
    trials: int | None,
    record: str,
    max_cost: float | None,
) -> Settings:
    return Settings(
        providers=tuple(providers),
        mock=mock,
        concurrency=concurrency,
        trials=trials,
        record=read("arena_record", record, "record"),
        max_cost_usd=None if max_cost is None else read("arena_max_cost", max_cost, _MAX_COST),
        # the cache lies in the folder of pytest's own
        cache="off",
    )


class _Run:
    def __init__(self, path: str | Path, settings: Settings, registry: Registry | None) -> None:
        self._registry = Registry()
        register(self._registry)
        if registry is not None:
            self._registry.add_all(registry)
        file = Path(path).resolve()
        here = Path.cwd().resolve()
        self._root = here if file.is_relative_to(here) else file.parent
        found = Registry()
        register_plugins(load_conftests([file], self._root), found)
        self._registry.add_missing(found)
        self._settings = settings
        whole = load_arena(file, root=self._root, registry=self._registry)
        self._ids = [f"{plan.file}::{plan.name}" for plan in whole.cells]
        self._arena: Arena = whole.only(settings.providers)
        self._redactor = Redactor(os.environ)
        for name in variables_of((*self._arena.providers, *self._arena.judges)):
            self._redactor.add(os.environ.get(name, ""))
        self._quotas = Quotas()
        self._kept: AnswerStore | None = None
        self._started_at = now()
        self._check_prices()
        self.plans: list[CellPlan] = [plan for plan in self._arena.cells if plan.skip is None]

    def _check_prices(self) -> None:
        settings = self._settings
        if settings.max_cost_usd is None or settings.mock or settings.record == "none":
            return
        from pytest_arena.loading.budgets import unknown_price, unpriced_of_run

        for spec in unpriced_of_run(self._arena.cells, self._registry):
            raise UsageError(unknown_price(spec))

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        settings = self._settings
        if settings.max_cost_usd is not None:
            self._quotas.limit_run(settings.max_cost_usd, _MAX_COST)
        self._quotas.learn(self._arena)
        engine = Engine(
            concurrency=settings.concurrency,
            make_provider=provider_factory(
                self._registry, mock=settings.mock, add_secret=self._redactor.add
            ),
            root=self._root,
            trials=settings.trials,
            early_stop=not settings.every_trial_counts,
            answers=self._answers(),
            quotas=self._quotas,
            hide=self._redactor.hide_known,
        )
        engine.limit((*self._arena.providers, *self._arena.judges))
        try:
            yield engine
        finally:
            engine.close()

    def _answers(self) -> Answers | None:
        if not self._settings.records:
            return None
        from pytest_arena.recording.answer_store import AnswerStore

        # no cache is asked for, so that none has a place
        self._kept = AnswerStore(self._root, self._settings, Path)
        return self._kept.store(self._arena.providers, self._redactor.clean)

    def conclude(self, plan: CellPlan, done: CellRun, engine: Engine) -> Cell:
        cell = conclude_cell(
            plan,
            done,
            cell_id=f"{plan.file}::{plan.name}",
            root=self._root,
            wait=engine.wait,
        )
        return seal(cell, self._redactor)[0]

    def result(self, cells: Sequence[Cell]) -> RunResult:
        """Return the run, after its engine was closed: what it recorded is merged."""
        done = {cell.id: cell for cell in cells}
        every = tuple(
            done.get(cell_id) or cell_of(plan, cell_id, "skipped", reason=plan.skip)
            for plan in self._arena.cells
            for cell_id in [f"{plan.file}::{plan.name}"]
        )
        settings = self._settings
        info = RunInfo(
            run_id=uuid4().hex[:12],
            started_at=self._started_at,
            plugin_version=__version__,
            git=git_facts(self._root),
            options={
                "mock": settings.mock,
                "record": settings.record,
                "concurrency": settings.concurrency,
                "trials": settings.trials,
            },
            versions=versions(),
        )
        notes = (*budget_lines(every, self._quotas.warnings), *self._recorded(every))
        return RunResult(info, every, finished_at=now(), notes=notes)

    def _recorded(self, cells: Sequence[Cell]) -> list[str]:
        if self._kept is None:
            return []
        from pytest_arena.recording.finalize import RecordingsKeeper

        keeper = RecordingsKeeper(self._root, self._settings)
        keeper.hear(self._kept.use())
        return keeper.conclude(cells, self._ids)
