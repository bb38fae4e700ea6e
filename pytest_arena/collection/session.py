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
from pytest_arena.collection.collected_arenas import CollectedArenas
from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.green import not_judged
from pytest_arena.collection.items import (
    ArenaFile,
    CellItem,
    has_cell,
    held_to_mark,
    leave,
    mark_resumed,
    take_along,
)
from pytest_arena.collection.junit import PREFIX, junit_properties
from pytest_arena.collection.prefetch import Prefetch, window_of
from pytest_arena.collection.python_tests.marks import uses_arena
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.run_engine import RunEngine
from pytest_arena.collection.unrun_cells import unreached_cell
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.cell_verdict import conclude_cell
from pytest_arena.engine.engine import Engine, Work
from pytest_arena.engine.trials import CellRun
from pytest_arena.loading.facts import arena_facts
from pytest_arena.loading.files import display_name
from pytest_arena.real_time import real_time
from pytest_arena.results.cell import Cell
from pytest_arena.results.cleaning import clean_text
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
    from pytest_arena.options import Settings

LEFTOVERS_S = 5.0
"""For how long a run that was stopped judges what had been answered by then."""


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
        self._parts = parts
        self.config = parts.config
        self._share = share
        self._sink = sink
        self._tell = tell
        self._storage = storage
        self._gatekeeper = parts.gatekeeper
        self._kept = kept_answers(parts.config, parts.settings, parts.earlier)
        self._resumed = _finished_cells(resume_from, parts.settings)
        self._confirms = confirms
        self._progress = progress
        self._has_finished_some = False
        self.held: HeldReports | None = None
        self.selection: ShardSelection | None = None
        self.warns = share.slot == 0
        self._session: pytest.Session | None = None
        self._knows_order = knows_order
        self.arenas = CollectedArenas(parts, self._kept)
        self._engine = RunEngine(
            parts,
            self.arenas,
            self._kept,
            share=share,
            knows_order=knows_order,
            journals=journals,
            worker=worker,
        )
        self._journals = journals
        self._tests: list[str] = []
        self._notes: list[str] = []
        self._lookahead: Prefetch | None = None
        self._following: pytest.Item | None = None

    # --- collecting

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        if not self._parts.names.is_arena(file_path):
            return None
        # pytest's own ids of files outside of the root directory start from what the command line
        # names, where two files can have the same
        name = display_name(file_path, self.config.rootpath)
        # xdist can send no others; a file that has one is refused as it is loaded
        nodeid = clean_text(name)
        file = ArenaFile.from_parent(parent, path=file_path, nodeid=nodeid)
        file.arenas, file.runner = self.arenas, self
        return file

    def facts(self) -> CollectionReport:
        """Return what the controller must know of the files, whatever was selected of them."""
        return CollectionReport(
            ids=self.arenas.ids,
            formats=[name for arena in self.arenas.loaded for name in arena.report_formats],
            warnings=self._engine.quotas.warnings,
            notes=[
                *self._engine.notes,
                *self._notes,
                *(self._gatekeeper.notes if self._gatekeeper is not None else ()),
            ],
            arenas=[
                arena_facts(arena, self._parts.redactor.clean_value) for arena in self.arenas.loaded
            ],
            answers=self._kept.use(),
            calls_taken=self._engine.calls_taken,
            held=self.held.taken() if self.held is not None else [],
            tests=self._tests,
            parts=self._parts.names.parts,
            came_upon_arenas=self.arenas.came_upon_any,
            shard=self.selection.deal.record() if self.selection is not None else {},
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: Sequence[pytest.Item]) -> None:
        if self.selection is not None:
            self.selection.look_at(items)
        tests = (item for item in items if not isinstance(item, CellItem))
        self._tests += [item.nodeid for item in tests if uses_arena(item)]

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
            self._engine.quotas.divide(known.parts, known.undivided)

    # --- running

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, Any, Any]:
        self._following = nextitem
        try:
            return (yield)
        finally:
            self._forget(item)

    def _forget(self, item: pytest.Item) -> None:
        """Let nothing become of calls that were started for an item which a hook then skipped,
        broke or ran in another way."""
        ahead = self._lookahead
        # of an item that was left out since the controller stopped the run, the answer is kept
        if ahead is not None and ahead.has_started(item) and not self._journals.stopped:
            self._running_engine().cancel(ahead.forget(item))

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
            self._parts.settings,
            self._parts.registry,
            engine=self._running_engine,
            learn=self._engine.learn,
            loaded=lambda: self.arenas.loaded,
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
        return GateOfTests(self._gatekeeper, self.arenas.ids, hold)

    def _keep_of_test(self, cells: Sequence[Cell]) -> list[tuple[str, str]]:
        """Put the cells of a test where they cannot be lost, and return them with their lines."""
        return [(cell.id, self._put_away(cell)[1]) for cell in cells]

    def excuse(self, cell: Cell) -> Excuse | None:
        """Return why a cell that did not pass does not fail its item, or None where it does."""
        if self._gatekeeper is None:
            return None
        return self._gatekeeper.excuse(cell, self.arenas.ids)

    def keep(self, item: CellItem, cell: Cell) -> Cell:
        """Put a finished cell where it cannot be lost; the report takes it along."""
        cell, line = self._put_away(cell)
        leave(item, cell, line)
        others = [pair for pair in item.user_properties if not pair[0].startswith(PREFIX)]
        item.user_properties = [*others, *junit_properties(cell)]
        return cell

    def _put_away(self, cell: Cell) -> tuple[Cell, str]:
        """Put a cell where it cannot be lost; return it without secrets, and its line."""
        cell, line = seal(cell, self._parts.redactor)
        with held():
            self._sink(cell.id, line)
            self._has_finished_some = True
        self._look_at_recordings()
        if self._storage.problem is not None:
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
        self._tell_in_flight(report)
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

    def complete(self, item: CellItem, report: pytest.TestReport) -> None:
        """Put into a report of a cell that has passed what there is to tell of it."""
        self._tell_in_flight(report)
        take_along(item, report)

    def _tell_in_flight(self, report: Any) -> None:
        engine = self._engine.started
        if engine is not None:
            report.arena_in_flight = engine.in_flight

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self) -> None:
        session = self._session
        if session is not None and (session.shouldfail or session.shouldstop):
            self._engine.stop_calling()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        if self._parts.settings.block_network:
            # not before: plug-ins connect to their own controllers when they are configured
            block_network(self.config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        try:
            if self._engine.started is not None or (self._resumed and self._has_finished_some):
                self._end(self._running_engine())
        finally:
            self._look_at_recordings()
            self._tell(self.facts())
            self._let_go()

    def _let_go(self) -> None:
        for item in self._items():
            if isinstance(item, CellItem):
                item.let_go()
        self.arenas.loaded.clear()
        self._lookahead = None

    def pytest_unconfigure(self) -> None:
        if all(isinstance(item, CellItem) for item in self._items()):
            # pytest looks for what tests have left behind; cells leave nothing
            gc.freeze()

    def _end(self, engine: Engine) -> None:
        if self._confirms is not None and self._gatekeeper is not None and not engine.closing:
            self.confirm(self._confirms())
        engine.stop_calling()
        if self._lookahead is not None:
            self._keep_leftovers(self._lookahead.leftovers(), engine)
        engine.close()

    def _keep_leftovers(self, left: Sequence[tuple[CellItem, Work]], engine: Engine) -> None:
        """Judge what was answered before its items had their turn, as far as that is quick: who has
        stopped a run does not wait for slow checks."""
        end, judged = real_time.monotonic() + LEFTOVERS_S, 0
        try:
            for item, work in left:
                if real_time.monotonic() >= end or was_interrupted():
                    break
                self.keep(item, self._conclude(item, work.result(), engine))
                judged += 1
        except KeyboardInterrupt:
            if not was_interrupted():
                raise
        if judged < len(left):
            self._notes.append(not_judged([item.nodeid for item, _ in left[judged:]]))

    def confirm(self, cells: Sequence[Cell], collected: Collected | None = None) -> None:
        """Ask again for cells of the loaded files that look bad, until the gate has decided."""
        if self._gatekeeper is None:
            return
        from pytest_arena.gating.confirmation import Confirmation

        known = collected or self._gatekeeper.collected(self.arenas.ids)
        engine = self._running_engine()
        asking = Confirmation(
            self._gatekeeper,
            engine,
            self.arenas.plans(),
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
        self._engine.close()

    def _running_engine(self) -> Engine:
        return self._engine.running(self._items())

    def _items(self) -> Sequence[pytest.Item]:
        return self._session.items if self._session is not None else ()

    def _is_finished(self, item: CellItem) -> bool:
        return self._resumed is not None and self._resumed.holds(item.nodeid, item.plan)

    def _looking_ahead(self, session: pytest.Session) -> Prefetch:
        if self._lookahead is None:
            option = self.config.option
            may_stop = bool(option.maxfail or getattr(option, "stepwise", False))
            concurrency = self._parts.settings.concurrency
            self._lookahead = Prefetch(
                session.items,
                names=self._parts.names,
                share=self._share,
                knows_order=self._knows_order,
                window=window_of(self._share.of_all(concurrency), may_stop=may_stop),
                arenas=self.arenas.loaded,
                concurrency=concurrency,
                is_finished=self._is_finished,
            )
        return self._lookahead


def _finished_cells(path: Path | None, settings: Settings) -> FinishedCells | None:
    if path is None:
        return None
    from pytest_arena.collection.resume import FinishedCells

    return FinishedCells(path, settings)
