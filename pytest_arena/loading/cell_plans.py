"""Cases × columns: the cells of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_arena.loading.cases import LoadedCase
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.files import display_name
from pytest_arena.loading.hashing import Hasher, prices_hash, provider_hash
from pytest_arena.loading.plans import CasePlan, CellPlan, rivals_of
from pytest_arena.loading.variants import Variant
from pytest_arena.results.cell import MOCK, PRICES, VARIABLES
from pytest_arena.schema import ArenaSpec, MockResponses, ProviderSpec
from pytest_arena.schema.variables import values_hash


def asked_of(
    case: LoadedCase, providers: Iterable[ProviderSpec], spec: ArenaSpec
) -> list[ProviderSpec]:
    """Return those of the providers that a case runs on: that it names, else that `defaults` do."""
    own = case.spec.providers
    wanted = own if own is not None else spec.defaults.providers
    return [provider for provider in providers if provider.is_one_of(wanted or ())]


def cells_of(
    path: Path,
    cases: list[list[LoadedCase]],
    providers: list[ProviderSpec],
    others: ProvidersByName,
    spec: ArenaSpec,
    responses: MockResponses | None,
    context: LoadContext,
) -> Iterable[CellPlan]:
    """Yield cases × columns, the cells of one case together."""
    file = display_name(path, context.root)
    hasher = Hasher()
    hashes = _ProviderHashes()
    prices = prices_hash(others.every)
    values = values_hash(others.every)
    of_file = {**({PRICES: prices} if prices else {}), **({VARIABLES: values} if values else {})}
    if len(context.problems):
        return
    for under in cases:
        own = [
            (case, _hashes(case.plan, hasher), rivals_of(case.plan, others.under(case.variant)))
            for case in under
        ]
        for provider in asked_of(under[0], providers, spec):
            for case, of_case, rivals in own:
                known = others.under(case.variant)
                asked = known[provider.name]
                plan = case.plan_for(asked)
                if plan is not case.plan:
                    of_case, rivals = _hashes(plan, hasher), rivals_of(plan, known)
                context.judges |= {id(known[name]): known[name] for name in rivals}
                wrong = context.refused_columns.get(provider.name)
                if wrong is not None and plan.refused is None:
                    plan = replace(plan, refused="\n".join(map(str, wrong)))
                of_mock = hasher.mock(plan, asked, responses)
                yield CellPlan(
                    file=file,
                    case=plan,
                    provider=asked,
                    hashes={
                        **of_case,
                        "provider": hashes.of(asked, plan.params),
                        **({MOCK: of_mock} if of_mock else {}),
                        **of_file,
                    },
                    fallbacks=tuple(known[name] for name in provider.fallbacks),
                    rivals=rivals,
                    mock_responses=responses,
                    variant=case.variant.name if case.variant else None,
                )


def _hashes(case: CasePlan, hasher: Hasher) -> dict[str, str]:
    """Return the hashes of a case, which are the same for all providers."""
    found = {
        "prompt": hasher.prompt(case),
        "provider": "",
        "assertions": hasher.assertions(case),
        "judge": hasher.judge(case),
    }
    if case.guardrails:
        found["guardrails"] = hasher.guardrails(case)
    if case.tools:
        found["tools"] = hasher.tools(case)
    if case.files:
        found["files"] = hasher.files(case)
    return found


class _ProviderHashes:
    """The hashes of columns, each made once for the params that cases share."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str] = {}

    def of(self, asked: ProviderSpec, params: Mapping[str, Any]) -> str:
        key = (id(asked), repr(params))
        if key not in self._known:
            self._known[key] = provider_hash(asked, params)
        return self._known[key]


class ProvidersByName:
    """All providers of a file by name, as each variant has them."""

    def __init__(self, every: Iterable[ProviderSpec]) -> None:
        self._plain = {one.name: one for one in every}
        self._under: dict[str, Mapping[str, ProviderSpec]] = {}

    @property
    def every(self) -> Iterable[ProviderSpec]:
        """The entries, as the file has them."""
        return self._plain.values()

    def under(self, variant: Variant | None) -> Mapping[str, ProviderSpec]:
        if variant is None or not variant.params:
            return self._plain
        if variant.name not in self._under:
            made = {name: variant.of(one) for name, one in self._plain.items()}
            self._under[variant.name] = made
        return self._under[variant.name]
