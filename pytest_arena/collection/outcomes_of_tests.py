"""What became of Python tests, as the controller hears of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from pytest_arena.collection.collection_report import CollectionReport
from pytest_arena.collection.node_ids import file_of
from pytest_arena.collection.unrun_cells import crashed_test
from pytest_arena.results.cell import Cell


class OutcomesOfTests:
    """The items of a run: which have passed or failed, and whose worker died.

    That a test makes cells is known once a process has told what it collected.
    """

    def __init__(self) -> None:
        self._tests: Sequence[str] = ()
        self._parts: Sequence[str] = ()
        self._passed: set[str] = set()
        self._crashed: dict[str, str] = {}
        self._failed: Counter[str] = Counter()
        self._xfailed: set[str] = set()

    def learn(self, facts: CollectionReport) -> None:
        """Learn which tests make cells, and of which files single ones were asked for."""
        self._tests, self._parts = facts.tests, facts.parts

    def passed(self, nodeid: str) -> None:
        """Note that an item has passed, a test or not."""
        self._passed.add(nodeid)

    def crashed(self, nodeid: str, message: str) -> None:
        """Note that the worker of an item died, a test or not."""
        self._crashed[nodeid] = message

    def failed(self, nodeid: str) -> None:
        """Note that the setup or the call of an item has failed, a test or not."""
        self._failed[nodeid] += 1

    def xfailed(self, nodeid: str) -> None:
        """Note that the call of an item has failed as expected, a test or not."""
        self._xfailed.add(nodeid)

    def verified_beside(self, cells: Iterable[Cell]) -> bool:
        """Return whether an item that none of these cells is of has passed, or failed as
        expected."""
        return not {*self._passed, *self._xfailed} <= {c.test or c.id for c in cells}

    def failures_beside(self, cells: Iterable[Cell], counted: int) -> int:
        """Return how many of the failures that pytest counted are told by none of these cells."""
        failing = [c for c in cells if c.verdict in ("failed", "error") and not c.is_xfailed]
        told = sum(self._failed[nodeid] for nodeid in {c.test or c.id for c in failing})
        return max(0, counted - told)

    def crashed_cells(self, cells: Callable[[], Iterable[Cell]]) -> list[Cell]:
        """Return a cell for each test whose worker died, where the run has none of it."""
        crashed = [test for test in self._crashed if test in self._tests]
        known = {cell.test for cell in cells()} if crashed else set()
        return [crashed_test(test, self._crashed[test]) for test in crashed if test not in known]

    def whole_files(self) -> set[str]:
        """Return the files all of whose tests have passed, so that their cells are all known."""
        broken = {file_of(test) for test in self._tests if test not in self._passed}
        return {file_of(test) for test in self._tests} - broken - set(self._parts)

    def part(self, cells: Iterable[Cell]) -> dict[str, int] | None:
        """Return how many of how many collected tests these cells are of, and whether single ones
        were asked for by name; None where they are of all, and none were."""
        left_out = self.left_out(cells)
        if not left_out:
            return None
        ran = sum(test not in left_out for test in self._tests)
        found = {"ran": ran, "collected": len(self._tests)}
        return {**found, "by_name": True} if self._parts else found

    def left_out(self, cells: Iterable[Cell]) -> set[str]:
        """Return what says that tests were left out of a run with these cells: their ids, and
        files in parts."""
        ran = {cell.test for cell in cells} | self._passed
        return {*self._parts, *self._tests} - ran
