"""The workflow of a case: the states of a pack with the case's variables and tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.agent_plans import AgentPlan, ToolPlan
from pytest_arena.loading.agents import check_runnable, refuse_chaos
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptpack.pack_prompts import PackPrompt
from pytest_arena.loading.packs import judged_turns, wants_block
from pytest_arena.loading.plans import CasePlan, every_assertion
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.targets import Workflow
from pytest_arena.loading.tools import DeclaredTools, Tools
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.workflow_plans import (
    ARTIFACT,
    CONTEXT,
    OF_ARTIFACTS,
    TRANSITION,
    StatePlan,
    WorkflowPlan,
    parts_of,
    slot,
)
from pytest_arena.prompts.templates import as_text
from pytest_arena.schema import ProviderSpec, ToolAnswer, ToolLimits, ToolSpec
from pytest_arena.schema.pack import WorkflowState

ToolsUnder = Callable[[PackPrompt], DeclaredTools | None]
_LEFT_TO_OTHERS = ("composition",)
"""Ways to run a state that an arena does not have."""


def with_workflow(
    plan: CasePlan,
    workflow: Workflow,
    case: YamlMap,
    tools_under: ToolsUnder,
    context: LoadContext,
    model: str | None = None,
) -> CasePlan:
    """Return a case that a workflow answers; `case` is the case as it is written, filled in.

    With `model`, the texts and params are those that the pack has for it.
    """
    owner = f"case {shorten(plan.name, 60)!r}"
    refuse_chaos(case, owner, context)
    _check_case(plan, owner, workflow, case, context)
    artifacts = {
        f"{OF_ARTIFACTS}{name}"
        for state in workflow.spec.states.values()
        for name in state.artifacts
    }
    known = {name: as_text(plan.variables.get(name)) for name in (CONTEXT, *sorted(artifacts))}
    variables = {**plan.variables, **{name: slot(name) for name in known}}
    builder = _StateBuilder(plan, workflow, case, tools_under, variables, context, model)
    states = {name: builder.state(name, state) for name, state in workflow.spec.states.items()}
    made = WorkflowPlan(
        workflow.name,
        workflow.target.start or workflow.spec.entry,
        states,
        workflow.spec.engine.budget,
        known,
    )
    offered = {
        name: tool.offered for state in states.values() for name, tool in state.agent.tools.items()
    }
    several = any(len(dialogue) > 1 for dialogue in plan.dialogues)
    evals = workflow.evals.of_last if several else workflow.evals.all
    if wants_block(plan.assertions, (*plan.guardrails, *made.guardrails)):
        evals = ()
    return replace(
        plan,
        workflow=made,
        tools=tuple(offered.values()),
        assertions=(*plan.assertions, *evals),
        dialogues=judged_turns(plan.dialogues, workflow.evals),
    )


def models_of(workflow: Workflow) -> list[str]:
    """Return the models for which a state's prompt is another one."""
    names = (name for prompt in workflow.prompts.values() for name in prompt.spec.model_overrides)
    return list(dict.fromkeys(names))


def check_workflow(case: CasePlan, columns: Iterable[ProviderSpec], context: LoadContext) -> None:
    """Refuse a workflow on an application, and assertions on states that it does not have."""
    if case.workflow is None:
        return
    line = Location(case.source, case.line, 1)
    for assertion in every_assertion(case):
        for name in assertion.named_states:
            if name not in case.workflow.states:
                context.problems.add(
                    f"unknown state {shorten(name)!r} in assertion {assertion.type!r} of case "
                    f"{shorten(case.name, 60)!r}",
                    assertion.place or line,
                    expected=one_of(name, case.workflow.states, ""),
                    fix=suggest(name, case.workflow.states) or "name one of these",
                )
    for spec in columns:
        if spec.system is not None and not spec.asks_nobody:
            context.problems.add(
                f"case {shorten(case.name, 60)!r} has a workflow as its target, and runs on "
                f"{shorten(spec.name)!r}, which is an application",
                line,
                expected="a model, which answers in each state",
                fix="name the models: providers: […] of the case",
            )


def _check_case(
    plan: CasePlan, owner: str, workflow: Workflow, case: YamlMap, context: LoadContext
) -> None:
    where = case.value_place("target") if "target" in case else case.place
    if plan.load is not None:
        context.problems.add(
            f"load {owner} has the target {shorten(workflow.name)!r}, which is a workflow",
            where,
            expected="load on a provider, whose calls are timed one by one",
            fix="name a target of type prompt, or make it a case without load",
        )
    start, states = workflow.target.start, workflow.spec.states
    if start is not None and start not in states:
        context.problems.add(
            f"target {shorten(workflow.name)!r} starts in an unknown state {shorten(start)!r}",
            workflow.written.value_place("start"),
            expected=one_of(start, states, ""),
            fix=suggest(start, states) or "name one of these",
        )


class _StateBuilder:
    """Builds the states of one case's workflow."""

    def __init__(
        self,
        plan: CasePlan,
        workflow: Workflow,
        case: YamlMap,
        tools_under: ToolsUnder,
        variables: Mapping[str, Any],
        context: LoadContext,
        model: str | None,
    ) -> None:
        self._plan = plan
        self._workflow = workflow
        self._case = case
        self._tools_under = tools_under
        self._variables = variables
        self._context = context
        self._model = model

    def state(self, name: str, state: WorkflowState) -> StatePlan:
        """Return a state that is ready to run; problems are added."""
        pack = self._workflow.prompts.get(name)
        cannot_run = ""
        if state.orchestration in _LEFT_TO_OTHERS or pack is None:
            cannot_run = f"state {name!r} is run by {state.orchestration}, which no arena does"
        text, params = "", {}
        if pack is not None and not cannot_run:
            override = pack.spec.model_overrides.get(self._model or "")
            place, problems = self._case.place, self._context.problems
            text = pack.text(self._variables, place, problems, override)
            said = {**pack.spec.parameters, **(override.parameters if override else {})}
            params = {key: value for key, value in said.items() if value is not None}
            if pack.spec.tool_policy.tool_choice == "required":
                params["tool_choice"] = "required"
        return StatePlan(
            name,
            parts_of(text),
            self._agent(name, state, pack),
            state.on_event if not state.is_final else {},
            params,
            pack.guardrails if pack is not None else (),
            state.is_final,
            state.persistence == "persistent",
            state.max_visits,
            state.on_max_visits,
            {key: one.mode == "append" for key, one in state.artifacts.items()},
            cannot_run,
        )

    def _agent(self, name: str, state: WorkflowState, pack: PackPrompt | None) -> AgentPlan:
        """Return with which tools the model works in a state, and how often it may be asked."""
        context, variables = self._context, self._plan.variables
        found: dict[str, ToolPlan] = {}
        policy = pack.spec.tool_policy if pack is not None else None
        declared = self._tools_under(pack) if pack is not None else None
        if policy is not None and policy.tool_choice == "none":
            declared = None  # none of its own; the workflow's stay, or no state were ever left
        if declared is not None and pack is not None and (pack.tools or "tools" in self._case):
            tools: Tools = declared.of_case(self._case, self._workflow.name, variables, context)
            runner = f"state {name!r} of the workflow {shorten(self._workflow.name)!r}"
            for tool in tools.values():
                check_runnable(tool, runner, variables, context)
            found |= tools
        if state.on_event and not state.terminal and state.orchestration != "external":
            found[TRANSITION] = self._transition(state)
        if state.artifacts:
            found[ARTIFACT] = self._artifact(state)
        rounds = policy.max_rounds if policy is not None else None
        most = self._workflow.target.max_llm_turns if rounds is None else rounds + 1
        limits = ToolLimits()
        if policy is not None and policy.max_tool_calls_per_turn is not None:
            limits = ToolLimits(tool_calls_per_turn=policy.max_tool_calls_per_turn)
        return AgentPlan(
            self._workflow.name,
            found,
            most,
            limits,
            most_named="max_llm_turns" if rounds is None else "max_rounds",
            fix="raise it, or tell the prompt of the state when it is done",
        )

    def _transition(self, state: WorkflowState) -> ToolPlan:
        events = sorted(state.on_event)
        about = {
            "event": {"type": "string", "enum": events, "description": "The event."},
            "context": {"type": "string", "description": "What the next state should know."},
        }
        says = "Go on to another state of the workflow by an event, once this one is done."
        gives = {"status": "transition_scheduled", "event": "{{ arguments.event }}"}
        return self._own_tool(TRANSITION, says, about, ["event"], gives)

    def _artifact(self, state: WorkflowState) -> ToolPlan:
        described = "; ".join(
            f"{name}: {one.description or one.type}" for name, one in state.artifacts.items()
        )
        about = {
            "name": {"type": "string", "enum": sorted(state.artifacts), "description": described},
            "value": {"type": "string", "description": "The text."},
        }
        says = "Keep a text for the states that follow."
        gives = {"status": "kept", "name": "{{ arguments.name }}"}
        return self._own_tool(ARTIFACT, says, about, ["name", "value"], gives)

    def _own_tool(
        self, name: str, says: str, about: dict[str, Any], required: list[str], gives: Any
    ) -> ToolPlan:
        parameters = {"type": "object", "properties": about, "required": required}
        function = {"name": name, "description": says, "parameters": parameters}
        spec = ToolSpec(description=says, parameters=parameters, mock=(ToolAnswer(result=gives),))
        place = self._workflow.written.place
        root = self._context.root
        offered = {"type": "function", "function": function}
        return ToolPlan(name, offered, spec, place, (root / place.file).parent, root)
