"""Guardrails that cannot fire: people are told of them, and no case is checked by them alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_arena.errors import ArenaError, Location, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CasePlan, CellPlan
from pytest_arena.results.content import text_in
from pytest_arena.schema import ArenaModel, Guardrail, ProviderSpec
from pytest_arena.schema.guardrail import Said

_OURS = "pytest_arena.guardrails"
_ON_RESULTS = ("tool_results", "all")


def check_guarded(cells: Iterable[CellPlan], context: LoadContext) -> None:
    """Refuse a case that nothing checks but guardrails, none of which can fire."""
    for plans in _by_case(cells):
        case = plans[0].case
        blocking = [rule for rule in case.guardrails if rule.on_violation == "block"]
        in_parts = case.workflow is not None or case.chain is not None
        if in_parts or not blocking or case.refused or _has_assertions(case):
            continue
        if all(_why_idle(rule, plan) for rule in blocking for plan in plans):
            context.problems.add(
                f"case {shorten(case.name)!r} checks nothing: none of its guardrails can fire",
                Location(case.source, case.line, 1),
                expected="an assertion with a weight, or a guardrail that an answer may break",
                fix="add assertions: [{type: contains, value: …}]",
            )


def idle_guardrails(cells: Iterable[CellPlan]) -> Iterator[str]:
    """Yield what to say of each guardrail that no answer of any case can break."""
    rules: dict[int, tuple[Guardrail, list[CellPlan]]] = {}
    for plans in _by_case(cells):
        for rule in plans[0].case.guardrails:
            rules.setdefault(id(rule), (rule, []))[1].extend(plans)
    for rule, plans in rules.values():
        # what looks at inputs alone may be there for those of other files
        if rule.place is None or (rule.direction == "input" and rule.look_at != "tool_results"):
            continue
        if all(_why_idle(rule, plan) for plan in plans):
            yield f"{rule.place}: {_why_idle(rule, plans[0])}"


def _by_case(cells: Iterable[CellPlan]) -> Iterable[list[CellPlan]]:
    found: dict[int, list[CellPlan]] = {}
    for plan in cells:
        found.setdefault(id(plan.case), []).append(plan)
    return found.values()


def _has_assertions(case: CasePlan) -> bool:
    turns = (turn for turns in case.dialogues for turn in turns)
    every = (*case.assertions, *(one for turn in turns for one in turn.assertions))
    return any(assertion.weight > 0 for assertion in every)


def _why_idle(rule: Guardrail, plan: CellPlan) -> str | None:
    """Return why a guardrail cannot fire in a cell; None where it may."""
    why = _idle_on_answers(rule, plan)
    return None if why is None or _may_fire_on_inputs(rule, plan.case) else why


def _idle_on_answers(rule: Guardrail, plan: CellPlan) -> str | None:
    sees_results = rule.look_at in _ON_RESULTS and _has_results(plan)
    if sees_results:
        # what tools give back has no greatest size
        return None
    if rule.look_at == "tool_results":
        return (
            f"no case has tools, so that this checks nothing: {rule.type} looks at what they give "
            "back (tool_results)"
        )
    if rule.direction == "input":
        return f"{rule.type} looks at what is sent, in which there is nothing for it to find"
    return rule.cannot_fire_within(max(one.most_bytes for one in _asked(plan)))


def _asked(plan: CellPlan) -> Sequence[ProviderSpec]:
    return (plan.provider, *plan.fallbacks)


def _has_results(plan: CellPlan) -> bool:
    """Return whether answers may tell what came of tool calls: an agent of ours does, and so may
    an application, a plug-in and the mock."""
    case = plan.case
    if case.works_in_steps or case.tools or case.has_servers:
        return True
    mocks = [case.mock, plan.mock_responses]
    for spec in _asked(plan):
        if spec.provider == "mock":
            mocks.append(getattr(spec.options, "responses", None))
        elif not spec.is_model_alone:
            return True
    return any(_tells_results(mock) for mock in mocks if mock is not None)


def _tells_results(mock: ArenaModel) -> bool:
    said = repr(mock.model_dump(exclude_unset=True))
    return "'result':" in said or "'error':" in said


def _may_fire_on_inputs(rule: Guardrail, case: CasePlan) -> bool:
    """Return whether a guardrail fires on what a case sends, all of which is known here, or may: an
    attack changes it, and what is not of ours may find something else each time."""
    if rule.direction == "output":
        return False
    is_known = type(rule).__module__.startswith(_OURS) and not rule.is_slow
    if not is_known or case.attack is not None:
        return True
    said = Said(case.system)
    try:
        return any(rule.find_in(text, said) is not None for text in _inputs(case))
    except ArenaError:
        # the run tells of it
        return True


def _inputs(case: CasePlan) -> Iterator[str]:
    """Yield what is sent in the user's name, as guardrails look at it; not what personas say."""
    for turns in case.dialogues:
        for turn in turns:
            yield from (text_in(one["content"]) for one in turn.before if one["role"] == "user")
            if turn.persona is None:
                yield text_in(turn.user)
