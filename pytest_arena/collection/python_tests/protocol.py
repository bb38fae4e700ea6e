"""The trials of a test: its executions one after another, which pytest is told of as one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from _pytest.runner import call_and_report

from pytest_arena.collection.failure_repr import say_first
from pytest_arena.collection.python_tests.attempt import OWN, Attempt
from pytest_arena.collection.python_tests.cells import cells_of
from pytest_arena.collection.python_tests.running_test import RunningTest
from pytest_arena.engine.early_stop import EarlyStop
from pytest_arena.results.cell import Cell
from pytest_arena.results.trial import Verdict

if TYPE_CHECKING:
    from pytest_arena.collection.python_tests.gate import GateOfTests


class _Round(NamedTuple):
    """One execution, as pytest sees it: its setup, its call if it came to that, its teardown."""

    attempt: Attempt
    reports: list[Any]

    @property
    def telling(self) -> Any:
        """The report of the call, or of the setup that broke."""
        return self.reports[-2]


class Trials:
    """The executions of one test, each with function-scoped fixtures of its own.

    Wider fixtures stay, as between two tests of a module. `early_stop`: executions that could not
    change the outcome are left out. Once the trials are done, the gate may want fresh ones.
    """

    def __init__(
        self, run: RunningTest, *, wanted: int, early_stop: bool, gate: GateOfTests | None
    ) -> None:
        self._run = run
        self._item: Any = run.item
        self._wanted = wanted
        self._early_stop = early_stop
        self._gate = gate
        self._properties = list(run.item.user_properties)
        self._rounds: list[_Round] = []
        self._decided = False
        self._fresh = 0
        """How many executions the gate has asked for in this round and has not got."""

    def run(self, nextitem: pytest.Item | None) -> None:
        """Execute the test until its cells are decided."""
        while not self._decided:
            self._rounds.append(self._round(nextitem))

    def cells(self) -> list[Cell]:
        """Return the cells of all executions."""
        return cells_of(self._run, wanted=self._wanted)

    def reports(self, cells: list[Cell]) -> list[Any]:
        """Return what pytest is told of the test as a whole, whose cells these are.

        It is the execution that tells most of its outcome; a teardown that broke in any of them is
        told, too.
        """
        verdicts = {cell.verdict for cell in cells}
        wanted: Verdict = next((v for v in _BY_WEIGHT if v in verdicts), "passed")
        told = self._telling(wanted)
        if wanted == "passed" and told.telling.failed and _verdict_of(told.attempt) != "passed":
            # each cell passed often enough, though no execution did with all of them; one that did
            # fails for something else, as under a strict xfail
            told.telling.outcome, told.telling.longrepr = "passed", None
        elif wanted != "passed":
            self._say_how_often(told)
        told.telling.duration = sum(one.telling.duration for one in self._rounds)
        teardowns = [one.reports[-1] for one in self._rounds]
        broken = next((report for report in teardowns if report.failed), teardowns[-1])
        return [*told.reports[:-1], broken]

    def _is_decided(self) -> bool:
        """Return whether no further execution is wanted, once one has had its call."""
        run = self._run
        session = run.item.session
        if session.shouldfail or session.shouldstop:
            return True
        own = run.attempt.endings.get(OWN)
        if own is not None and own.verdict == "skipped":
            return True
        if run.fresh:
            self._fresh -= 1
            return self._fresh <= 0 and not self._wants_fresh()
        done = len(run.attempts) >= self._wanted or (self._early_stop and self._cannot_change())
        return done and not self._wants_fresh()

    def _wants_fresh(self) -> bool:
        """Return whether the gate wants further executions, which are then fresh ones."""
        if self._gate is None:
            return False
        wanted = self._gate.wanted(self.cells())
        self._fresh = max(wanted.values(), default=0)
        self._run.fresh_for = frozenset(wanted)
        return self._fresh > 0

    def _cannot_change(self) -> bool:
        found = []
        for case, column in self._run.cells():
            stop = EarlyStop(self._wanted, self._run.mark.threshold)
            for attempt in self._run.attempts:
                stop.count(attempt.trial(case, column.name).verdict)
            found.append(stop.decided)
        return bool(found) and all(found)

    def _round(self, nextitem: pytest.Item | None) -> _Round:
        item = self._item
        if self._rounds:
            _renew(item)
            item.user_properties = list(self._properties)
        self._run.begin()
        try:
            reports = [call_and_report(item, "setup", log=False)]
            if reports[0].passed:
                reports.append(call_and_report(item, "call", log=False))
            self._decided = self._is_decided()
            following = nextitem if self._decided else _sibling(item)
            if item.session.shouldfail or item.session.shouldstop:
                following = None
            reports.append(call_and_report(item, "teardown", log=False, nextitem=following))
        finally:
            # as pytest's own protocol leaves it
            item._request = False
            item.funcargs = None
        return _Round(self._run.attempt, reports)

    def _telling(self, wanted: Verdict) -> _Round:
        own = self._own
        verdicts = [_verdict_of(one.attempt) for one in own]
        for verdict in (wanted, *_BY_WEIGHT):
            if verdict in verdicts:
                return own[verdicts.index(verdict)]
        return own[-1]

    @property
    def _own(self) -> list[_Round]:
        """The rounds that are the test's trials, without the gate's fresh ones."""
        return self._rounds[: len(self._run.attempts)]

    def _say_how_often(self, told: _Round) -> None:
        own = self._own
        if len(own) > 1:
            passed = sum(_verdict_of(one.attempt) == "passed" for one in own)
            say_first(told.telling, f"{passed} of {len(own)} trials passed")


_BY_WEIGHT: tuple[Verdict, ...] = ("failed", "error", "skipped")


def _verdict_of(attempt: Attempt) -> Verdict:
    verdicts = {ending.verdict for ending in attempt.endings.values()}
    return next((one for one in ("error", "failed", "skipped") if one in verdicts), "passed")


def _sibling(item: pytest.Item) -> pytest.Item:
    """Return an item beside this one: pytest then tears down what is this one's alone."""
    return copy.copy(item)


def _renew(item: Any) -> None:
    """Make an item as if it had not run: no fixtures, no captured output, no instance."""
    item._initrequest()
    item._report_sections = []
    if getattr(item, "cls", None) is not None:
        for name in ("_instance", "_obj"):
            item.__dict__.pop(name, None)
