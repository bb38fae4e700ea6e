"""Budgets in dollars need prices: what can be known of them before a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_arena.errors import Problem
from pytest_arena.loading.plans import CellPlan
from pytest_arena.registry import Registry
from pytest_arena.schema import BudgetSpec, ProviderSpec


def unpriced_of_run(cells: Iterable[CellPlan], registry: Registry) -> list[ProviderSpec]:
    """Return whoever these cells call for money at a price that nobody knows, each once."""
    plans = [plan for plan in cells if plan.skip is None]
    called = {id(spec): spec for plan in plans for spec in (plan.provider, *plan.asked_beside())}
    return unpriced(called.values(), registry)


def unpriced_under_budget(
    budget: BudgetSpec | None, cells: Sequence[CellPlan], registry: Registry
) -> list[ProviderSpec]:
    """Return whoever is called for cells under a budget in dollars at a price that nobody knows.

    That is a provider, one of its fallbacks, a judge, an embedding model, or a rival; the budget is
    the file's, the case's, or its own.
    """
    covered: dict[int, ProviderSpec] = {}
    for plan in cells:
        for spec in (plan.provider, *plan.asked_beside()):
            budgets = (budget, plan.case.budget, spec.budget)
            if any(one is not None and one.max_cost_usd is not None for one in budgets):
                covered[id(spec)] = spec
    return unpriced(covered.values(), registry)


def unpriced(specs: Iterable[ProviderSpec], registry: Registry) -> list[ProviderSpec]:
    """Return those that are called for money at a price that nobody knows."""
    found = []
    for spec in specs:
        if spec.system is not None:
            # it says what each answer cost
            continue
        cls = registry.providers.get(spec.provider)
        if cls is not None and not cls.offline and cls.price(spec) is None:
            found.append(spec)
    return found


def unknown_price(spec: ProviderSpec) -> Problem:
    """Return what is wrong with a provider of unknown price where dollars are limited."""
    return Problem(
        f"the price of provider {spec.name!r} ({spec.full_model}) is not known, "
        "so that a budget in dollars cannot hold",
        spec.place,
        expected="US dollars for a million tokens, in and out",
        fix="add input_cost_per_million: … and output_cost_per_million: … to the provider",
    )
