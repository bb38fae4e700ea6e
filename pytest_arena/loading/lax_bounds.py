"""Assertions that no answer can break, of which people are told: they check nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf

from pytest_arena.loading.plans import CellPlan, every_assertion


def lax_bounds(cells: Iterable[CellPlan]) -> Iterator[str]:
    """Yield what to say of each assertion that holds whatever a provider of its case answers, and
    as late as it may."""
    most: dict[int, tuple[int, float]] = {}
    cases = {}
    for plan in cells:
        cases[id(plan.case)] = plan.case
        size, time = most.get(id(plan.case), (0, 0.0))
        most[id(plan.case)] = max(size, plan.provider.most_bytes), max(time, _longest_s(plan))
    said = set()
    for key, case in cases.items():
        for assertion in every_assertion(case):
            if not assertion.weight or assertion.place is None:
                continue
            why = assertion.cannot_fail_within(*most[key])
            if why is None:
                continue
            told = f"{assertion.place}: {why}"
            if told not in said:
                said.add(told)
                yield told


def _longest_s(plan: CellPlan) -> float:
    """Return how long the slowest answer of a cell may take."""
    case = plan.case
    if case.timeout_s is not None:
        return case.timeout_s
    if case.chain is not None or case.workflow is not None:
        # its steps may ask models of their own
        return inf
    return max(spec.longest_s for spec in (plan.provider, *plan.fallbacks))
