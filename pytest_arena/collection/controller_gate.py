"""The gate's part in the controller of xdist: it alone sees the cells of all workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.answer_sources import block_network
from pytest_arena.collection.xdist_link import SHARED
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.calling.shards import shard_of

if TYPE_CHECKING:
    from pytest_arena.collection.results_collector import ResultsCollector
    from pytest_arena.collection.run_context import RunContext


class ControllerGate:
    """Asks again for cells that look bad when all workers are done, as the only process would.

    How many suspects there are, and whether the suite is one, no worker knows.
    """

    def __init__(self, parts: RunContext, collector: ResultsCollector) -> None:
        self._parts = parts
        self._collector = collector

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self._collector.read_shards()
        broken = exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not broken and not session.shouldfail and not session.shouldstop:
            self._confirm()
        self._collector.release_held()

    def _confirm(self) -> None:
        parts, gatekeeper = self._parts, self._parts.gatekeeper
        cells, collected = self._collector.cells(), self._collector.collected()
        if gatekeeper is None or not gatekeeper.wanted(cells, collected):
            return
        from pytest_arena.collection.session import ArenaSession

        if parts.settings.block_network:
            block_network(parts.config)
        journals = self._collector.journals
        asking = ArenaSession(
            parts,
            share=Share(shared=journals.folder / SHARED, shard=shard_of(parts.settings)),
            sink=self._collector.add,
            tell=lambda facts: None,
            storage=self._collector.storage,
            knows_order=True,
            journals=journals,
        )
        asking.divide(self._collector.facts.shard)
        try:
            for file in sorted({cell.file for cell in cells if cell.test is None}):
                asking.arenas.load(parts.config.rootpath / file)
            asking.confirm(cells, collected)
            self._collector.hear_of_answers(asking.facts().answers)
        finally:
            asking.close()
