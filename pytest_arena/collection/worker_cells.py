"""The finished cells of a worker, and what has it run no further one."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.storage import Storage
from pytest_arena.collection.worker_journals import WorkerJournals


class WorkerCells:
    """Takes the cells of a worker into its journal, until that cannot be written.

    From then on the controller alone has them: with the reports of their items, and with what the
    worker tells when it ends, since cells that no item waited for are in no report.
    """

    def __init__(self, config: pytest.Config, journals: WorkerJournals, worker: str) -> None:
        self._journals = journals
        self._journal = journals.of_worker(worker)
        self.storage = Storage(config, self._journal.path)
        self._unstored: dict[str, str] = {}

    def keep(self, cell_id: str, line: str) -> None:
        """Take a finished cell."""
        if not self.storage.broken:
            with self.storage.storing():
                self._journal.append(line)
                return
        self._unstored[cell_id] = line

    def told_with(self, facts: CollectionReport) -> CollectionReport:
        """Return facts with the cells that could not be stored, and why."""
        problem = self.storage.problem
        unwritable = None if problem is None else asdict(problem)
        return replace(facts, unstored=self._unstored, unwritable=unwritable)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.storage.session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Leave an item out where the controller has stopped the run; xdist hears of that no sooner
        than when all that it dealt has been run."""
        if not self._journals.stopped:
            return None
        item.session.shouldstop = "the controller cannot store what is finished"
        return True
