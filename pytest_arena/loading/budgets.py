"""Budgets in dollars need prices: what can be known of them before a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_arena.errors import Problem
from pytest_arena.loading.plan import CellPlan
from pytest_arena.registry import Registry
from pytest_arena.schema import BudgetSpec, ProviderSpec


def unpriced(specs: Iterable[ProviderSpec], registry: Registry) -> list[ProviderSpec]:
    """Return the providers that are called for money at a price that nobody knows."""
    found = []
    for spec in specs:
        cls = registry.providers.get(spec.provider)
        if cls is not None and not cls.offline and cls.price(spec) is None:
            found.append(spec)
    return found


def unpriced_under_budget(
    budget: BudgetSpec | None, cells: Sequence[CellPlan], registry: Registry
) -> list[ProviderSpec]:
    """Return the providers of cells that a budget in dollars covers, and whose price is unknown."""
    covered: dict[str, ProviderSpec] = {}
    for plan in cells:
        budgets = (budget, plan.case.budget, plan.provider.budget)
        if any(one is not None and one.max_cost_usd is not None for one in budgets):
            covered[plan.provider.name] = plan.provider
    return unpriced(covered.values(), registry)


def unknown_price(spec: ProviderSpec) -> Problem:
    """Return what is wrong with a provider of unknown price where dollars are limited."""
    return Problem(
        f"the price of provider {spec.name!r} ({spec.full_model}) is not known, "
        "so that a budget in dollars cannot hold",
        spec.place,
        expected="US dollars for a million tokens, in and out",
        fix="add input_cost_per_million: … and output_cost_per_million: … to the provider",
    )
