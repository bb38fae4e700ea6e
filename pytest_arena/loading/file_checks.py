"""What is wrong or odd about a file as a whole, beside its single cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.cases import CaseSettings
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CellPlan
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.provider_files import OptionsWithFiles
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.variants import Variant
from pytest_arena.schema import ArenaSpec


def check_default_providers(
    spec: ArenaSpec, tree: YamlMap, settings: CaseSettings, context: LoadContext
) -> None:
    """Refuse `defaults: {providers: …}` that names none of the file's, or nobody."""
    known = sorted(settings.providers | settings.groups) if settings.providers else []
    if spec.defaults.providers == ():
        context.problems.add(
            "'providers' of 'defaults' is empty, so that no case would run",
            tree["defaults"].value_place("providers"),
            expected=one_of("", known, "an entry of providers:"),
            fix="name one, or remove 'providers'",
        )
    for index, name in enumerate(spec.defaults.providers or ()):
        if known and name not in known:
            context.problems.add(
                f"unknown provider {shorten(name)!r} in 'defaults'",
                tree["defaults"]["providers"].value_place(index),
                expected=one_of(name, known, "an entry of providers:"),
                fix=suggest(name, known) or "name one of these, or add it to providers:",
            )


def check_loads(cells: Iterable[CellPlan], context: LoadContext) -> None:
    """Refuse a load on what calls nobody, of which there is nothing to time."""
    for plan in cells:
        if plan.case.load is not None and plan.provider.asks_nobody:
            context.problems.add(
                f"load case {plan.case.name!r} on {plan.provider.name!r}, which calls nobody",
                Location(plan.case.source, plan.case.line, 1),
                expected="providers whose calls can be timed",
                fix="name them: providers: […] of the case",
            )


def check_prices(
    spec: ArenaSpec, cells: tuple[CellPlan, ...], tree: YamlMap, context: LoadContext
) -> None:
    """Refuse a budget in dollars over calls whose price nobody knows."""
    called = (*context.providers.values(), *context.judges.values())
    budgets = (spec.budget, *(one.budget for one in called), *(plan.case.budget for plan in cells))
    if not any(budgets):
        return
    from pytest_arena.loading.budgets import unknown_price, unpriced_under_budget

    for provider in unpriced_under_budget(spec.budget, cells, context.registry):
        problem = unknown_price(provider)
        place = provider.place or tree.place
        context.problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)


def idle_variants(variants: Iterable[Variant], cells: Sequence[CellPlan]) -> Iterator[str]:
    """Yield a word on each variant, or part of one, that changes nothing."""
    for variant in variants:
        plans = [plan for plan in cells if plan.variant == variant.name]
        own = [plan.provider for plan in plans]
        if cells and not own:
            yield f"{variant.place}: no case runs under variant {variant.name!r}"
        if variant.chaos and plans and not any(plan.case.agent for plan in plans):
            yield (
                f"{variant.place}: the chaos of variant {variant.name!r} is for agents, and no "
                "case under it has one"
            )
        deaf = dict.fromkeys(spec.name for spec in own if not spec.takes_params)
        if variant.params and deaf:
            yield (
                f"{variant.place}: the params of variant {variant.name!r} are for models: they "
                f"change nothing of {', '.join(deaf)}"
            )


def unused_files(cells: Iterable[CellPlan]) -> Iterator[str]:
    """Yield what providers' files hold that no case of theirs looks at, with the entry's place."""
    by_provider: dict[str, list[CellPlan]] = {}
    for plan in cells:
        if isinstance(plan.provider.options, OptionsWithFiles):
            by_provider.setdefault(plan.provider.name, []).append(plan)
    for plans in by_provider.values():
        provider = plans[0].provider
        for text in provider.options.unused([plan.case for plan in plans]):
            yield f"{provider.place}: {text}" if provider.place else text
