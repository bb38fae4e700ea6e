"""Cells whose item ended before their trials could be judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.node_ids import NodeId
from pytest_arena.errors import ErrorKind
from pytest_arena.results.cell import Cell
from pytest_arena.results.trial import Trial, TrialError, Verdict

if TYPE_CHECKING:
    from pytest_arena.loading.plans import CellPlan


def unreached_cell(
    plan: CellPlan, cell_id: str, call: pytest.CallInfo[None], report: pytest.TestReport
) -> Cell:
    """Return the cell of an item that was skipped, or that broke in its setup or on the way."""
    from pytest_arena.engine.verdict_rules import cell_of

    verdict: Verdict = "error"
    reason = None
    trials: tuple[Trial, ...] = ()
    value = call.excinfo.value if call.excinfo else None
    if report.skipped:
        verdict = "skipped"
        reason = str(getattr(report, "wasxfail", "") or getattr(value, "msg", "") or value or "")
    else:
        kind = ErrorKind.SETUP if call.when == "setup" else ErrorKind.INTERNAL
        trials = (_broken(kind, f"{type(value).__name__}: {value}"),)
    return cell_of(plan, cell_id, verdict, trials=trials, reason=reason)


def crashed_cell(name: NodeId, cell_id: str, message: str, plans: Iterable[CellPlan] = ()) -> Cell:
    """Return the cell of an item whose worker died; `plans` are those of its file, where they are
    known."""
    trial = _broken(ErrorKind.INTERNAL, message)
    return replace(_cell_named(name, cell_id, plans), verdict="error", trials=(trial,))


def skipped_cell(name: NodeId, report: pytest.TestReport, plans: Iterable[CellPlan] = ()) -> Cell:
    """Return the cell of an item that a plug-in reported as skipped instead of running it."""
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    reason = getattr(report, "wasxfail", "") or said.removeprefix("Skipped: ")
    return replace(_cell_named(name, report.nodeid, plans), reason=reason)


def _cell_named(name: NodeId, cell_id: str, plans: Iterable[CellPlan]) -> Cell:
    # a controller of workers needs no more of the engine than this, and that hardly ever
    from pytest_arena.engine.verdict_rules import cell_of

    for plan in plans:
        if (plan.case.name, plan.column) == (name.case, name.column):
            return cell_of(plan, cell_id, "skipped")
    return Cell(cell_id, name.file, name.case, name.column, None, "skipped")


def crashed_test(test: str, message: str) -> Cell:
    """Return the cell of a Python test whose worker died; whom it asked, nobody can tell."""
    from pytest_arena.checks.surroundings import APPLICATION

    file, _, case = test.partition("::")
    name = NodeId(file, case, APPLICATION)
    return replace(crashed_cell(name, f"{test}[{APPLICATION}]", message), test=test)


def _broken(kind: ErrorKind, message: str) -> Trial:
    return Trial(messages=(), verdict="error", error=TrialError(str(kind), message))
