"""One test of the run: what it goes by, its trials, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_arena.checks.surroundings import Surroundings, application, nearest_arena
from pytest_arena.collection.python_tests.attempt import OWN, Attempt
from pytest_arena.collection.python_tests.cell_names import CellNames
from pytest_arena.collection.python_tests.failed_cases import together
from pytest_arena.collection.python_tests.marks import ArenaMark
from pytest_arena.errors import UserError
from pytest_arena.schema import ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.collection.python_tests.backing import Backing

_NOT_WELL = frozenset(("failed", "error", "skipped"))


class RunningTest:
    """A test that uses the fixture `arena`, with its executions so far."""

    def __init__(self, item: pytest.Item, mark: ArenaMark, backing: Backing) -> None:
        self.item = item
        self.mark = mark
        self.backing = backing
        self.root: Path = item.config.rootpath
        self.name = CellNames.of(item)
        self.attempts: list[Attempt] = []
        """Its trials."""
        self.fresh: list[tuple[frozenset[str], Attempt]] = []
        """Executions that the gate asked for, each with the ids of the cells that it is for."""
        self.fresh_for: frozenset[str] = frozenset()
        """The cells that the next execution is for, where the trials are done."""
        self.in_call = False
        """Whether the test's own code is running: what makes reports then are its subtests."""
        self.told = 0
        """The size of the newest execution when a report last told of it."""
        self.xfail: str | None = None
        """Why pytest expects it to fail, once it has."""
        self.expected_failure: BaseException | None = None
        """What a test of `unittest` raised that is to fail, of which pytest keeps nothing."""
        self.left: BaseException | None = None
        """What the test's function raised, whatever hooks made of it."""
        self.repeated = False
        """Whether a protocol of ours runs its trials and concludes them."""

    @property
    def attempt(self) -> Attempt:
        """The execution that runs, or ran last."""
        return self.fresh[-1][1] if self.fresh else self.attempts[-1]

    def begin(self) -> None:
        """Begin with an execution of the test."""
        self.told = 0
        self.expected_failure = None
        self.left = None
        if not self.repeated:
            # run again, as by pytest-rerunfailures: the last word counts
            self.attempts.clear()
        attempt = Attempt(len(self.attempts) + len(self.fresh), self.root)
        if self.fresh_for:
            self.fresh.append((self.fresh_for, attempt))
        else:
            self.attempts.append(attempt)

    @property
    def line(self) -> int:
        """The line of the test, from 1."""
        return (self.item.location[1] or 0) + 1

    def raise_kept(self) -> None:
        """Raise what the test's cases raised, now that all of them have had their turn."""
        __tracebackhide__ = True
        attempt = self.attempt
        unfinished = attempt.end_calls()
        if unfinished is not None:
            raise unfinished
        lost = attempt.lost_in_thread()
        if lost is not None:
            attempt.unraised.clear()
            raise lost
        kept, attempt.unraised = attempt.unraised, []
        if len(kept) == 1:
            raise kept[0][1]
        if kept:
            told = together(kept, len(attempt.endings), self.root)
            attempt.kept.append(told)
            raise told.with_traceback(kept[0][1].__traceback__)

    def note_kept(self, raised: BaseException) -> None:
        """Note beside what the test raised which of its cases had not passed before."""
        self.attempt.end_calls()
        kept, self.attempt.unraised = self.attempt.unraised, []
        if kept:
            raised.add_note(f"cases that did not pass before: {', '.join(n for n, _ in kept)}")

    def around(self) -> Surroundings:
        """Return the arena file that the test goes by; one with mistakes is an `ArenaFileError`."""
        return self.backing.around(self._file(), self.name.file)

    def column_of(self, case: str) -> ProviderSpec | None:
        """Return the column that a case, or the test, was given by name."""
        given = self.attempt.columns.get(case)
        if given is not None:
            return given
        return self.around().column(self.mark.provider) if self.mark.provider else None

    def usual_column(self) -> ProviderSpec:
        """Return the column of answers that no provider gave here: that of a parameter that names
        one, else an application's."""
        around = self.around()
        named = self.name.column(around.providers)
        return around.column(named) if named is not None else application()

    def cells(self) -> Iterator[tuple[str, ProviderSpec]]:
        """Yield the cells that the executions have had so far, as cases and columns.

        A case that did not end well has one, even where it came to nothing; a test that was
        skipped behind its cases has none of its own.
        """
        cases = dict.fromkeys(case for one in self.attempts for case in one.endings)
        for case in cases:
            columns = {spec.name: spec for one in self.attempts for spec in one.columns_of(case)}
            told = {one.endings[case].verdict for one in self.attempts if case in one.endings}
            alone = case != OWN or len(cases) == 1
            if not columns and told & (_NOT_WELL if alone else _NOT_WELL - {"skipped"}):
                spec = self._supposed_column(case)
                columns = {spec.name: spec}
            for spec in columns.values():
                yield case, spec

    def _supposed_column(self, case: str) -> ProviderSpec:
        try:
            return self.column_of(case) or self.usual_column()
        except UserError:
            # a file with mistakes, which the test has been told of
            return application(self.mark.provider) if self.mark.provider else application()

    def _file(self) -> Path | None:
        if self.mark.file is None:
            return nearest_arena(self.item.path.parent, self.root)
        beside = self.item.path.parent / self.mark.file
        return beside if beside.is_file() else self.root / self.mark.file


RUN = pytest.StashKey[RunningTest]()
"""The test that an item is."""
