"""Assertions that no answer can break, of which people are told: they check nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import Literal

from pytest_arena.loading.plans import CasePlan, CellPlan, every_assertion
from pytest_arena.results.trial import GuardrailEvent
from pytest_arena.schema import Guardrail

Way = Literal["input", "output"]


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
            why = why or assertion.cannot_fail_under(_possible_events(case))
            if why is None:
                continue
            told = f"{assertion.place}: {why}"
            if told not in said:
                said.add(told)
                yield told


def _possible_events(case: CasePlan) -> Iterator[GuardrailEvent]:
    """Yield all that can be blocked or replaced in a case: by its guardrails, and by a provider's
    own filter, which is kept as a block where something asks for it."""
    of_states = case.workflow.guardrails if case.workflow is not None else ()
    for rule in (*case.guardrails, *of_states):
        if rule.on_violation != "flag":
            yield from (GuardrailEvent(rule.type, way, "block", "") for way in _ways(rule))
    ways: tuple[Way, ...] = ("input", "output")
    for way in ways:
        filtered = GuardrailEvent("content_filter", way, "block", "")
        asked = any(one.expects_block(filtered) for one in every_assertion(case))
        if asked or case.attack is not None:
            yield filtered


def _ways(rule: Guardrail) -> Iterator[Way]:
    if rule.direction != "output":
        yield "input"
    # what tools gave back is looked at in every direction
    if rule.direction != "input" or rule.look_at in ("tool_results", "all"):
        yield "output"


def _longest_s(plan: CellPlan) -> float:
    """Return how long the slowest answer of a cell may take."""
    case = plan.case
    if case.timeout_s is not None:
        return case.timeout_s
    if case.chain is not None or case.workflow is not None:
        # its steps may ask models of their own
        return inf
    return max(spec.longest_s for spec in (plan.provider, *plan.fallbacks))
