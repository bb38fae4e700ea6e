"""The engine of one process, made when its first cell or test needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.items import providers_under_load
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.engine import Engine
from pytest_arena.engine_setup import learn_keys, set_up_engine
from pytest_arena.running.interrupts import held

if TYPE_CHECKING:
    from pytest_arena.collection.collected_arenas import CollectedArenas
    from pytest_arena.collection.run_context import RunContext
    from pytest_arena.collection.worker_journals import WorkerJournals
    from pytest_arena.loading.plans import Arena
    from pytest_arena.recording.answer_store import AnswerStore
    from pytest_arena.recording.call_journal import CallJournal


class RunEngine:
    """Makes the engine for whatever files are known by then, and tells it of those that come."""

    def __init__(
        self,
        parts: RunContext,
        arenas: CollectedArenas,
        answers: AnswerStore,
        *,
        share: Share,
        knows_order: bool,
        journals: WorkerJournals,
        worker: str,
    ) -> None:
        self._parts = parts
        self._arenas = arenas
        self._answers = answers
        self._share = share
        self._knows_order = knows_order
        self._journals = journals
        self._worker = worker
        self.quotas = share.quotas()
        self._calls: CallJournal | None = None
        self._beside: list[Arena] = []
        """The files that Python tests go by and this run has not collected."""
        self.started: Engine | None = None

    def running(self, items: Sequence[pytest.Item] = ()) -> Engine:
        """Return the engine; what it is started for are these items."""
        if self.started is None:
            # what it imports may be what its loop is about to import
            with held():
                self.started = self._start()
            under_load = providers_under_load(items)
            # each worker may have to ask a judge
            asked = {spec.pool for arena in self._arenas.loaded for spec in arena.judges}
            loaded = {spec.pool for spec in under_load}
            together = loaded - asked if self._knows_order else ()
            self.started.keep_apart(under_load, together=together)
        return self.started

    def _start(self) -> Engine:
        parts = self._parts
        arenas = [*self._arenas.loaded, *self._beside]
        specs = [spec for arena in arenas for spec in arena.providers]
        if parts.earlier is None:
            self._calls = self._journals.calls(self._worker, parts.settings, parts.redactor.clean)
        return set_up_engine(
            arenas,
            parts.settings,
            parts.registry,
            parts.redactor,
            root=parts.config.rootpath,
            config=parts.config,
            answers=self._answers.store(specs, parts.redactor.clean),
            share=self._share,
            quotas=self.quotas,
            journal=self._calls,
        )

    def learn(self, arena: Arena) -> None:
        """Learn a file that only Python tests go by."""
        learn_keys(self._parts.redactor, arena)
        self._beside.append(arena)
        if self.started is not None:
            self.started.learn(arena)

    @property
    def notes(self) -> Sequence[str]:
        """What there is to tell of calls."""
        return self.started.notes if self.started is not None else ()

    @property
    def calls_taken(self) -> int:
        """The answers that were taken from an interrupted run."""
        return self._calls.taken if self._calls is not None else 0

    def stop_calling(self) -> None:
        """Make no further call, where any was made."""
        if self.started is not None:
            self.started.stop_calling()

    def close(self) -> None:
        """Stop calling, and let go of everything."""
        if self.started is not None:
            self.started.close()
