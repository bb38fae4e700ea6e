"""Run an arena from a script or a notebook, without pytest."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from pytest_arena._version import __version__
from pytest_arena.builtins import register
from pytest_arena.conftests import load_conftests, register_plugins
from pytest_arena.engine.calling.quotas import Quotas
from pytest_arena.engine.cell_verdict import conclude_cell
from pytest_arena.engine.engine import Engine
from pytest_arena.engine.trials import CellRun
from pytest_arena.engine.verdict_rules import cell_of
from pytest_arena.engine_setup import learn_keys, set_up_engine
from pytest_arena.errors import Problem, UsageError
from pytest_arena.gating.run_gate import RunGate
from pytest_arena.hook_failures import HookFailures
from pytest_arena.loading import load_arena
from pytest_arena.loading.facts import arena_facts
from pytest_arena.loading.plans import Arena, CellPlan
from pytest_arena.loading.versions import with_baseline_trials
from pytest_arena.options import Settings
from pytest_arena.registry import Registry
from pytest_arena.results.budgets import budget_lines
from pytest_arena.results.cell import Cell
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.run_facts import git_facts, now, versions
from pytest_arena.results.serialize import seal
from pytest_arena.settings import no_limits, settings_of
from pytest_arena.text.redaction import Redactor

if TYPE_CHECKING:
    from pytest_arena.engine.calling.client import Answers
    from pytest_arena.recording.answer_store import AnswerStore
    from pytest_arena.recording.earlier_run import EarlierRun


def run_arena(
    path: str | Path,
    *,
    providers: Sequence[str] = (),
    variants: Sequence[str] = (),
    mock: bool = False,
    concurrency: int = Settings.concurrency,
    trials: int | None = None,
    record: str = Settings.record,
    max_cost: float | None = None,
    block_network: bool = False,
    baseline: str | Path | None = None,
    fail_on: str = Settings.fail_on,
    update_baseline: bool | Literal["add"] = False,
    bisect: bool = False,
    rejudge: str | Path | None = None,
    registry: Registry | None = None,
    plugins: Sequence[object] = (),
) -> RunResult:
    """Run an arena file and return its cells in the order of the file.

    `providers` keeps only these providers or groups, `variants` only these variants, `mock` answers
    from the arena's `mock:` texts, `concurrency` bounds the calls in flight, `trials` overrides the
    cases' own. `record` (off, none, once, new or all), `max_cost` (US dollars), `block_network`,
    `baseline`, `fail_on` (any, regression, drift, gates or none), `update_baseline` (`True` or
    `"add"`), `bisect` and `rejudge` (results of a run, or their folder: its answers are judged
    again, and only judges are called) mean what the options of these names mean under pytest; what
    was recorded, could not be paid for or became of the baseline file stands in the `notes` of the
    run, what the comparison found in its `gate`, `limits` and `exit_code`. A baseline that could
    not be written is exit code 4.

    The conftest files beside the arena and installed plug-ins are loaded as pytest would load
    them: what they register is known, and their hooks are called. `plugins` are further objects
    with hooks, a `registry` holds further assertions, guardrails and providers. Works inside a
    running event loop, which it blocks: await `arun_arena` there.

    A mistake in the file is an `ArenaFileError`; a value that an option does not take and a
    provider without a price under `max_cost` are a `UsageError`. What a hook raises that hears of
    a cell or of the run is told in the notes.
    """
    run = _Run(
        path,
        _settings(
            providers=providers,
            variants=variants,
            mock=mock,
            concurrency=concurrency,
            trials=trials,
            record=record,
            max_cost_usd=max_cost,
            block_network=block_network,
            baseline=baseline,
            fail_on=fail_on,
            update_baseline=update_baseline,
            bisect=bisect,
            rejudge=rejudge,
        ),
        registry,
        plugins,
    )
    with run.engine() as engine:
        cells = run.cells(engine)
    return run.result(cells)


async def arun_arena(
    path: str | Path,
    *,
    providers: Sequence[str] = (),
    variants: Sequence[str] = (),
    mock: bool = False,
    concurrency: int = Settings.concurrency,
    trials: int | None = None,
    record: str = Settings.record,
    max_cost: float | None = None,
    block_network: bool = False,
    baseline: str | Path | None = None,
    fail_on: str = Settings.fail_on,
    update_baseline: bool | Literal["add"] = False,
    bisect: bool = False,
    rejudge: str | Path | None = None,
    registry: Registry | None = None,
    plugins: Sequence[object] = (),
) -> RunResult:
    """Do what `run_arena` does without blocking the running event loop.

    Loading and checks run in worker threads, calls on a loop of their own.
    """
    settings = _settings(
        providers=providers,
        variants=variants,
        mock=mock,
        concurrency=concurrency,
        trials=trials,
        record=record,
        max_cost_usd=max_cost,
        block_network=block_network,
        baseline=baseline,
        fail_on=fail_on,
        update_baseline=update_baseline,
        bisect=bisect,
        rejudge=rejudge,
    )
    run = await asyncio.to_thread(_Run, path, settings, registry, plugins)
    with run.engine() as engine:
        # given up here, the engine is closed, which ends the waiting of the thread
        cells = await asyncio.to_thread(run.cells, engine)
    return await asyncio.to_thread(run.result, cells)


def _settings(*, update_baseline: bool | Literal["add"], **given: Any) -> Settings:
    if update_baseline not in (True, False, "add"):
        raise UsageError(
            Problem(f"update_baseline: unknown value {update_baseline!r}", expected="True or 'add'")
        )
    added = update_baseline == "add"
    baseline = {"update_baseline": bool(update_baseline), "add_to_baseline": added}
    # the cache lies in the folder of pytest's own
    return settings_of({**given, **baseline, "cache": "off"})


class _Run:
    """One run of an arena file: what it has loaded, and what became of its cells."""

    def __init__(
        self,
        path: str | Path,
        settings: Settings,
        registry: Registry | None,
        plugins: Sequence[object],
    ) -> None:
        self._settings = settings
        file = Path(path).resolve()
        here = Path.cwd().resolve()
        self._root = here if file.is_relative_to(here) else file.parent
        self._config = load_conftests([file], self._root)
        for plugin in plugins:
            self._config.pluginmanager.register(plugin)
        self._registry = self._registered(registry)
        whole = load_arena(file, root=self._root, registry=self._registry)
        self._ids = [f"{plan.file}::{plan.name}" for plan in whole.cells]
        if settings.fail_on == "gates" and not whole.gates:
            raise UsageError(no_limits("fail_on"))
        self._gate = RunGate(settings, self._root, self._registry, self._ids)
        self._earlier = self._earlier_run()
        if self._earlier is not None:
            whole = self._earlier.with_trials(whole)
        chosen = whole.only(settings.providers, settings.variants)
        if settings.makes_baseline:
            chosen = with_baseline_trials(chosen)
        self._arena: Arena = self._gate.with_baseline(chosen)
        self._redactor = Redactor(os.environ)
        learn_keys(self._redactor, self._arena)
        self._quotas = Quotas()
        self._kept: AnswerStore | None = None
        self._hook_failures = HookFailures(self._root, self._redactor)
        self._notes: list[str] = []
        self._started_at = now()
        self._check_prices()
        self._plans = [plan for plan in self._arena.cells if plan.skip is None]

    def _registered(self, given: Registry | None) -> Registry:
        """Return what ships, what was given, and what plug-ins register, in this order."""
        registry = Registry()
        register(registry)
        if given is not None:
            registry.add_all(given)
        found = Registry()
        register_plugins(self._config, found)
        registry.add_missing(found)
        return registry

    def _earlier_run(self) -> EarlierRun | None:
        if self._settings.rejudge is None:
            return None
        from pytest_arena.recording.earlier_run import EarlierRun

        return EarlierRun(self._settings.rejudge, Path.cwd(), "rejudge")

    def _check_prices(self) -> None:
        settings = self._settings
        if settings.max_cost_usd is None or not settings.calls:
            return
        from pytest_arena.loading.budgets import unknown_price, unpriced_of_run

        for spec in unpriced_of_run(self._arena.cells, self._registry):
            raise UsageError(unknown_price(spec))

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        engine = set_up_engine(
            [self._arena],
            self._settings,
            self._registry,
            self._redactor,
            root=self._root,
            config=self._config,
            answers=self._answers(),
            quotas=self._quotas,
            budget_name="max_cost",
        )
        under_load = [plan.provider for plan in self._plans if plan.case.load is not None]
        engine.keep_apart(under_load, together={spec.pool for spec in under_load})
        try:
            with self._network():
                yield engine
        finally:
            engine.close()
            self._notes = [*engine.notes, *self._gate.notes]

    def _network(self) -> AbstractContextManager[None]:
        if not self._settings.block_network:
            return nullcontext()
        from pytest_arena.recording.network_block import NetworkBlock

        return NetworkBlock("block_network=True")

    def _answers(self) -> Answers | None:
        if not self._settings.records and self._earlier is None:
            return None
        from pytest_arena.recording.answer_store import AnswerStore

        # no cache is asked for, so that none has a place
        self._kept = AnswerStore(self._root, self._settings, Path, self._earlier)
        return self._kept.store(self._arena.providers, self._redactor.clean)

    def cells(self, engine: Engine) -> dict[str, Cell]:
        """Run all cells and return them by id, as far as they are not skipped."""
        works = engine.start(self._plans)
        done = {
            cell.id: cell
            for plan, work in zip(self._plans, works, strict=True)
            for cell in [self._conclude(plan, engine.result(work), engine)]
        }

        def keep(cell: Cell) -> Cell:
            done[cell.id] = seal(cell, self._redactor)[0]
            return done[cell.id]

        plans = {f"{plan.file}::{plan.name}": plan for plan in self._plans}
        self._gate.confirm(list(done.values()), plans, engine, keep)
        self._notes = [*engine.notes, *self._gate.notes]
        return done

    def _conclude(self, plan: CellPlan, done: CellRun, engine: Engine) -> Cell:
        cell = conclude_cell(
            plan,
            done,
            cell_id=f"{plan.file}::{plan.name}",
            root=self._root,
            wait=engine.wait,
        )
        cell = seal(cell, self._redactor)[0]
        hook = self._config.hook.pytest_arena_cell_finished
        with self._hook_failures.keeping(hook.name):
            hook(cell=cell, config=self._config)
        return cell

    def result(self, done: Mapping[str, Cell]) -> RunResult:
        """Return the run, after its engine was closed: what it recorded is merged."""
        every = tuple(
            done.get(cell_id) or cell_of(plan, cell_id, "skipped", reason=plan.skip)
            for plan in self._arena.cells
            for cell_id in [f"{plan.file}::{plan.name}"]
        )
        facts = arena_facts(self._arena, self._redactor.clean_value)
        info = RunInfo(
            run_id=uuid4().hex[:12],
            started_at=self._started_at,
            plugin_version=__version__,
            git=git_facts(self._root),
            options={**self._settings.shown(), "arenas": [facts]},
            versions=versions(),
        )
        run = self._gate.judged(RunResult(info, every, finished_at=now()), facts)
        budgets = budget_lines(run.cells, self._quotas.warnings)
        again = self._earlier.notes(run.cells) if self._earlier is not None else []
        kept = self._recorded(run.cells)
        notes = [*budgets, *again, *self._notes, *kept, *self._summary(run)]
        broken = self._hook_failures.lines()
        run = replace(run, exit_code=self._gate.exit_code(run))
        said, written = self._gate.update(run)
        code = 3 if broken else run.exit_code if written else 4
        return replace(run, notes=(*notes, *said, *broken), exit_code=code)

    def _summary(self, run: RunResult) -> list[str]:
        """Return what the hooks of others have to say of the run."""
        given: list[str | list[str]] = []
        hook = self._config.hook.pytest_arena_run_summary
        with self._hook_failures.keeping(hook.name):
            given = hook(run=run, config=self._config)
        return [line for lines in given for line in ([lines] if isinstance(lines, str) else lines)]

    def _recorded(self, cells: Sequence[Cell]) -> list[str]:
        if self._kept is None:
            return []
        from pytest_arena.recording.finalize import RecordingsKeeper

        keeper = RecordingsKeeper(self._root, self._settings)
        keeper.hear(self._kept.use())
        return keeper.conclude(cells, self._ids)
