"""What a run that has ended leaves beside its cells, and what of that could not be written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.run_folders import start_of
from pytest_arena.collection.run_history import check_history, with_history
from pytest_arena.errors import UsageError, UserError
from pytest_arena.places import unwritable
from pytest_arena.reporting.write import Reports, send_traces, write_reports

if TYPE_CHECKING:
    from pytest_arena.collection.remote_reports import RemoteReports
    from pytest_arena.collection.resume import Interrupted
    from pytest_arena.collection.run_context import RunContext
    from pytest_arena.collection.run_recordings import RunRecordings
    from pytest_arena.collection.run_so_far import RunSoFar
    from pytest_arena.collection.stored_cells import StoredCells
    from pytest_arena.collection.worker_journals import WorkerJournals
    from pytest_arena.results.cell import Cell
    from pytest_arena.results.report_folder import ReportFolder
    from pytest_arena.results.run import RunResult

_TO_ITS_END = (
    pytest.ExitCode.OK,
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.NO_TESTS_COLLECTED,
)


class RunOutput:
    """Writes history, reports, recordings and the baseline, and sends them where they are to be.

    What fails here is told in the run's last lines, and is the run's exit code: it leaves the
    results as they are.
    """

    def __init__(
        self,
        parts: RunContext,
        so_far: RunSoFar,
        stored: StoredCells,
        recordings: RunRecordings,
        journals: WorkerJournals,
        folder: ReportFolder,
        *,
        interrupted: Interrupted | None,
        remote: RemoteReports | None,
    ) -> None:
        self._settings = parts.settings
        self._registry = parts.registry
        self._config = parts.config
        self._gatekeeper = parts.gatekeeper
        self._so_far = so_far
        self._stored = stored
        self._storage = stored.storage
        self._recordings = recordings
        self._journals = journals
        self._folder = folder
        self._interrupted = interrupted
        self._remote = remote
        self._reports = Reports()
        self._said: list[str] = []
        self.refused: list[str] = []
        """What could not be done, a sentence each."""
        self.exit_code: int | None = None
        """That of a run of which something could not be written."""

    def check_places(self) -> None:
        """Refuse places that can take nothing of what the run puts there when it ends."""
        if self._settings.history is not None:
            check_history(start_of(self._config, "history") / self._settings.history)
        if self._settings.update_baseline and self._gatekeeper is not None:
            self._gatekeeper.check_target()

    def in_history(self, run: RunResult) -> RunResult:
        """Return a run with its trend, where there is a history to add it to."""
        if self._settings.history is None:
            return run
        place = start_of(self._config, "history") / self._settings.history
        known = [*self._so_far.facts.ids, *self._so_far.tests.left_out(run.cells)]
        try:
            run, said = with_history(run, place, known)
            self._said.append(said)
        except UserError as error:
            self._refuse(str(error), pytest.ExitCode.INTERNAL_ERROR)
        except OSError as error:
            told = unwritable(error.filename or place, error)
            self._refuse(str(told), pytest.ExitCode.INTERNAL_ERROR)
        return run

    def write(self, run: RunResult) -> None:
        """Write results, recordings, reports and the baseline, and send what is to be copied."""
        self._stored.write_in_order(run)
        if not self._storage.broken:
            with self._storage.storing():
                if not run.interrupted:
                    self._journals.forget_others()
                    self._journals.remove_calls()
                self._journals.remove()
        with self._storage.storing():
            self.conclude_recordings(run.cells)
        formats = dict.fromkeys([*self._settings.formats, *self._so_far.facts.formats])
        self._reports = write_reports(run, tuple(formats), self._folder.path, self._registry)
        if self._reports.broken:
            self.exit_code = pytest.ExitCode.INTERNAL_ERROR
        with self._storage.storing():
            self._folder.wrote(self._reports.paths)
        self._copy()
        self._said += send_traces(run, self._settings, os.environ, self._registry)
        with self._storage.storing():
            self._said += self._folder.conclude(self._stored.lines, self._so_far.ids())
        self._update_baseline(run)
        if self._storage.problem is not None:
            told = self._storage.told(len(self._stored.lines))
            self._refuse(told, pytest.ExitCode.INTERNAL_ERROR)

    def conclude_recordings(self, cells: Sequence[Cell]) -> None:
        """Put the recordings in order, by what these cells took of them."""
        taken = self._interrupted.taken if self._interrupted is not None else frozenset()
        self._said += self._recordings.conclude(cells, self._so_far.facts.ids, taken)
        if self._recordings.problem is not None:
            self._storage.stop(self._recordings.problem)
        self._said += self._recordings.put_back()

    def _copy(self) -> None:
        if self._remote is None:
            return
        try:
            self._said.append(self._remote.conclude(self._reports.paths))
        except OSError as error:
            self._refuse(self._remote.told(error), pytest.ExitCode.INTERNAL_ERROR)

    def _update_baseline(self, run: RunResult) -> None:
        gatekeeper = self._gatekeeper
        if gatekeeper is None or not self._settings.update_baseline:
            return
        try:
            self._said += gatekeeper.update(run, self._so_far.collected())
        except UsageError as error:
            # a run that broke off says so by its own exit code
            broke_off = run.interrupted or run.exit_code not in _TO_ITS_END
            code = run.exit_code if broke_off else pytest.ExitCode.USAGE_ERROR
            self._refuse(str(error), code)
        except OSError as error:
            told = unwritable(gatekeeper.target, error)
            self._refuse(str(told), pytest.ExitCode.INTERNAL_ERROR)

    def _refuse(self, sentence: str, exit_code: int | None) -> None:
        self.refused.append(sentence)
        if self.exit_code != pytest.ExitCode.INTERNAL_ERROR:
            self.exit_code = exit_code

    def said(self) -> list[str]:
        """Return what was written, and where to: a line each."""
        return [*self._reports.written, *self._said]

    def failures(self) -> list[str]:
        """Return what could not be written, and why."""
        return [*self.refused, *self._reports.broken]
