"""The run as the controller sees it: cells come in, results and reports go out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena._version import __version__
from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.green import cells_without_result, never_run, unseen_failures
from pytest_arena.collection.node_ids import file_of
from pytest_arena.collection.outcomes_of_tests import OutcomesOfTests
from pytest_arena.collection.remote_recordings import recordings_root
from pytest_arena.collection.repeated_errors import RepeatedErrors
from pytest_arena.collection.report_folder import ReportFolder
from pytest_arena.collection.reruns import Reruns
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.run_history import with_history
from pytest_arena.collection.storage import Storage
from pytest_arena.collection.unrun_cells import crashed_cell
from pytest_arena.collection.worker_journals import WorkerJournals
from pytest_arena.errors import UsageError, UserError
from pytest_arena.hook_failures import HookFailures
from pytest_arena.reporting.write import Reports, make_reporter, send_traces, write_reports
from pytest_arena.results.cell import Cell
from pytest_arena.results.failing_cells import fails_run
from pytest_arena.results.finished_lines import FinishedLines
from pytest_arena.results.journal import Journal
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.run_facts import git_facts, now, versions
from pytest_arena.results.serialize import cell_from_line, cell_line, run_line
from pytest_arena.results.writing import RESULTS, write_results
from pytest_arena.running.interrupts import was_interrupted
from pytest_arena.running.open_files import patiently

if TYPE_CHECKING:
    from pytest_arena.collection.node_ids import NodeId
    from pytest_arena.collection.remote_recordings import RemoteRecordings
    from pytest_arena.collection.remote_reports import RemoteReports
    from pytest_arena.collection.resume import Interrupted
    from pytest_arena.comparison.baseline.update import Collected
    from pytest_arena.loading.plans import CellPlan
    from pytest_arena.recording.finalize import RecordingsKeeper


class ResultsCollector:
    """Collects the cells of a run, writes `results.jsonl` as they finish, and concludes the run."""

    def __init__(
        self,
        parts: RunContext,
        shards: WorkerJournals,
        folder: ReportFolder,
        *,
        run_id: str,
        options: Mapping[str, Any],
        interrupted: Interrupted | None = None,
        remote: RemoteReports | None = None,
        remote_recordings: RemoteRecordings | None = None,
    ) -> None:
        """`remote` is where all is copied that the folder gets."""
        self._config = parts.config
        self._settings = parts.settings
        self._registry = parts.registry
        self._names = parts.names
        self._gatekeeper = parts.gatekeeper
        self._earlier = parts.earlier
        self._shards = shards
        self._interrupted = interrupted
        self._folder = folder
        self._remote = remote
        self._remote_recordings = remote_recordings
        self._copied = True
        self._journal = Journal(folder.path / RESULTS)
        self._storage = Storage(parts.config, self._journal.path)
        self._lines = FinishedLines(self._journal)
        self._order: Sequence[str] = ()
        self._info = RunInfo(run_id, now(), __version__, options=options)
        self._git: Mapping[str, Any] = {}
        self._versions: Mapping[str, str] = {}
        self._git_thread = Thread(target=self._look_at_git, daemon=True)
        self._git_thread.start()
        self.run: RunResult | None = None
        self._reports = Reports()
        self._said: list[str] = []
        self._collection_failed = False
        self._broken_off = False
        self._put_away: str | None = None
        self._refused: list[str] = []
        self._missing: list[str] = []
        self._hook_failures = HookFailures(parts.config.rootpath)
        self.repeated_errors = RepeatedErrors()
        self._reruns = Reruns()
        self._facts = CollectionReport()
        self._held: list[dict[str, Any]] = []
        self._told_last: set[str] = set()
        self._tests = OutcomesOfTests()
        self._keeper: RecordingsKeeper | None = None

    # --- while the run goes on

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        self._begin_loop(session)
        try:
            return (yield)
        except (KeyboardInterrupt, pytest.exit.Exception):
            # a second Ctrl-C, while pytest tells of the first, has it call the run good
            self._broken_off = True
            raise

    def _begin_loop(self, session: pytest.Session) -> None:
        self._storage.session = session
        if not session.config.option.collectonly:
            try:
                self._folder.claim()
            except UsageError as error:
                raise pytest.UsageError(str(error)) from error
            if self._interrupted is None:
                self._shards.forget_other_calls()

    def add(self, cell_id: str, line: str) -> None:
        """Take a finished cell; the last word on a cell counts (a re-run replaces it)."""
        if self._lines.holds(cell_id, line):
            return
        if self._storage.problem is None and not self._lines:
            with self._storage.storing():
                self._begin()
        if self._storage.problem is not None:
            self._lines.keep(cell_id, line)
        else:
            with self._storage.storing():
                self._lines.write(cell_id, line)
                self._storage.stored += 1
                if self._remote is not None:
                    self._remote.append(line)
        hook = self._config.hook.pytest_arena_cell_finished
        if hook.get_hookimpls():
            with self._hook_failures.keeping(hook.name):
                hook(cell=cell_from_line(line), config=self._config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" and report.passed:
            self._tests.passed(report.nodeid)
        cells = getattr(report, "arena_cells", None)
        if cells is not None:
            for cell_id, line in cells:
                if report.outcome == "rerun":
                    self._reruns.hear(cell_from_line(line))
                self.add(cell_id, line)
                if self._interrupted is not None and getattr(report, "arena_resumed", False):
                    self._interrupted.take(cell_id)
            # pytest keeps each report to the end
            del report.arena_cells
        elif report.when == "???" and (name := self._names.cell(report.nodeid)) is not None:
            cell = crashed_cell(name, report.nodeid, str(report.longrepr), self._plans(name))
            report.arena_verdict = cell.verdict
            self.add(cell.id, cell_line(cell))
        elif report.when == "???":
            self._tests.crashed(report.nodeid, str(report.longrepr))

    def _plans(self, name: NodeId) -> tuple[CellPlan, ...]:
        """Return the cells of a file where a column's name alone does not tell its provider."""
        if "/" not in name.column:
            return ()
        from pytest_arena.loading import load_arena

        root = self._config.rootpath
        try:
            return load_arena(root / name.file, root=root, registry=self._registry).cells
        except UserError:
            # the file was changed meanwhile: the column's name has to do
            return ()

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        if report.failed and getattr(report, "arena_verdict", None) == "error":
            return ("error", "E", "ERROR")
        return None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        # of workers, xdist's controller is told these alone
        self._collection_failed = self._collection_failed or report.failed

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._order = [item.nodeid for item in session.items]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._order = ids

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        text = getattr(node, "workeroutput", {}).get("arena_facts")
        if text is not None:
            self.hear(CollectionReport.from_text(text))

    @property
    def facts(self) -> CollectionReport:
        """What the processes told of what they collected, as far as they have."""
        return self._facts

    def hear(self, facts: CollectionReport) -> None:
        """Learn what collecting found, from the session of this process or from a worker."""
        warnings = dict.fromkeys([*self._facts.warnings, *facts.warnings])
        notes = dict.fromkeys([*self._facts.notes, *facts.notes])
        self._facts = replace(facts, warnings=list(warnings), notes=list(notes))
        self._tests.learn(facts)
        self._held += facts.held
        self.hear_of_answers(facts.answers)
        if self._interrupted is not None:
            self._interrupted.calls_taken += facts.calls_taken

    def conclude_collection(self, facts: CollectionReport) -> None:
        """Hear the only process that runs cells, and tell pytest what became of them."""
        self.hear(facts)
        self.release_held()

    def hear_of_answers(self, answers: Mapping[str, Any]) -> None:
        """Learn what a process took from recordings or the cache, and what it put there."""
        if answers:
            self._recordings().hear(answers)

    # --- when it ends

    def read_shards(self) -> None:
        """Take the last word of workers: what they finished and could not report."""
        for cell_id, line in dict(self._shards.read(self._lines)).items():
            self.add(cell_id, line)
        for cell in self._tests.crashed_cells(self.cells):
            self.add(cell.id, cell_line(cell))

    def cells(self) -> tuple[Cell, ...]:
        """Return the cells that have finished, in the order of collection; those of one test as
        it came to them."""
        place = {nodeid: number for number, nodeid in enumerate(self._order)}
        cells = self._lines.cells()

        def order(cell: Cell) -> tuple[int, str]:
            known = place.get(cell.test or cell.id)
            return (len(place), cell.id) if known is None else (known, "")

        cells.sort(key=order)
        self._lines.put_in_order(cell.id for cell in cells)
        return tuple(cells)

    def release_held(self) -> None:
        """Tell pytest what became of the cells whose reports were held back."""
        held, self._held = self._held, []
        if not held or self._gatekeeper is None:
            return
        from pytest_arena.collection.held_reports import release

        run = self._gatekeeper.conclude(RunResult(self._info, self.cells()), self.collected())
        known = {cell.id: cell for cell in run.cells}
        fatal = self._gatekeeper.fatal
        self._told_last |= release(self._config, held, known, self._lines.line, fatal)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if was_interrupted():
            session.shouldstop = "Ctrl-C"
            self._broken_off = True
        if self._broken_off and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = exitstatus = pytest.ExitCode.INTERRUPTED
        self.read_shards()
        if exitstatus == pytest.ExitCode.OK:
            self._missing = cells_without_result(
                self._config, self._names, self._order, self._lines
            )
        if not self._lines and self._is_empty_shard(exitstatus):
            # more shards than cells: it ran all of its part, which arena merge must know
            if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                session.exitstatus = exitstatus = pytest.ExitCode.OK
            with self._storage.storing():
                self._begin()
        elif not self._lines:
            with self._storage.storing():
                self._conclude_recordings(())
            if self._missing:
                self._refused.append(never_run(self._missing))
                session.exitstatus = exitstatus = pytest.ExitCode.TESTS_FAILED
            self._put_away_older(session, exitstatus)
            return
        is_interrupted = self._broken_off or exitstatus == pytest.ExitCode.INTERRUPTED
        run = self._conclude(interrupted=is_interrupted)
        run = self._with_unseen_failures(run, int(session.exitstatus))
        session.exitstatus = run.exit_code or 0
        if self._settings.history is not None:
            folder = self._config.rootpath / self._settings.history
            try:
                run, said = with_history(
                    run, folder, [*self._facts.ids, *self._tests.left_out(run.cells)]
                )
                self._said.append(said)
            except UserError as error:
                self._refused.append(str(error))
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
        self.run = run
        self._write_results(run)
        if self._storage.problem is None:
            with self._storage.storing():
                if not run.interrupted:
                    self._shards.forget_others()
                    self._shards.remove_calls()
                self._shards.remove()
        with self._storage.storing():
            self._conclude_recordings(run.cells)
        formats = dict.fromkeys([*self._settings.formats, *self._facts.formats])
        self._reports = write_reports(run, tuple(formats), self._folder.path, self._registry)
        with self._storage.storing():
            self._folder.wrote(self._reports.paths)
        if self._remote is not None:
            try:
                self._said.append(self._remote.conclude(self._reports.paths))
            except OSError as error:
                self._refused.append(self._remote.told(error))
                self._copied = False
        self._said += send_traces(run, self._settings, os.environ, self._registry)
        with self._storage.storing():
            self._said += self._folder.conclude(self._lines, self._ids())
        if self._settings.update_baseline and self._gatekeeper is not None:
            try:
                self._said += self._gatekeeper.update(run, self.collected())
            except UsageError as error:
                self._refused.append(str(error))
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
        if self._storage.problem is not None:
            self._refused.append(self._storage.told(len(self._lines)))
        stored = self._copied and self._storage.problem is None
        if self._reports.broken or self._hook_failures.lines() or not stored:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _is_empty_shard(self, exitstatus: int) -> bool:
        ran = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
        return exitstatus in ran and bool(self._facts.shard) and bool(self._facts.ids)

    def _put_away_older(self, session: pytest.Session, exitstatus: int) -> None:
        """Leave no results in the place of a run that was refused, which would seem to be its own;
        what it was to take up, to judge again or to be compared with stays."""
        refused = (
            self._collection_failed
            or bool(self._missing)
            or exitstatus
            in (
                pytest.ExitCode.USAGE_ERROR,
                pytest.ExitCode.INTERNAL_ERROR,
            )
        )
        needed = self._interrupted is not None or self._earlier is not None
        if self._settings.baseline is not None:
            baseline = self._config.rootpath / self._settings.baseline
            needed = needed or baseline.resolve() == self._journal.path.resolve()
        if refused and not needed and not session.config.option.collectonly:
            self._put_away = self._folder.put_away_ended()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        self.repeated_errors.put_back(terminalreporter)

    def write_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write what the run found out; nothing where no cell ran."""
        if self.run is None:
            if self._put_away is not None:
                terminalreporter.write_line(f"arena: {self._put_away}")
            for text in self._refused:
                terminalreporter.write_line(f"arena: {text}", red=True)
            return
        writer = terminalreporter._tw
        terminalreporter.write_sep("=", "arena")
        summary = make_reporter("terminal", self._registry)
        look: dict[str, Any] = {"width": writer.fullwidth, "color": writer.hasmarkup}
        lines = summary.answers(self.run, **look) if self._settings.answers else []
        lines += summary.render(self.run, **look)
        for line in [*lines, *self._reports.written, *self._said]:
            terminalreporter.write_line(line)
        for text in [*self._refused, *self._reports.broken, *self._hook_failures.lines()]:
            terminalreporter.write_line(text, red=True)

    def held_exit_code(self, given: int) -> int:
        """Return pytest's exit code, or that of the run where a plug-in made a good one of it."""
        own = int(self.run.exit_code or 0) if self.run is not None else int(bool(self._missing))
        return own if given == pytest.ExitCode.OK else given

    def pytest_unconfigure(self) -> None:
        self._journal.close()
        self._folder.release()

    def _begin(self) -> None:
        self._git_thread.join()
        self._info = replace(self._info, git=self._git, versions=self._versions)
        if self._interrupted is None:
            self._shards.forget_others()
        patiently(self._folder.clear)
        self._journal.append(run_line(self._info))
        if self._remote is not None:
            self._remote.begin(resumed=self._interrupted is not None)
            self._remote.append(run_line(self._info))

    def _look_at_git(self) -> None:
        # before calls hold all the files that this process may have
        self._versions = versions()
        self._git = git_facts(self._config.rootpath)

    def _with_unseen_failures(self, run: RunResult, given: int) -> RunResult:
        """Return a run with pytest's exit code, or with what its cells, the gate, a limit or a
        budget make of a good one; its notes name cells whose failure pytest was not told."""
        if given != pytest.ExitCode.OK:
            return replace(run, exit_code=given)
        options = self._settings.shown()
        failing = [cell.id for cell in run.cells if fails_run(cell, options)]
        # pytest had its exit code before it was told of these
        unseen = [cell_id for cell_id in failing if cell_id not in self._told_last]
        said = [unseen_failures(unseen)] if unseen else []
        said += [never_run(self._missing)] if self._missing else []
        run = replace(run, notes=(*run.notes, *said))
        red = failing or self._missing or run.failed_as_a_whole(self._settings.fail_on)
        return replace(run, exit_code=int(pytest.ExitCode.TESTS_FAILED if red else given))

    def collected(self) -> Collected:
        """Return what there is now, whether this run ran it or not."""
        from pytest_arena.comparison.baseline.update import Collected

        if self._gatekeeper is None:
            return Collected.of(self._ids())
        return self._gatekeeper.collected(self._ids())

    def _ids(self) -> list[str]:
        """Return the ids of all cells of which it is known that they are all of their files': those
        of arena files, and of Python tests where all that the file has passed."""
        whole = self._tests.whole_files()
        return [*self._facts.ids, *(one for one in self._lines if file_of(one) in whole)]

    def _selected(self) -> list[dict[str, Any]]:
        """Return how many cells each file has that are to be run, which pytest itself tells:
        interrupted workers have no last word."""
        of_file = Counter(file_of(one) for one in self._order if self._names.cell(one) is not None)
        return [{"file": file, "inventory": {"cells": cells}} for file, cells in of_file.items()]

    def _conclude(self, *, interrupted: bool) -> RunResult:
        cells = self.cells()
        options = {**self._info.options, "arenas": self._facts.arenas or self._selected()}
        if self._facts.shard:
            options["shard_deal"] = self._facts.shard["name"]
            place = dict(zip(self._order, self._facts.shard["places"], strict=False))
            options["shard_places"] = [place.get(cell.test or cell.id, -1) for cell in cells]
        info = replace(self._info, options=options)
        run = RunResult(info, cells, finished_at=now(), interrupted=interrupted)
        if self._gatekeeper is not None:
            run = self._gatekeeper.conclude(run, self.collected())
            self._write_standings(run.cells)
        run = self._with_limits(run)
        given: list[str | list[str]] = []
        with self._hook_failures.keeping("pytest_arena_run_summary"):
            given = self._config.hook.pytest_arena_run_summary(run=run, config=self._config)
        notes = [line for lines in given for line in ([lines] if isinstance(lines, str) else lines)]
        own = [*self._budget_lines(run), *self._reruns.lines(), *self._facts.notes]
        if self._interrupted is not None:
            own.append(self._interrupted.line())
        if self._earlier is not None:
            own += self._earlier.notes(run.cells)
        return replace(run, notes=(*own, *notes))

    def _budget_lines(self, run: RunResult) -> tuple[str, ...]:
        if not self._facts.warnings and not any(cell.over_budget for cell in run.cells):
            return ()
        from pytest_arena.results.budgets import budget_lines

        return budget_lines(run.cells, self._facts.warnings)

    def _recordings(self) -> RecordingsKeeper:
        if self._keeper is None:
            from pytest_arena.recording.finalize import RecordingsKeeper

            root = recordings_root(self._config, self._settings)
            self._keeper = RecordingsKeeper(root, self._settings)
        return self._keeper

    def _conclude_recordings(self, cells: Sequence[Cell]) -> None:
        if self._keeper is not None or self._settings.records:
            taken = self._interrupted.taken if self._interrupted is not None else frozenset()
            # what was taken over has used its recording in the run that was interrupted
            run_now = [cell for cell in cells if cell.id not in taken]
            self._said += self._recordings().conclude(run_now, self._facts.ids)
        if self._remote_recordings is not None:
            self._said += self._remote_recordings.put_back()

    def _with_limits(self, run: RunResult) -> RunResult:
        if not any(arena["gates"] for arena in self._facts.arenas):
            return run
        from pytest_arena.comparison.gate.apply import with_limits
        from pytest_arena.gating.gatekeeper import rules_of

        return with_limits(
            run,
            self._facts.arenas,
            own=self._gatekeeper.baseline if self._gatekeeper is not None else None,
            rules=rules_of(self._settings),
            ids=self._facts.ids,
            collected=self.collected(),
            folder=self._config.rootpath,
        )

    def _write_results(self, run: RunResult) -> None:
        """Put the cells in the order of collection, and never leave less than the journal had."""
        with self._storage.storing():
            self._lines.moved(write_results(self._journal.path, run, self._lines.lines()))
            self._storage.stored = len(self._lines)

    def _write_standings(self, cells: Sequence[Cell]) -> None:
        """Write the cells that the gate has judged once more, with how they stand."""
        for cell in cells:
            if not cell.standing:
                continue
            if self._storage.problem is not None:
                self._lines.keep(cell.id, cell_line(cell))
            else:
                with self._storage.storing():
                    self._lines.write(cell.id, cell_line(cell))
