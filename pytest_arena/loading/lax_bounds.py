"""Bounds that no answer can pass, of which people are told: they check nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_arena.loading.plans import CellPlan, every_assertion


def lax_bounds(cells: Iterable[CellPlan]) -> Iterator[str]:
    """Yield what to say of each assertion that holds whatever a provider of its case answers."""
    most: dict[int, int] = {}
    cases = {}
    for plan in cells:
        cases[id(plan.case)] = plan.case
        known = most.get(id(plan.case), 0)
        most[id(plan.case)] = max(known, plan.provider.most_bytes)
    said = set()
    for key, case in cases.items():
        for assertion in every_assertion(case):
            if assertion.negate or not assertion.weight or assertion.place is None:
                continue
            why = assertion.cannot_fail_within(most[key])
            told = f"{assertion.place}: {why}"
            if why is not None and told not in said:
                said.add(told)
                yield told
