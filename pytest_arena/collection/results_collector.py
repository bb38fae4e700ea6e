"""The run as the controller sees it: cells come in, results and reports go out."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena._version import __version__
from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.green import never_run, runs_nothing
from pytest_arena.collection.repeated_errors import RepeatedErrors
from pytest_arena.collection.run_conclusion import RunConclusion
from pytest_arena.collection.run_context import RunContext
from pytest_arena.collection.run_folders import start_of
from pytest_arena.collection.run_output import RunOutput
from pytest_arena.collection.run_recordings import RunRecordings
from pytest_arena.collection.run_so_far import RunSoFar
from pytest_arena.collection.stored_cells import StoredCells
from pytest_arena.collection.unrun_cells import crashed_cell, skipped_cell
from pytest_arena.collection.worker_journals import WorkerJournals
from pytest_arena.errors import Problem, UsageError, UserError
from pytest_arena.hook_failures import HookFailures
from pytest_arena.places import RESULTS
from pytest_arena.reporting.write import make_reporter
from pytest_arena.results.cell import Cell
from pytest_arena.results.report_folder import ReportFolder
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.run_facts import git_facts, now, versions
from pytest_arena.results.serialize import cell_from_line, cell_line, run_line
from pytest_arena.running.interrupts import was_interrupted
from pytest_arena.running.open_files import patiently

if TYPE_CHECKING:
    from pytest_arena.collection.node_ids import NodeId
    from pytest_arena.collection.remote_recordings import RemoteRecordings
    from pytest_arena.collection.remote_reports import RemoteReports
    from pytest_arena.collection.resume import Interrupted
    from pytest_arena.comparison.baseline.update import Collected
    from pytest_arena.loading.plans import CellPlan


class ResultsCollector:
    """Collects the cells of a run, writes `results.jsonl` as they finish, and concludes the run."""

    def __init__(
        self,
        parts: RunContext,
        journals: WorkerJournals,
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
        self.journals = journals
        self._interrupted = interrupted
        self._folder = folder
        self._stored = StoredCells(parts.config, folder.path / RESULTS, journals, remote)
        self.storage, self._lines = self._stored.storage, self._stored.lines
        self._so_far = RunSoFar(parts.names, parts.gatekeeper, self._lines)
        self._recordings = RunRecordings(parts, remote_recordings)
        self._hook_failures = HookFailures(parts.config.rootpath, parts.redactor)
        self._conclusion = RunConclusion(parts, self._so_far, self._hook_failures, interrupted)
        self._info = RunInfo(run_id, now(), __version__, options=options)
        self._output = RunOutput(
            parts,
            self._so_far,
            self._stored,
            self._recordings,
            journals,
            folder,
            interrupted=interrupted,
            remote=remote,
        )
        self._git: Mapping[str, Any] = {}
        self._versions: Mapping[str, str] = {}
        self._git_thread = Thread(target=self._look_at_git, daemon=True)
        self._git_thread.start()
        self.run: RunResult | None = None
        self._collection_failed = False
        self._broken_off = False
        self._put_away: str | None = None
        self._missing: list[str] = []
        self._has_ended = False
        self.repeated_errors = RepeatedErrors()

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
        self.storage.session = session
        if not session.config.option.collectonly:
            try:
                self._folder.claim()
                self._output.check_places()
            except UsageError as error:
                raise pytest.UsageError(str(error)) from error
            if self._interrupted is None:
                self.journals.forget_other_calls()

    def add(self, cell_id: str, line: str) -> None:
        """Take a finished cell; the last word on a cell counts (a re-run replaces it)."""
        if self._lines.holds(cell_id, line):
            return
        if not self.storage.broken and not self._lines:
            with self.storage.storing():
                self._begin()
        self._stored.take(cell_id, line)
        hook = self._config.hook.pytest_arena_cell_finished
        if hook.get_hookimpls():
            with self._hook_failures.keeping(hook.name):
                hook(cell=cell_from_line(line), config=self._config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" and report.passed:
            self._so_far.tests.passed(report.nodeid)
        if report.when == "call" and report.skipped and hasattr(report, "wasxfail"):
            self._so_far.tests.xfailed(report.nodeid)
        if report.failed and report.when != "teardown":
            self._so_far.tests.failed(report.nodeid)
        cells = getattr(report, "arena_cells", None)
        if cells is not None:
            for cell_id, line in cells:
                if report.outcome == "rerun":
                    self._so_far.reruns.hear(cell_from_line(line))
                self.add(cell_id, line)
                if self._interrupted is not None and getattr(report, "arena_resumed", False):
                    self._interrupted.take(cell_id)
            # pytest keeps each report to the end
            del report.arena_cells
        elif report.when == "???" and (name := self._names.cell(report.nodeid)) is not None:
            cell = crashed_cell(name, report.nodeid, str(report.longrepr), self._plans(name))
            report.arena_verdict = cell.verdict
            self.add(cell.id, cell_line(cell))
        elif (
            report.skipped
            and report.nodeid not in self._lines
            and (name := self._names.cell(report.nodeid)) is not None
        ):
            self.add(report.nodeid, cell_line(skipped_cell(name, report, self._plans(name))))
        elif report.when == "???":
            self._so_far.tests.crashed(report.nodeid, str(report.longrepr))

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

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None, object, object]:
        try:
            return (yield)
        finally:
            # where another hook ended the run, these are what it kept from running
            self._so_far.order = [item.nodeid for item in session.items]

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._so_far.order = ids

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        text = getattr(node, "workeroutput", {}).get("arena_facts")
        if text is not None:
            self.hear(CollectionReport.from_text(text))

    @property
    def facts(self) -> CollectionReport:
        """What the processes told of what they collected, as far as they have."""
        return self._so_far.facts

    def hear(self, facts: CollectionReport) -> None:
        """Learn what collecting found, from the session of this process or from a worker."""
        self._so_far.hear(facts)
        self._conclusion.hold(facts.held)
        self._recordings.hear(facts.answers)
        for cell_id, line in facts.unstored.items():
            self.add(cell_id, line)
        if facts.unwritable is not None:
            self.storage.stop(Problem(**facts.unwritable))
        if self._interrupted is not None:
            self._interrupted.calls_taken += facts.calls_taken

    def hear_of_answers(self, answers: Mapping[str, Any]) -> None:
        """Learn what a process took from recordings or the cache, and what it put there."""
        self._recordings.hear(answers)

    def conclude_collection(self, facts: CollectionReport) -> None:
        """Hear the only process that runs cells, and tell pytest what became of them."""
        self.hear(facts)
        self.release_held()

    # --- when it ends

    def read_shards(self) -> None:
        """Take the last word of workers: what they finished and could not report."""
        for cell_id, line in dict(self.journals.read(self._lines)).items():
            self.add(cell_id, line)
        for cell in self._so_far.tests.crashed_cells(self.cells):
            self.add(cell.id, cell_line(cell))

    def cells(self) -> tuple[Cell, ...]:
        """Return the cells that have finished, in the order of collection."""
        return self._so_far.cells()

    def collected(self) -> Collected:
        """Return what there is now, whether this run ran it or not."""
        return self._so_far.collected()

    def release_held(self) -> None:
        """Tell pytest what became of the cells whose reports were held back."""
        self._conclusion.release_held(self._info)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if was_interrupted():
            session.shouldstop = "Ctrl-C"
            self._broken_off = True
        if self._broken_off and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = exitstatus = pytest.ExitCode.INTERRUPTED
        self.read_shards()
        without_result = self._so_far.missing(self._config)
        if exitstatus == pytest.ExitCode.OK:
            self._missing = without_result
        is_empty_shard = not self._lines and self._is_empty_shard(exitstatus)
        if is_empty_shard and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = exitstatus = pytest.ExitCode.OK
        if is_empty_shard and not runs_nothing(self._config):
            # more shards than cells: it ran all of its part, which arena merge must know
            with self.storage.storing():
                self._begin()
        elif not self._lines:
            self._end_without_cells(session, exitstatus)
            return
        # -x alone, or a hook that raised, leaves pytest's exit code as if all had been run
        stopped = exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        is_interrupted = (
            self._broken_off
            or exitstatus == pytest.ExitCode.INTERRUPTED
            or (stopped and bool(without_result))
        )
        run = self._concluded(session, interrupted=is_interrupted)
        session.exitstatus = run.exit_code or 0
        self.run = run = self._output.in_history(run)
        self._has_ended = True
        self._output.write(run)
        if self._hook_failures.lines():
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif self._output.exit_code is not None:
            session.exitstatus = self._output.exit_code

    def _end_without_cells(self, session: pytest.Session, exitstatus: int) -> None:
        self._has_ended = True
        with self.storage.storing():
            self._output.conclude_recordings(())
        if self._missing:
            self._output.refused.append(never_run(self._missing))
            session.exitstatus = exitstatus = pytest.ExitCode.TESTS_FAILED
        self._put_away_older(session, exitstatus)

    def _concluded(self, session: pytest.Session, *, interrupted: bool) -> RunResult:
        run = self._conclusion.judged(self._info, interrupted=interrupted)
        for cell in run.cells:
            if cell.standing:
                # written once more, as the gate has judged it
                self._stored.take_cell(cell)
        run = self._conclusion.concluded(run)
        run = self._conclusion.with_other_failures(run, session, self._missing)
        return self._conclusion.with_exit_code(run, int(session.exitstatus), self._missing)

    def _is_empty_shard(self, exitstatus: int) -> bool:
        ran = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
        return exitstatus in ran and bool(self.facts.shard.get("items")) and bool(self.facts.ids)

    def _put_away_older(self, session: pytest.Session, exitstatus: int) -> None:
        """Leave no results in the place of a run that was refused, which would seem to be its own;
        what can be taken up, was to be judged again or to be compared with stays."""
        refused = (
            self._collection_failed
            or bool(self._missing)
            or exitstatus
            in (
                pytest.ExitCode.USAGE_ERROR,
                pytest.ExitCode.INTERNAL_ERROR,
            )
        )
        needed = self._earlier is not None
        if self._settings.baseline is not None:
            baseline = start_of(self._config, "baseline") / self._settings.baseline
            needed = needed or os.path.realpath(baseline) == os.path.realpath(self._stored.path)
        if refused and not needed and not session.config.option.collectonly:
            resumes = self._interrupted is not None
            self._put_away = self._folder.put_away_ended(resumes=resumes)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        self.repeated_errors.put_back(terminalreporter)

    def write_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write what the run found out; nothing where no cell ran."""
        if self.run is None:
            if self._put_away is not None:
                terminalreporter.write_line(f"arena: {self._put_away}")
            for text in self._output.failures():
                terminalreporter.write_line(f"arena: {text}", red=True)
            return
        writer = terminalreporter._tw
        terminalreporter.write_sep("=", "arena")
        summary = make_reporter("terminal", self._registry)
        look: dict[str, Any] = {"width": writer.fullwidth, "color": writer.hasmarkup}
        lines = summary.answers(self.run, **look) if self._settings.answers else []
        lines += summary.render(self.run, **look)
        for line in [*lines, *self._output.said()]:
            terminalreporter.write_line(line)
        for text in [*self._output.failures(), *self._hook_failures.lines()]:
            terminalreporter.write_line(text, red=True)

    def held_exit_code(self, given: int) -> int:
        """Return pytest's exit code, or that of the run where a plug-in made a good one of it, or
        kept it from coming to its end."""
        own: int = pytest.ExitCode.OK
        if self.run is not None:
            own = int(self.run.exit_code or 0)
        elif self._missing:
            own = pytest.ExitCode.TESTS_FAILED
        elif not self._has_ended and (self._lines or self._so_far.has_cells()):
            own = pytest.ExitCode.INTERNAL_ERROR
        return int(own) if given == pytest.ExitCode.OK else given

    def pytest_unconfigure(self) -> None:
        self._stored.close()
        self._folder.release()

    def _begin(self) -> None:
        self._git_thread.join()
        self._info = replace(self._info, git=self._git, versions=self._versions)
        if self._interrupted is None:
            self.journals.forget_others()
        patiently(self._folder.clear)
        self._stored.begin(run_line(self._info), resumed=self._interrupted is not None)

    def _look_at_git(self) -> None:
        # before calls hold all the files that this process may have
        self._versions = versions()
        self._git = git_facts(self._config.rootpath)
