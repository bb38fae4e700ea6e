"""The side of Python tests that meets pytest: tells when they run, and reports their cells."""

from __future__ import annotations

import unittest
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_arena.collection.junit import junit_properties
from pytest_arena.collection.python_tests.backing import Backing
from pytest_arena.collection.python_tests.cells import cells_of
from pytest_arena.collection.python_tests.ending import is_failure, leaves
from pytest_arena.collection.python_tests.fixture import ArenaFixture
from pytest_arena.collection.python_tests.gate import excuse
from pytest_arena.collection.python_tests.marks import (
    ArenaMark,
    concerns_arena,
    uses_arena,
    without_use,
)
from pytest_arena.collection.python_tests.protocol import Trials
from pytest_arena.collection.python_tests.resumed import resumed_reports
from pytest_arena.collection.python_tests.running_test import RUN, RunningTest
from pytest_arena.errors import UserError
from pytest_arena.loading.versions import BASELINE_TRIALS
from pytest_arena.results.cell import MARKED, Cell

NAME = "arena-python-tests"


class PythonTests:
    """The tests of this process that use the fixture."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing

    def fixture(self, item: pytest.Item) -> ArenaFixture:
        """Return what a test gets as `arena`."""
        run = item.stash.get(RUN, None)
        if run is None:
            # asked for by name while the test runs
            run = self._begin(item)
        return ArenaFixture(run)

    def finish(self, item: pytest.Item) -> None:
        """Raise what cases raised since the call has ended, as a fixture's do."""
        __tracebackhide__ = True
        run = item.stash.get(RUN, None)
        if run is not None:
            run.raise_kept()

    def _begin(self, item: pytest.Item, mark: ArenaMark | None = None) -> RunningTest:
        run = item.stash.get(RUN, None)
        if run is None:
            run = item.stash[RUN] = RunningTest(item, mark or ArenaMark.of(item), self._backing)
        if not run.repeated:
            run.begin()
        return run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        """Run a test that has several trials or is held against a baseline, and take one that an
        interrupted run has finished; all others are left to pytest and its plug-ins."""
        self._backing.look_at_code()
        if not uses_arena(item) or item.config.getoption("setuponly", False):
            return None
        try:
            mark = ArenaMark.of(item)
        except UserError:
            # its setup tells
            return None
        wanted, gate = self._wanted(mark), self._backing.gate
        finished = self._backing.finished(item.nodeid, wanted)
        if finished and not _is_open(item, finished) and not (gate and gate.wanted(finished)):
            with _logged(item):
                self._tell(item, finished, resumed_reports(item, nextitem, finished))
            return True
        gated = gate is not None and not getattr(item.config.option, "reruns", None)
        if wanted == 1 and not gated:
            return None
        with _logged(item):
            self._run_trials(RunningTest(item, mark, self._backing), nextitem, wanted)
        return True

    def _run_trials(self, run: RunningTest, nextitem: pytest.Item | None, wanted: int) -> None:
        run.repeated, run.item.stash[RUN] = True, run
        early_stop = not self._backing.settings.every_trial_counts
        trials = Trials(run, wanted=wanted, early_stop=early_stop, gate=self._backing.gate)
        trials.run(nextitem)
        cells = trials.cells()
        self._tell(run.item, cells, trials.reports(cells))
        del run.item.stash[RUN]

    def _tell(self, item: pytest.Item, cells: list[Cell], reports: list[Any]) -> None:
        """Tell pytest of a test with these cells; what the gate has yet to decide is held back."""
        gate, telling = self._backing.gate, reports[-2]
        self._report(cells, telling)
        for report in reports:
            report.user_properties += _junit(cells)
        given = gate.excuse(cells) if gate is not None and telling.failed else None
        if given is not None:
            excuse(telling, given)
        if given is not None and given.pending and gate is not None and gate.hold is not None:
            gate.hold(reports)
            return
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)

    def _wanted(self, mark: ArenaMark) -> int:
        settings = self._backing.settings
        trials = settings.trials or mark.trials or 1
        return max(trials, BASELINE_TRIALS) if settings.makes_baseline else trials

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if uses_arena(item):
            try:
                self._begin(item)
            except UserError as error:
                self._begin(item, ArenaMark())
                raise pytest.fail.Exception(str(error), pytrace=False) from None
        elif concerns_arena(item):
            pytest.fail(str(without_use(item)), pytrace=False)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        before = item.stash.get(RUN, None)
        if before is not None:
            before.in_call = True
            _hear_expected_failure(item, before)
        try:
            done = yield
        except BaseException as error:
            if before is not None:
                before.note_kept(error)
            raise
        finally:
            if before is not None:
                before.in_call = False
        # it may have been asked for by name only now
        self.finish(item)
        return done

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
        """Note what leaves the function before any other hook can take it for something else."""
        try:
            return (yield)
        except BaseException as error:
            run = pyfuncitem.stash.get(RUN, None)
            if run is not None:
                run.left = error
            raise

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, Any]:
        report = yield
        run = item.stash.get(RUN, None)
        if run is None:
            return report
        # unittest's own exceptions are known by now
        raised = call.excinfo.value if call.excinfo is not None else None
        if run.expected_failure is not None and isinstance(raised, pytest.xfail.Exception):
            raised = run.expected_failure
        if call.when == "call":
            raised = _as_it_left(run, raised)
        if run.in_call:
            if raised is not None and not isinstance(raised, pytest.skip.Exception):
                run.attempt.in_subtests.append(raised)
        elif _ends(run, call, report, raised) and not run.repeated:
            cells = cells_of(run, wanted=1)
            self._report(cells, report)
            others = [one for one in item.user_properties if not one[0].startswith("arena_")]
            item.user_properties = [*others, *_junit(cells)]
        if raised is not None and (call.when == "teardown" or raised is run.expected_failure):
            _uncover(item, report, raised)
        if call.when == "teardown" and not run.repeated:
            del item.stash[RUN]
        return report

    def _report(self, cells: list[Cell], report: Any) -> None:
        """Let the report take the cells along, where the run keeps any."""
        if cells and self._backing.keep is not None:
            report.arena_cells = self._backing.keep(cells)


def _as_it_left(run: RunningTest, raised: BaseException | None) -> BaseException | None:
    """Return what a call raised, or what a hook has swallowed of it or made a skip of."""
    if run.left is None or isinstance(run.left, unittest.SkipTest):
        return raised
    softer = raised is None or isinstance(raised, (pytest.skip.Exception, pytest.xfail.Exception))
    return run.left if softer else raised


def _ends(
    run: RunningTest, call: pytest.CallInfo[None], report: Any, raised: BaseException | None
) -> bool:
    """Note how an execution ended; return whether a report says something of its cells.

    What fixtures check while they are taken down counts, too.
    """
    attempt = run.attempt
    if call.when == "call" or (call.when == "setup" and not report.passed):
        attempt.end_test(raised, setup=call.when == "setup")
        _note_expected(run, report, raised)
    elif call.when == "setup" or attempt.size == run.told:
        return False
    elif attempt.caused(raised) and attempt.has_passed:
        attempt.end_test(raised)
        _note_expected(run, report, raised)
    run.told = attempt.size
    return True


def _note_expected(run: RunningTest, report: Any, raised: BaseException | None) -> None:
    """Note why pytest takes what an execution raised for an expected failure, where it does."""
    if not report.skipped or isinstance(raised, pytest.xfail.Exception):
        return
    reason = getattr(report, "wasxfail", None)
    if reason is not None:
        by_unittest = run.expected_failure is not None and raised is run.expected_failure
        run.xfail = reason or ("expected failure" if by_unittest else MARKED)


def _uncover(item: pytest.Item, report: Any, raised: BaseException) -> None:
    """Tell pytest of what broke while fixtures were taken down, or in a test of `unittest`: no mark
    that expects a failure covers it."""
    covered = report.skipped and getattr(report, "wasxfail", None) is not None
    if covered and not all(is_failure(one) for one in leaves(raised)):
        report.outcome = "failed"
        report.longrepr = item.repr_failure(pytest.ExceptionInfo.from_exception(raised))
        del report.wasxfail


def _hear_expected_failure(item: Any, run: RunningTest) -> None:
    """Learn what a test raised that `unittest` expects to fail; pytest makes an xfail of it."""
    tell = getattr(item, "addExpectedFailure", None)
    if tell is None:
        return

    def hear(test: Any, raised: Any, *reason: Any, **named: Any) -> None:
        run.expected_failure = raised[1]
        tell(test, raised, *reason, **named)

    item.addExpectedFailure = hear


def _is_open(item: pytest.Item, finished: list[Cell]) -> bool:
    """Return whether pytest has a word in what becomes of a finished test: one that was expected
    to fail and has not."""
    passed = all(cell.verdict == "passed" for cell in finished)
    return passed and item.get_closest_marker("xfail") is not None


def _junit(cells: list[Cell]) -> list[tuple[str, Any]]:
    """Return what JUnit shows of a test's cell; of several it could not tell them apart."""
    return junit_properties(cells[0]) if len(cells) == 1 else []


@contextmanager
def _logged(item: pytest.Item) -> Iterator[None]:
    """Tell of an item's start and end, as pytest's own protocol does."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    yield
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
