"""Reports of cells whose word is out until the whole run has been judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from pytest_arena.collection.failure_repr import failure_repr
from pytest_arena.collection.items import PENDING, CellItem
from pytest_arena.results.cell import Cell
from pytest_arena.results.failure_text import report_text


class HeldReports:
    """Holds back what pytest would be told of cells that the gate has not decided on.

    A cell that turns out to have regressed must be `failed` to JUnit, `--lf` and IDEs, which take
    a test's first word for its last.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._held: list[pytest.TestReport] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        if not isinstance(item, CellItem) or getattr(self._config.option, "reruns", None):
            # a plug-in that runs an item again must see each of its reports
            return None
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        # what is marked xfail stays that, whatever the gate says of it
        pending = item.stash.get(PENDING, False) and item.plan.case.xfail is None
        if pending:
            # that of the setup, too: JUnit must get all of a test from one node
            self._held += reports
        for report in () if pending else reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def taken(self) -> list[dict[str, Any]]:
        """Return the reports as they travel from a worker to the controller, and forget them."""
        hook, held = self._config.hook, self._held
        self._held = []
        return [
            hook.pytest_report_to_serializable(config=self._config, report=report)
            for report in held
        ]


def release(
    config: pytest.Config,
    held: Iterable[Mapping[str, Any]],
    cells: Mapping[str, tuple[Cell, str]],
    fatal: Collection[str],
) -> None:
    """Tell pytest what became of cells.

    `cells` are those of the run with their lines; they have their standing where they were judged,
    and fail with a `fatal` one.
    """
    for data in held:
        report = config.hook.pytest_report_from_serializable(config=config, data=dict(data))
        cell, line = cells.get(report.nodeid, (None, None))
        if hasattr(report, "arena_cells"):
            report.arena_cells = [[report.nodeid, line]]
        if report.when == "call" and report.skipped and cell is not None and cell.standing:
            _say(report, cell, fatal)
        config.hook.pytest_runtest_logreport(report=report)


def _say(report: Any, cell: Cell, fatal: Collection[str]) -> None:
    standing = cell.standing
    assert standing is not None  # noqa: S101
    said = f"{standing.status}: {standing.reason}"
    if standing.status not in fatal:
        report.wasxfail = said
        return
    del report.wasxfail
    report.outcome = "failed"
    path, line, _ = report.location
    report.longrepr = failure_repr(str(path), (line or 0) + 1, f"{said}\n{report_text(cell)}")
