"""Reports of cells whose word is out until the whole run has been judged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from pytest_arena.collection.failure_repr import failure_repr, say_first
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
        pending = item.stash.get(PENDING, False)
        if pending:
            # that of the setup, too: JUnit must get all of a test from one node
            self.hold(reports)
        for report in () if pending else reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def hold(self, reports: Sequence[pytest.TestReport]) -> None:
        """Hold back all reports of a test."""
        self._held += reports

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
    cells: Mapping[str, Cell],
    line_of: Callable[[str], str],
    fatal: Collection[str],
) -> set[str]:
    """Tell pytest what became of cells, and return the ids of those that it was told of.

    `cells` are those of the run by id, `line_of` gives their lines; they have their standing where
    they were judged, and fail with a `fatal` one.
    """
    told: set[str] = set()
    for data in held:
        report = config.hook.pytest_report_from_serializable(config=config, data=dict(data))
        ids = [cell_id for cell_id, _ in getattr(report, "arena_cells", ())]
        known = [cells[cell_id] for cell_id in ids if cell_id in cells]
        if known:
            report.arena_cells = [[cell.id, line_of(cell.id)] for cell in known]
        if report.skipped:
            _say(report, [cell for cell in known if cell.verdict != "passed"], fatal)
        config.hook.pytest_runtest_logreport(report=report)
        told.update(ids)
    return told


def _say(report: Any, cells: Sequence[Cell], fatal: Collection[str]) -> None:
    """Let a report say how its cells stand: the first of those that fail it, else the first."""
    judged = [(cell, cell.standing) for cell in cells if cell.standing is not None]
    if not judged:
        return
    cell, standing = next((pair for pair in judged if pair[1].status in fatal), judged[0])
    said = f"{standing.status}: {standing.reason}"
    if standing.status not in fatal:
        report.wasxfail = said
        return
    del report.wasxfail
    report.outcome = "failed"
    if cell.test is None:
        path, line, _ = report.location
        report.longrepr = failure_repr(str(path), (line or 0) + 1, f"{said}\n{report_text(cell)}")
    else:
        # a test's own failure has been told, with the test's own lines
        say_first(report, said)
