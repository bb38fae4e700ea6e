"""The finished cells of a run: in its journal, in the copy of it far away, or in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.storage import Storage
from pytest_arena.results.cell import Cell
from pytest_arena.results.finished_lines import FinishedLines
from pytest_arena.results.journal import Journal
from pytest_arena.results.run import RunResult
from pytest_arena.results.serialize import cell_line
from pytest_arena.results.writing import write_results

if TYPE_CHECKING:
    from pytest_arena.collection.remote_reports import RemoteReports
    from pytest_arena.collection.worker_journals import WorkerJournals


class StoredCells:
    """Takes the cells of a run as they finish, on disk before each counts as finished.

    Once storing has failed they are kept in memory, for the reports.
    """

    def __init__(
        self,
        config: pytest.Config,
        results: Path,
        workers: WorkerJournals,
        remote: RemoteReports | None = None,
    ) -> None:
        """`remote` is where a copy of each line goes."""
        self._journal = Journal(results)
        self._remote = remote
        self.storage = Storage(config, results, workers.stop)
        self.lines = FinishedLines(self._journal)

    @property
    def path(self) -> Path:
        return self._journal.path

    def begin(self, head: str, *, resumed: bool) -> None:
        """Write the first line of a journal, and of its copy."""
        self._journal.append(head)
        if self._remote is not None:
            self._remote.begin(resumed=resumed)
            self._remote.append(head)

    def take(self, cell_id: str, line: str) -> None:
        """Take the last word on a cell."""
        if self.storage.broken:
            self.lines.keep(cell_id, line)
            return
        with self.storage.storing():
            self.lines.write(cell_id, line)
            self.storage.stored = len(self.lines)
            if self._remote is not None:
                self._remote.append(line)

    def take_cell(self, cell: Cell) -> None:
        """Take the last word on a cell that this process has concluded."""
        self.take(cell.id, cell_line(cell))

    def write_in_order(self, run: RunResult) -> None:
        """Write the whole run, its cells in the order of collection; never less than the journal
        had."""
        with self.storage.storing():
            self.lines.moved(write_results(self.path, run, self.lines.lines()))
            self.storage.stored = len(self.lines)

    def close(self) -> None:
        self._journal.close()
