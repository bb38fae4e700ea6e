"""What a run says of its budgets when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_arena.results.cell import Cell


def budget_lines(cells: Iterable[Cell], warnings: Sequence[str]) -> tuple[str, ...]:
    """Return one line for each budget that kept cells from running, or that was only exceeded."""
    stopped = Counter(cell.over_budget for cell in cells if cell.over_budget)
    lines = [
        f"budget: {said}: {count:,} {'cell was' if count == 1 else 'cells were'} not run to the end"
        for said, count in sorted(stopped.items())
    ]
    lines += [f"budget: {said}, and the run went on (a warning)" for said in warnings]
    return tuple(lines)
