"""What one process knows of the run: its arenas, its engine, and the cells that it finished."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena.collection.answer_sources import block_network, kept_answers
from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.items import (
    ArenaFile,
    CellItem,
    has_cell,
    held_to_mark,
    leave,
    mark_resumed,
    providers_under_load,
    take_along,
)
from pytest_arena.collection.own_code import OwnCode
from pytest_arena.collection.prefetch import Prefetch, window_of
from pytest_arena.collection.python_tests.marks import uses_arena
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.secret_names import refuse_secret_names
from pytest_arena.collection.unrun_cells import junit_properties, unreached_cell
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.cell_verdict import conclude_cell
from pytest_arena.engine.engine import Engine
from pytest_arena.engine.provider_factory import warm_up
from pytest_arena.engine.trials import CellRun
from pytest_arena.engine_setup import learn_keys, set_up_engine
from pytest_arena.loading import load_arena
from pytest_arena.loading.facts import arena_facts
from pytest_arena.loading.versions import with_baseline_trials
from pytest_arena.results.cell import Cell
from pytest_arena.results.serialize import seal
from pytest_arena.running.interrupts import held, was_interrupted
from pytest_arena.running.time_limit import alarm_in_place

if TYPE_CHECKING:
    from pytest_arena.collection.held_reports import HeldReports
    from pytest_arena.collection.progress import Progress
    from pytest_arena.collection.python_tests.backing import Backing
    from pytest_arena.collection.python_tests.gate import GateOfTests
    from pytest_arena.collection.resume import FinishedCells
    from pytest_arena.collection.shard_selection import ShardSelection
    from pytest_arena.collection.storage import Storage
    from pytest_arena.collection.worker_journals import WorkerJournals
    from pytest_arena.comparison.baseline.update import Collected
    from pytest_arena.gating.gatekeeper import Excuse
    from pytest_arena.loading.plans import Arena
    from pytest_arena.options import Settings
    from pytest_arena.recording.call_journal import CallJournal


class ArenaSession:
    """The arena side of one process (a worker, or the only one): loads files, runs their cells."""

    def __init__(
        self,
        parts: RunContext,
        *,
        share: Share,
        sink: Callable[[str, str], None],
        tell: Callable[[CollectionReport], None],
        storage: Storage,
        knows_order: bool,
        journals: WorkerJournals,
        worker: str = "main",
        resume_from: Path | None = None,
        confirms: Callable[[], Sequence[Cell]] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """`confirms`: this process runs all cells, which that gives, and asks again for those that
        look bad.
        `progress` shows a terminal what goes on while a cell is waited for."""
        self.config = parts.config
        self.settings = parts.settings
        self.registry = parts.registry
        self.names = parts.names
        self.redactor = parts.redactor
        self._share = share
        self._quotas = share.quotas()
        self._sink = sink
        self._tell = tell
        self._storage = storage
        self._gatekeeper = parts.gatekeeper
        self._kept = kept_answers(parts.config, parts.settings, parts.earlier)
        self._earlier = parts.earlier
        self._journals = journals
        self._worker = worker
        self._calls: CallJournal | None = None
        self._resumed = _finished_cells(resume_from, parts.settings)
        self._confirms = confirms
        self._progress = progress
        self._has_finished_some = False
        self.held: HeldReports | None = None
        self.selection: ShardSelection | None = None
        self.warns = share.slot == 0
        self.collected: list[str] = []
        """The ids of all cells of all files, those that this run leaves out included."""
        self._came_upon_arenas = False
        self._session: pytest.Session | None = None
        self._knows_order = knows_order
        self._own_code = OwnCode(self.config.rootpath, self.registry)
        self.arenas: list[Arena] = []
        self._tests: list[str] = []
        self.without_cases: list[str] = []
        """Collected files that only Python tests can go by."""
        self._beside: list[Arena] = []
        """The files that Python tests go by and this run has not collected."""
        self._engine: Engine | None = None
        self._lookahead: Prefetch | None = None
        self._following: pytest.Item | None = None

    # --- collecting

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        if not self.names.is_arena(file_path):
            return None
        file = ArenaFile.from_parent(parent, path=file_path)
        file.arena_session = self
        return file

    def load(self, path: Path) -> Arena:
        """Load an arena file, and begin to import what its providers will need."""
        # not when its collector is made: pytest makes those of all files beside a folder in
        # `testpaths`, and collects none of them
        self._came_upon_arenas = True
        arena = load_arena(
            path, root=self.config.rootpath, registry=self.registry, needs_cases=False
        )
        if not arena.cells:
            self.without_cases.append(arena.file)
        self.collected += [f"{plan.file}::{plan.name}" for plan in arena.cells]
        learn_keys(self.redactor, arena)
        refuse_secret_names(arena, self.redactor)
        arena = arena.only(self.settings.providers, self.settings.variants)
        arena = self._own_code.marked(arena)
        if self.settings.makes_baseline:
            arena = with_baseline_trials(arena)
        if self._gatekeeper is not None:
            arena = self._gatekeeper.with_baseline(arena)
        if self._earlier is not None:
            arena = self._earlier.with_trials(arena)
        self.arenas.append(arena)
        # a baseline's version may ask others
        learn_keys(self.redactor, arena)
        calls = not self.config.option.collectonly and not self.settings.mock
        if calls and not self._kept.probable(arena.file, arena.providers):
            warm_up(self.registry, [*(plan.provider for plan in arena.cells), *arena.judges])
        return arena

    def facts(self) -> CollectionReport:
        """Return what the controller must know of the files, whatever was selected of them."""
        return CollectionReport(
            ids=self.collected,
            formats=[name for arena in self.arenas for name in arena.report_formats],
            warnings=self._quotas.warnings,
            notes=[
                *(self._engine.notes if self._engine is not None else ()),
                *(self._gatekeeper.notes if self._gatekeeper is not None else ()),
            ],
            arenas=[arena_facts(arena, self.redactor.clean_value) for arena in self.arenas],
            answers=self._kept.use(),
            calls_taken=self._calls.taken if self._calls is not None else 0,
            held=self.held.taken() if self.held is not None else [],
            tests=self._tests,
            parts=self.names.parts,
            came_upon_arenas=self._came_upon_arenas,
            shard=self.selection.deal.record() if self.selection is not None else {},
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        if self.selection is not None:
            self.selection.look_at(items)
        self._tests += [item.nodeid for item in items if uses_arena(item)]

    def pytest_collection_finish(self) -> None:
        if self.selection is not None:
            self.divide(self.selection.deal.record())
        # What has been collected stays to the end: looking through it for cycles, again and again
        # while cells are made and once more by pytest at the end, frees nothing.
        gc.freeze()

    def divide(self, deal: Mapping[str, Any]) -> None:
        """Learn this shard's part of limits from the record of a deal; nothing from an empty one,
        as of a run that is not in parts."""
        if deal:
            from pytest_arena.collection.shard_selection import Deal

            known = Deal.of_record(deal)
            self._quotas.divide(known.parts, known.undivided)

    # --- running

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, Any, Any]:
        self._following = nextitem
        return (yield)

    def run(self, item: CellItem) -> Cell:
        """Wait for an item's cell, conclude it, and keep it."""
        finished = self._resumed.take(item.nodeid, item.plan) if self._resumed else None
        if finished is not None:
            mark_resumed(item)
            return self.keep(item, finished)
        engine = self._running_engine()
        if engine.closing:
            pytest.skip("not run: the run was stopped")
        if engine.stopped:
            # by the controller, which cannot reach a worker amid its tests
            raise KeyboardInterrupt
        with held():
            done = self._wait_for(item, engine)
        return self.keep(item, self._conclude(item, done, engine))

    def _wait_for(self, item: CellItem, engine: Engine) -> CellRun:
        work = self._looking_ahead(item.session).start(item, self._following, engine)
        if "litellm" in sys.modules:
            from pytest_arena.providers.litellm_import import ignore_warnings

            # pytest has put its own filters in place for this item
            ignore_warnings()
        try:
            progress = self._progress
            if progress is None:
                return engine.result(work)
            return engine.result(
                work, lambda cell: progress.wait_for(cell, lambda: engine.in_flight)
            )
        except BaseException as error:
            # Ctrl-C, a time limit of another plug-in, or a bug: no further call for this item
            if isinstance(error, KeyboardInterrupt):
                engine.stop_calling()
            engine.cancel(work)
            if isinstance(error, CancelledError) and engine.stopped:
                raise KeyboardInterrupt from None
            raise

    def _conclude(self, item: CellItem, done: CellRun, engine: Engine) -> Cell:
        with alarm_in_place():
            return conclude_cell(
                item.plan,
                done,
                cell_id=item.nodeid,
                root=self.config.rootpath,
                wait=engine.wait,
            )

    # --- Python tests

    def backing(self) -> Backing:
        """Return what Python tests ask and judge by, and who takes their cells."""
        from pytest_arena.collection.python_tests.backing import Backing

        return Backing(
            self.config,
            self.settings,
            self.registry,
            engine=self._running_engine,
            learn=self._learn,
            loaded=lambda: self.arenas,
            keep=self._keep_of_test,
            gate=self._gate_of_tests(),
            finished=self._resumed,
            share=self._share,
        )

    def _gate_of_tests(self) -> GateOfTests | None:
        if self._gatekeeper is None:
            return None
        from pytest_arena.collection.python_tests.gate import GateOfTests

        hold = self.held.hold if self.held is not None else None
        return GateOfTests(self._gatekeeper, self.collected, hold)

    def _learn(self, arena: Arena) -> None:
        learn_keys(self.redactor, arena)
        self._beside.append(arena)
        if self._engine is not None:
            self._engine.learn(arena)

    def _keep_of_test(self, cells: Sequence[Cell]) -> list[tuple[str, str]]:
        """Put the cells of a test where they cannot be lost, and return them with their lines."""
        return [(cell.id, self._put_away(cell)[1]) for cell in cells]

    def excuse(self, cell: Cell) -> Excuse | None:
        """Return why a cell that did not pass does not fail its item, or None where it does."""
        if self._gatekeeper is None:
            return None
        return self._gatekeeper.excuse(cell, self.collected)

    def keep(self, item: CellItem, cell: Cell) -> Cell:
        """Put a finished cell where it cannot be lost; the report takes it along."""
        cell, line = self._put_away(cell)
        leave(item, cell, line)
        others = [pair for pair in item.user_properties if not pair[0].startswith("arena_")]
        item.user_properties = [*others, *junit_properties(cell)]
        return cell

    def _put_away(self, cell: Cell) -> tuple[Cell, str]:
        """Put a cell where it cannot be lost; return it without secrets, and its line."""
        cell, line = seal(cell, self.redactor)
        with held():
            self._sink(cell.id, line)
            self._has_finished_some = True
        self._look_at_recordings()
        if self._storage.problem is not None and self._engine is not None:
            self._engine.stop_calling()
        return cell, line

    def _look_at_recordings(self) -> None:
        """Stop the run where what it is to record cannot be written."""
        if self._kept.problem is not None:
            self._storage.stop(self._kept.problem)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, Any]:
        report = yield
        if self._engine is not None:
            report.arena_in_flight = self._engine.in_flight
        if isinstance(item, CellItem):
            if not has_cell(item):
                if call.when == "teardown" or report.passed:
                    return report
                self.keep(item, unreached_cell(item.plan, item.nodeid, call, report))
            marked = held_to_mark(item, report)
            if marked is not None:
                self.keep(item, marked)
            take_along(item, report)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self) -> None:
        session = self._session
        if self._engine is not None and session and (session.shouldfail or session.shouldstop):
            self._engine.stop_calling()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        if self.settings.block_network:
            # not before: plug-ins connect to their own controllers when they are configured
            block_network(self.config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        try:
            if self._engine is not None or (self._resumed and self._has_finished_some):
                self._end(self._running_engine())
        finally:
            self._look_at_recordings()
            self._tell(self.facts())
            self._let_go()

    def _let_go(self) -> None:
        for item in self._session.items if self._session is not None else ():
            if isinstance(item, CellItem):
                item.let_go()
        self.arenas.clear()
        self._lookahead = None

    def pytest_unconfigure(self) -> None:
        items = self._session.items if self._session is not None else ()
        if all(isinstance(item, CellItem) for item in items):
            # pytest looks for what tests have left behind; cells leave nothing
            gc.freeze()

    def _end(self, engine: Engine) -> None:
        if self._confirms is not None and self._gatekeeper is not None and not engine.closing:
            self.confirm(self._confirms())
        engine.stop_calling()
        if self._lookahead is not None:
            for item, work in self._lookahead.leftovers():
                self.keep(item, self._conclude(item, work.result(), engine))
        engine.close()

    def confirm(self, cells: Sequence[Cell], collected: Collected | None = None) -> None:
        """Ask again for cells of the loaded files that look bad, until the gate has decided."""
        if self._gatekeeper is None:
            return
        from pytest_arena.gating.confirmation import Confirmation

        plans = {f"{plan.file}::{plan.name}": plan for arena in self.arenas for plan in arena.cells}
        known = collected or self._gatekeeper.collected(self.collected)
        engine = self._running_engine()
        asking = Confirmation(
            self._gatekeeper,
            engine,
            plans,
            self.config.rootpath,
            lambda cell: self._put_away(cell)[0],
        )
        try:
            asking.run(cells, known)
        except KeyboardInterrupt:
            if not was_interrupted():
                raise
            # the gate decides by what it has, and the run ends in order
            engine.stop_calling()

    def close(self) -> None:
        """Stop calling, and let go of everything."""
        if self._engine is not None:
            self._engine.close()

    def _running_engine(self) -> Engine:
        if self._engine is None:
            arenas = [*self.arenas, *self._beside]
            specs = [spec for arena in arenas for spec in arena.providers]
            if self._earlier is None:
                self._calls = self._journals.calls(self._worker, self.settings, self.redactor.clean)
            self._engine = set_up_engine(
                arenas,
                self.settings,
                self.registry,
                self.redactor,
                root=self.config.rootpath,
                config=self.config,
                answers=self._kept.store(specs, self.redactor.clean),
                share=self._share,
                quotas=self._quotas,
                journal=self._calls,
            )
            if self._session is not None:
                under_load = providers_under_load(self._session.items)
                # each worker may have to ask a judge
                asked = {spec.pool for arena in self.arenas for spec in arena.judges}
                loaded = {spec.pool for spec in under_load}
                together = loaded - asked if self._knows_order else ()
                self._engine.keep_apart(under_load, together=together)
        return self._engine

    def _is_finished(self, item: CellItem) -> bool:
        return self._resumed is not None and self._resumed.holds(item.nodeid, item.plan)

    def _looking_ahead(self, session: pytest.Session) -> Prefetch:
        if self._lookahead is None:
            option = self.config.option
            may_stop = bool(option.maxfail or getattr(option, "stepwise", False))
            concurrency = self.settings.concurrency
            self._lookahead = Prefetch(
                session.items,
                names=self.names,
                share=self._share,
                knows_order=self._knows_order,
                window=window_of(self._share.of_all(concurrency), may_stop=may_stop),
                arenas=self.arenas,
                concurrency=concurrency,
                is_finished=self._is_finished,
            )
        return self._lookahead


def _finished_cells(path: Path | None, settings: Settings) -> FinishedCells | None:
    if path is None:
        return None
    from pytest_arena.collection.resume import FinishedCells

    return FinishedCells(path, settings)
