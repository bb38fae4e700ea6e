"""Which cells go by code of the project's own, and the state of that code: what an interrupted run
found of a cell holds only while the code is as it was."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.collection.code_state import state_of_files
from pytest_arena.loading.plans import Arena, CasePlan, CellPlan, every_assertion
from pytest_arena.results.cell import CODE

if TYPE_CHECKING:
    from pytest_arena.registry import Registry

_SYSTEMS = ("python", "exec")
_PACKAGE = __name__.partition(".")[0]


class OwnCode:
    """The code of a project, of which some cells are answered or judged by a part."""

    def __init__(self, root: Path, registry: Registry) -> None:
        self._root = root
        self._registry = registry

    @cached_property
    def state(self) -> str:
        """The hash of the project's own code; it is read when the first cell goes by it."""
        return state_of_files(self._root)

    def marked(self, arena: Arena) -> Arena:
        """Return an arena whose cells that go by code of the project's own tell its state."""
        by_case: dict[int, bool] = {}
        by_provider: dict[int, bool] = {}

        def goes_by_code(plan: CellPlan) -> bool:
            case, provider = plan.case, plan.provider
            if id(case) not in by_case:
                by_case[id(case)] = self._in_case(case)
            if id(provider) not in by_provider:
                by_provider[id(provider)] = self.answers(provider.provider)
            return by_case[id(case)] or by_provider[id(provider)]

        marked = [goes_by_code(plan) for plan in arena.cells]
        if not any(marked):
            return arena
        cells = (
            replace(plan, hashes={**plan.hashes, CODE: self.state}) if is_marked else plan
            for plan, is_marked in zip(arena.cells, marked, strict=True)
        )
        return replace(arena, cells=tuple(cells))

    def _in_case(self, case: CasePlan) -> bool:
        """Return whether code of the project's own may work at a case, or judges it."""
        if case.works_in_steps or case.offer is not None or any(case.personas):
            # their tools and steps may be functions
            return True
        if case.transform is not None and case.transform.python is not None:
            return True
        if any(_is_own(type(rule).__module__) for rule in case.guardrails):
            return True
        return any(
            assertion.type == "python"
            or _is_own(type(assertion).__module__)
            or (assertion.transform is not None and assertion.transform.python is not None)
            for assertion in every_assertion(case)
        )

    def answers(self, provider: str) -> bool:
        """Return whether code of the project's own stands behind a provider, by its name."""
        if provider in _SYSTEMS:
            return True
        module = self._registry.providers.module_of(provider)
        return module is not None and _is_own(module)


def _is_own(module: str) -> bool:
    """Return whether a module is no part of this package."""
    return module.partition(".")[0] != _PACKAGE
