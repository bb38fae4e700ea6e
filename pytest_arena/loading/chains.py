"""The chain of a case: its steps with the case's variables, their tools, and whom they ask."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.loading.agents import check_runnable, refuse_chaos
from pytest_arena.loading.chain_plans import INPUT, ChainPlan, ChainStepPlan, FunctionPlan
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CasePlan, every_assertion
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.targets import Chain, Target
from pytest_arena.loading.templates import fill
from pytest_arena.loading.tools import DeclaredTools
from pytest_arena.loading.tree import YamlMap
from pytest_arena.references import UnresolvedError
from pytest_arena.results.content import files_in
from pytest_arena.schema import ChainStepSpec, ProviderSpec

_AS_TEMPLATE = re.compile(r"(?<!\\)\{\{\s*input\s*\}\}")
_TAKES = {
    1: "a function that takes a text, what came before",
    2: "a function that takes the step's number and its text, and maybe a mapping about it",
}
"""What functions of a chain take, by the least number of arguments that they are given."""
COLUMN = "$provider"
"""What stands for the column's model among `models:`."""


def with_chain(
    plan: CasePlan, chain: Chain, case: YamlMap, tools: DeclaredTools, context: LoadContext
) -> CasePlan:
    """Return a case that a chain answers; `case` is the case as it is written, filled in."""
    owner = f"case {shorten(plan.name, 60)!r}"
    refuse_chaos(case, owner, context)
    _check_case(plan, owner, chain, case, context)
    builder = _StepBuilder(plan, chain, case, tools, context)
    steps = tuple(builder.step(place) for place in range(len(chain.steps)))
    spec = chain.spec
    breakers = tuple(
        function
        for index, call in enumerate(spec.chainbreakers)
        if (function := builder.function(call, chain.breaker_place(index), least=2)) is not None
    )
    made = ChainPlan(chain.name, steps, breakers, spec.full_history, spec.store_steps)
    offered = {name: tool.offered for one in steps for name, tool in one.agent.tools.items()}
    return replace(plan, chain=made, tools=tuple(offered.values()))


def _why_not_called(function: Callable[..., Any], least: int) -> str | None:
    """Return why a function cannot be called as a chain does, with `least` arguments or, where it
    has more parameters than two, with three; None where it can."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # some of C have none that could be looked at
        return None
    takes_more = least > 1 and len(signature.parameters) > least
    try:
        signature.bind(*range(3 if takes_more else least))
    except TypeError as error:
        return f"{signature} cannot be called: {error}"
    return None


def check_chain(case: CasePlan, columns: Iterable[ProviderSpec], context: LoadContext) -> None:
    """Refuse a chain on an application, and assertions on steps that no chain has."""
    line = Location(case.source, case.line, 1)
    if case.chain is None and case.workflow is not None:
        _check_states(case, case.workflow.states, line, context)
        return
    if case.chain is None:
        for assertion in every_assertion(case):
            if assertion.chain_step is not None:
                context.problems.add(
                    f"assertion {assertion.type!r} of case {shorten(case.name, 60)!r} looks at a "
                    "step, and the case has no chain",
                    assertion.place or line,
                    expected="a target of type chain",
                    fix="name such a target, or remove the assertion",
                )
        return
    _check_steps(case, case.chain, line, context)
    for spec in columns:
        if spec.system is not None and not spec.asks_nobody:
            context.problems.add(
                f"case {shorten(case.name, 60)!r} has the target {shorten(case.chain.name)!r}, a "
                f"chain, and runs on {shorten(spec.name)!r}, which is an application",
                line,
                expected="a model, which the steps ask",
                fix="name the models: providers: […] of the case",
            )


def lost_inputs(targets: Mapping[str, Target]) -> Iterator[str]:
    """Yield a word on each step with a text that what came before never reaches, with its place,
    and on what of a file of PromptChain's does nothing here."""
    for target in targets.values():
        chain = target.chain
        if chain is None:
            continue
        if chain.left_out:
            listed = ", ".join(chain.left_out)
            yield f"{chain.place}: chain {chain.name!r} does nothing with {listed} of its file"
        for place, step in enumerate(chain.steps):
            if (
                step.text is not None
                and len(_parts(step.text, {})) == 1
                and not chain.spec.full_history
            ):
                lost = f"what step {place} gave" if place else "the case's prompt"
                yield (
                    f"{chain.step_place(place)}: step {place + 1} of the chain {chain.name!r} has "
                    f"no {INPUT}, so that {lost} never reaches the model"
                )


def _parts(text: str, variables: Mapping[str, Any]) -> list[str]:
    """Return the parts of a text between which stands what came before.

    Whoever is used to this format's templates writes `{{ input }}`.
    """
    meant = text if "input" in variables else _AS_TEMPLATE.sub(INPUT, text)
    return meant.split(INPUT)


def _check_case(
    plan: CasePlan, owner: str, chain: Chain, case: YamlMap, context: LoadContext
) -> None:
    if plan.load is not None:
        context.problems.add(
            f"load {owner} has the target {shorten(chain.name)!r}, which is a chain",
            case.value_place("target") if "target" in case else case.place,
            expected="load on a provider, whose calls are timed one by one",
            fix="name a target of type prompt, or make it a case without load",
        )
    turns = (turn for dialogue in plan.dialogues for turn in dialogue)
    if any(files_in(turn.user) for turn in turns):
        context.problems.add(
            f"{owner} sends a file, and its target {shorten(chain.name)!r} is a chain, whose steps "
            "are given texts",
            case.place,
            expected="a prompt that is a text",
            fix="name a target of type prompt or agent",
        )


def _check_states(
    case: CasePlan, states: Mapping[str, Any], line: Location, context: LoadContext
) -> None:
    """Refuse assertions on what a state gave that there is not; a number counts visits."""
    for assertion in every_assertion(case):
        wanted = assertion.chain_step
        if isinstance(wanted, str) and wanted not in states:
            context.problems.add(
                f"unknown step {shorten(wanted)!r} in assertion {assertion.type!r} of case "
                f"{shorten(case.name, 60)!r}",
                assertion.place or line,
                expected=one_of(wanted, states, ""),
                fix=suggest(wanted, states) or "name one of these",
            )


def _check_steps(case: CasePlan, chain: ChainPlan, line: Location, context: LoadContext) -> None:
    names = [step.name for step in chain.steps]
    own = [name for name in names if not name.isdigit()]
    for assertion in every_assertion(case):
        wanted = assertion.chain_step
        if wanted is None:
            continue
        place = assertion.place or line
        if not chain.store_steps:
            context.problems.add(
                f"assertion {assertion.type!r} looks at a step of the chain {chain.name!r}, whose "
                "steps are not kept",
                place,
                expected="store_steps: true",
                fix="remove store_steps: false of the target",
            )
        elif str(wanted) not in names and not (
            isinstance(wanted, int) and 0 < wanted <= len(names)
        ):
            context.problems.add(
                f"unknown step {shorten(str(wanted))!r} in assertion {assertion.type!r} of case "
                f"{shorten(case.name, 60)!r}",
                place,
                expected=", or ".join(
                    filter(None, (f"a number from 1 to {len(names)}", one_of(str(wanted), own, "")))
                ),
                fix=suggest(str(wanted), names) or "name one of these",
            )


class _StepBuilder:
    """Builds the steps of one case's chain."""

    def __init__(
        self,
        plan: CasePlan,
        chain: Chain,
        case: YamlMap,
        tools: DeclaredTools,
        context: LoadContext,
    ) -> None:
        self._plan = plan
        self._chain = chain
        self._case = case
        self._tools = tools
        self._context = context
        self._models = _models(chain, context)

    def step(self, place: int) -> ChainStepPlan:
        """Return a step that is ready to run; problems are added."""
        chain, context = self._chain, self._context
        spec = chain.steps[place]
        name = spec.name or str(place + 1)
        if spec.python is not None:
            at = chain.step_place(place, "python")
            function = self.function(spec.python, at, spec.timeout)
            return ChainStepPlan(name, "python", function=function)
        kind = "text" if spec.text is not None else "agentic"
        text = spec.text if spec.text is not None else spec.agentic or ""
        at = chain.step_place(place, kind)
        variables = self._plan.variables
        parts = [fill(part, variables, at, context.problems) for part in _parts(text, variables)]
        provider = self._models[place]
        if spec.model is not None:
            provider = _model(spec.model, chain.step_place(place, "model"), chain, context)
        agent = self._agent(place, spec)
        return ChainStepPlan(
            name,
            "text" if spec.text is not None else "agentic",
            tuple(parts),
            agent=agent,
            provider=provider,
        )

    def function(
        self, call: str, place: Location, timeout_s: float = 30.0, least: int = 1
    ) -> FunctionPlan | None:
        """Return a function of the user's; one that cannot be found, or not be called with so many
        arguments, is a problem."""
        context, codes = self._context, self._chain.codes
        folder = (context.root / place.file).parent
        if call not in codes:
            # imports the user's module, and is needed by chains alone
            from pytest_arena.loading.tool_functions import code_of, tool_function

            codes[call] = None
            try:
                found = code_of(call, context.root, folder)
                why = _why_not_called(tool_function(call, context.root, folder), least)
                if why is None:
                    codes[call] = found
                else:
                    context.problems.add(
                        f"chain {shorten(self._chain.name)!r}: {call}{why}",
                        place,
                        expected=_TAKES[least],
                        fix="give all other parameters a default",
                    )
            except UnresolvedError as error:
                context.problems.add(f"chain {shorten(self._chain.name)!r}: {error}", place)
        code = codes[call]
        if code is None:
            return None
        return FunctionPlan(call, context.root, folder, code, timeout_s)

    def _agent(self, place: int, spec: ChainStepSpec) -> AgentPlan:
        """Return with which tools the model of a step works, and how often it may be asked."""
        chain, context = self._chain, self._context
        written = chain.step_written(place) if spec.tools is not None else chain.written
        found = self._tools.of_case(
            self._case, self._chain.name, self._plan.variables, context, written
        )
        for tool in found.values():
            check_runnable(
                tool, f"the chain {shorten(chain.name)!r}", self._plan.variables, context
            )
        named = "tools" in self._case or spec.tools is not None or chain.spec.tools is not None
        servers = found.servers if named else {**context.servers, **found.servers}
        most, key = chain.spec.max_tool_rounds + 1, "max_tool_rounds"
        if spec.agentic is not None:
            most, key = spec.max_internal_steps, "max_internal_steps"
        fix = f"raise {key}, or tell the step when it is done"
        if spec.agentic is None and not found and not servers:
            most, key = 1, "no tools"
            fix = "name what it may call under tools: of the chain, or tell it that there are none"
        return AgentPlan(chain.name, found, most, servers=servers, most_named=key, fix=fix)


def _models(chain: Chain, context: LoadContext) -> list[ProviderSpec | None]:
    """Return who is asked at each step by `models:`, None for the column's model."""
    asking = [place for place, step in enumerate(chain.steps) if step.python is None]
    found: list[ProviderSpec | None] = [None] * len(chain.steps)
    written = chain.spec.models
    if written is None:
        return found
    names = (written,) * len(asking) if isinstance(written, str) else written
    if len(names) == 1:
        names = names * len(asking)
    place = chain.written.value_place("models")
    if len(names) != len(asking):
        context.problems.add(
            f"'models' of the chain {shorten(chain.name)!r} names {len(names)}, and {len(asking)} "
            "of its steps ask one",
            place,
            expected="one for all, or one for each step that has a text or an objective",
            fix=f"name 1 or {len(asking)}",
        )
        return found
    for step, name in zip(asking, names, strict=True):
        found[step] = _model(name, place, chain, context)
    return found


def _model(name: str, place: Location, chain: Chain, context: LoadContext) -> ProviderSpec | None:
    """Return an entry of `providers:` that a step asks; None for the column's model."""
    if name == COLUMN:
        return None
    found = context.providers.get(name)
    if found is None and not context.broken_providers:
        known = [COLUMN, *sorted(context.providers)]
        context.problems.add(
            f"unknown provider {shorten(name)!r} in the chain {shorten(chain.name)!r}",
            place,
            expected=one_of(name, known, "an entry of providers:"),
            fix=suggest(name, known) or "name one of these, or add it to providers:",
        )
    elif found is not None and (found.system is not None or found.asks_nobody):
        context.problems.add(
            f"the chain {shorten(chain.name)!r} asks {shorten(name)!r}, which is no model",
            place,
            expected="a model, or $provider for that of the column",
            fix="name a model",
        )
    return found
