"""Cells whose item ended before their trials could be judged, and what JUnit shows of a cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.node_ids import NodeId
from pytest_arena.errors import ErrorKind
from pytest_arena.results.cell import Cell
from pytest_arena.results.load_test import LoadTestResult
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
    # a controller of workers needs no more of the engine than this, and that hardly ever
    from pytest_arena.engine.verdict_rules import cell_of

    trial = _broken(ErrorKind.INTERNAL, message)
    for plan in plans:
        if (plan.case.name, plan.column) == (name.case, name.column):
            return cell_of(plan, cell_id, "error", trials=(trial,))
    return Cell(cell_id, name.file, name.case, name.column, None, "error", (trial,))


def crashed_test(test: str, message: str) -> Cell:
    """Return the cell of a Python test whose worker died; whom it asked, nobody can tell."""
    from pytest_arena.checks.surroundings import APPLICATION

    file, _, case = test.partition("::")
    name = NodeId(file, case, APPLICATION)
    return replace(crashed_cell(name, f"{test}[{APPLICATION}]", message), test=test)


def junit_properties(cell: Cell) -> list[tuple[str, object]]:
    """Return what JUnit shows of a cell."""
    found: list[tuple[str, object]] = [
        ("arena_case", cell.case),
        ("arena_provider", cell.provider),
        *((("arena_variant", cell.variant),) if cell.variant else ()),
        ("arena_verdict", cell.verdict),
    ]
    if cell.model:
        found.append(("arena_model", cell.model))
    if cell.load is not None:
        return found + _load_properties(cell.load)
    last = cell.trials[-1] if cell.trials else None
    if last is not None and last.latency_ms is not None:
        found.append(("arena_latency_ms", round(last.latency_ms, 1)))
    costs = [trial.cost_usd for trial in cell.trials]
    if costs and None not in costs:
        found.append(("arena_cost_usd", round(sum(cost or 0.0 for cost in costs), 8)))
    return found


def _load_properties(load: LoadTestResult) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [
        ("arena_calls", load.answered),
        ("arena_errors", load.failed_calls),
    ]
    found += [
        (f"arena_{name}_latency_ms", round(load.latency_ms[name], 1))
        for name in ("p50", "p95", "p99")
        if name in load.latency_ms
    ]
    if load.cost_usd is not None:
        found.append(("arena_cost_usd", round(load.cost_usd, 8)))
    return found


def _broken(kind: ErrorKind, message: str) -> Trial:
    return Trial(messages=(), verdict="error", error=TrialError(str(kind), message))
