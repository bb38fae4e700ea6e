"""Whoever the chosen items of a run may ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_arena.collection.items import CellItem, providers_under_load
from pytest_arena.collection.python_tests.marks import uses_arena
from pytest_arena.light_dataclass import dataclass

if TYPE_CHECKING:
    from pytest_arena.loading.plans import Arena
    from pytest_arena.schema import ProviderSpec

Specs = tuple["ProviderSpec", ...]


@dataclass(frozen=True, slots=True)
class AskedProviders:
    """Those that cells are columns of, and those that are asked beside them, each once.

    `beside` holds the `fallbacks`, too; `loaded` are under load. Whom Python tests ask, nobody can
    tell before: `by_tests` says whether some are chosen.
    """

    columns: Specs
    beside: Specs
    fallbacks: Specs
    loaded: Specs
    by_tests: bool

    def judges(self, arenas: Iterable[Arena]) -> list[ProviderSpec]:
        """Return whoever of these files is asked beside a cell's own provider, but fallbacks."""
        asked = {id(spec) for spec in self.beside}
        return [
            spec for arena in arenas for spec in arena.judges if self.by_tests or id(spec) in asked
        ]


def asked_by(items: Sequence[pytest.Item]) -> AskedProviders:
    """Return whom these items ask; a skipped cell asks nobody."""
    cells = [item.plan for item in items if isinstance(item, CellItem)]
    plans = [plan for plan in cells if plan.skip is None]
    # all columns of a case ask the same beside them, but for their fallbacks and rivals
    cases = {id(plan.case): plan for plan in plans}.values()
    fallbacks = _once(spec for plan in plans for spec in plan.fallbacks)
    rivals = (spec for plan in plans for one in plan.rivals.values() for spec in one)
    by_cases = (spec for plan in cases for spec in plan.asked_beside())
    return AskedProviders(
        _once(plan.provider for plan in plans),
        _once((*fallbacks, *rivals, *by_cases)),
        fallbacks,
        tuple(providers_under_load(items)),
        any(uses_arena(item) for item in items),
    )


def _once(specs: Iterable[ProviderSpec]) -> Specs:
    return tuple({id(spec): spec for spec in specs}.values())
