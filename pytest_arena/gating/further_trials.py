"""How a cell is asked again after its run: under which numbers, and judged by what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_arena.results.cell import Cell
from pytest_arena.schema import CellAssertion

if TYPE_CHECKING:
    from pytest_arena.loading.plans import CellPlan


def next_index(cell: Cell) -> int:
    return 1 + max((trial.index for trial in (*cell.trials, *cell.extra_trials)), default=-1)


def single(plan: CellPlan) -> CellPlan:
    """Return a plan whose trials are judged one by one, without what looks at all of them."""
    kept = tuple(a for a in plan.case.assertions if not isinstance(a, CellAssertion))
    return replace(plan, case=replace(plan.case, assertions=kept))
