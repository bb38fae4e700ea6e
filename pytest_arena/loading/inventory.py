"""What an arena file has for its cases to exercise: prompts, tools, steps, states, variables.

The names are those by which `comparison.coverage` finds in the cells' trials what was exercised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CasePlan, CellPlan
from pytest_arena.loading.targets import Prompt, Target, Template
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.loading.workflow_plans import ARTIFACT, TRANSITION
from pytest_arena.prompts.templates import as_text, names_in
from pytest_arena.results.cell import LONGEST_VARIABLE
from pytest_arena.results.exercised import Kind, step_name, transition_name, value_name
from pytest_arena.results.request_response import tool_name
from pytest_arena.schema import TEST_GROUPS

_OF_WORKFLOWS = (TRANSITION, ARTIFACT)
"""The tools by which models move a workflow on: its transitions are what there is to take."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there is to exercise in a file, by kind, and how many cells each column has for that."""

    columns: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return it as plain values, kinds that the file has nothing of left out."""
        cells = {"cells": sum(self.columns.values()), "columns": dict(self.columns)}
        return {**cells, **{kind: list(names) for kind, names in self.named.items()}}


def inventory_of(
    tree: YamlMap,
    prompts: Mapping[str, Prompt],
    targets: Mapping[str, Target],
    varied_by_columns: Iterable[str],
    declared_tools: Iterable[str],
    cells: tuple[CellPlan, ...],
) -> Inventory:
    """Return what a file's cells can exercise.

    Variables that variants change (`varied_by_columns`) are compared in columns, and no matter of
    cases. A file that asks applications alone offers its `declared_tools` to nobody.
    """
    working = {id(cell.case): cell.case for cell in cells if cell.case.works_in_steps}.values()
    models = any(cell.provider.system is None for cell in cells)
    found: dict[Kind, Iterable[str]] = {
        "prompts": prompts,
        "tools": [
            *(declared_tools if models else ()),
            *_tools(cells),
            *(name for case in working for name in _tools_of_targets(case)),
        ],
        "steps": (name for case in working for name in _steps(case)),
        "states": (name for case in working for name in _states(case)),
        "transitions": (name for case in working for name in _transitions(case)),
        "variables": _variables(tree, prompts, targets, set(varied_by_columns)),
        "values": _matrix_values(tree),
    }
    unique = {
        kind: tuple(name for name in dict.fromkeys(names) if name not in _OF_WORKFLOWS)
        for kind, names in found.items()
    }
    columns = Counter(cell.column for cell in cells)
    return Inventory(columns, {kind: names for kind, names in unique.items() if names})


def _tools(cells: Iterable[CellPlan]) -> Iterator[str]:
    """Give the tools that models are offered; those of MCP servers are known when they are asked
    only."""
    offered: dict[int, Any] = {}
    for cell in cells:
        if cell.provider.system is None:
            of_case, of_model = cell.case.params.get("tools"), cell.provider.params.get("tools")
            for offer in (cell.case.tools, of_case, of_model):
                if isinstance(offer, (list, tuple)):
                    # many cases share them
                    offered.update(zip(map(id, offer), offer, strict=True))
    yield from filter(None, map(tool_name, offered.values()))


def _tools_of_targets(case: CasePlan) -> Iterator[str]:
    if case.agent is not None:
        yield from case.agent.tools
    for step in case.chain.steps if case.chain is not None else ():
        yield from step.agent.tools
    for state in case.workflow.states.values() if case.workflow is not None else ():
        yield from state.agent.tools


def _steps(case: CasePlan) -> Iterator[str]:
    if case.chain is not None:
        yield from (step_name(case.chain.name, step.name) for step in case.chain.steps)


def _states(case: CasePlan) -> Iterator[str]:
    if case.workflow is not None:
        yield from (step_name(case.workflow.name, name) for name in case.workflow.states)


def _transitions(case: CasePlan) -> Iterator[str]:
    if case.workflow is None:
        return
    for state in case.workflow.states.values():
        for event, target in state.transitions:
            yield transition_name(case.workflow.name, state.name, event, target)


def _variables(
    tree: YamlMap, prompts: Mapping[str, Prompt], targets: Mapping[str, Target], taken: set[str]
) -> Iterator[str]:
    """Give the file's variables that its prompts name, so that a case can change what they say."""
    written = tree.get("variables")
    known = plain(written) if isinstance(written, YamlMap) else {}
    around = [*prompts.values(), *(target.prompt for target in targets.values())]
    for prompt in around:
        for template in (prompt.system, prompt.user):
            named = names_in(template.text, known) if isinstance(template, Template) else []
            yield from (name for name in named if name in known and name not in taken)
        for variable in prompt.pack.spec.variables if prompt.pack is not None else ():
            if variable.name not in taken:
                yield variable.name


def _matrix_values(tree: YamlMap) -> Iterator[str]:
    """Give the values of matrices that are written as they are."""
    for group in ("tests", *TEST_GROUPS):
        cases = tree.get(group)
        for case in cases if isinstance(cases, YamlList) else ():
            matrix = case.get("matrix") if isinstance(case, YamlMap) else None
            for name, values in matrix.items() if isinstance(matrix, YamlMap) else ():
                for value in plain(values) if isinstance(values, YamlList) else ():
                    text = as_text(value)
                    if "{{" not in text:
                        yield value_name(str(name), shorten(text, LONGEST_VARIABLE))
