"""What becomes of a run whose results cannot be stored: a full disk, a folder in a file's place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_arena.errors import Problem
from pytest_arena.places import is_of_storage, unwritable
from pytest_arena.text.numbers import counted
from pytest_arena.text.shown_path import shown_path


class Storage:
    """Whether a run can store what it finishes.

    After the first failure no further cell is run, since its calls would be paid for in vain; what
    is in the journal stays there.
    """

    def __init__(
        self,
        config: pytest.Config,
        results: Path,
        stop_workers: Callable[[], None] = lambda: None,
    ) -> None:
        """`stop_workers` has those of this machine run no further cell, amid what xdist dealt
        them."""
        self._config = config
        self._results = results
        self._stop_workers = stop_workers
        self.session: pytest.Session | None = None
        self.problem: Problem | None = None
        """What failed first, wherever in the run."""
        self.broken = False
        """Whether nothing more is written here."""
        self.stored = 0
        """How many finished cells are in the journal."""

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Do something that stores; where that fails, the run is stopped and goes on to its end."""
        try:
            yield
        except OSError as error:
            if not is_of_storage(error):
                raise
            self.broken = True
            self.stop(unwritable(error.filename2 or error.filename or self._results, error))

    def stop(self, problem: Problem) -> None:
        """Have pytest run no further item, in this process or in workers, since something cannot be
        stored."""
        if self.problem is not None:
            return
        self.problem = problem
        # the controller of xdist asks its own session alone
        of_workers = self._config.pluginmanager.getplugin("dsession")
        for session in (self.session, of_workers):
            if session is not None:
                session.shouldstop = problem.what
        if of_workers is not None:
            self._stop_workers()

    def told(self, finished: int) -> str:
        """Return what a person must know: what failed, and how much of the run is kept."""
        shown = shown_path(self._results)
        # not in a file that somebody has removed
        stored = self.stored if self._results.exists() else 0
        verb = "is" if stored == 1 else "are"
        kept = f"{counted(stored, 'cell')} of {finished:,} that had finished {verb} in {shown}"
        return f"{self.problem}\n  kept: {kept}"
