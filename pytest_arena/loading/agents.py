"""The agent of a case: with which tools it works, and whether they and its columns can be run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.agent_plans import AgentPlan, OfferPlan, ToolPlan
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CasePlan
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.targets import Agent
from pytest_arena.loading.templates import FILLED_WHEN_CALLED
from pytest_arena.loading.tools import DeclaredTools, Tools
from pytest_arena.loading.tree import YamlMap
from pytest_arena.prompts import TemplateError, fill_template
from pytest_arena.prompts.templates import EveryKey
from pytest_arena.schema import ChaosSpec, ProviderSpec
from pytest_arena.text.nested_texts import texts_in
from pytest_arena.text.tool_names import means_tool


def with_tools(
    plan: CasePlan,
    agent: Agent | None,
    case: YamlMap,
    tools: DeclaredTools,
    chaos: tuple[ChaosSpec, ...],
    context: LoadContext,
) -> CasePlan:
    """Return a case with the tools that it offers, and the agent that calls them, and has a mission
    perhaps.

    `case` is the case as it is written, filled in; `chaos` is what case and variant plant.
    """
    owner = f"case {shorten(plan.name, 60)!r}"
    if agent is None:
        found = tools.of_case(case, owner, plan.variables, context)
    else:
        found = tools_of(agent, case, owner, plan.variables, tools, context)
    offered = tuple(tool.offered for tool in found.values())
    if offered or plan.tools:
        plan = replace(plan, tools=offered)
    if agent is None:
        refuse_chaos(case, owner, context)
        return replace(plan, offer=OfferPlan(found, found.servers)) if found.servers else plan
    if plan.load is not None:
        context.problems.add(
            f"load {owner} has the target {shorten(agent.name)!r}, which is an agent",
            case.value_place("target") if "target" in case else case.place,
            expected="load on a provider, whose calls are timed one by one",
            fix="name a target of type prompt, or make it a case without load",
        )
    made = agent_plan(agent, found, plan.variables, context, case=case, chaos=chaos)
    plan = replace(plan, agent=made)
    if agent.manifest is None or agent.manifest.mission is None:
        return plan
    from pytest_arena.loading.manifest_mission import with_mission

    return with_mission(plan, agent.manifest.mission, context)


def tools_of(
    agent: Agent,
    case: YamlMap,
    owner: str,
    variables: Mapping[str, Any],
    declared: DeclaredTools,
    context: LoadContext,
) -> Tools:
    """Return what an agent may call: what the case says, else what it says itself, else the tools
    of the file."""
    manifest = agent.manifest
    if manifest is None:
        return declared.of_case(case, owner, variables, context, agent.written)
    known = {**context.servers, **manifest.servers}
    found = declared.of_case(case, owner, variables, context, agent.written, known)
    return found.changed(manifest.costing)


def agent_plan(
    agent: Agent,
    tools: Tools,
    variables: Mapping[str, Any],
    context: LoadContext,
    *,
    case: YamlMap | None = None,
    chaos: tuple[ChaosSpec, ...] = (),
) -> AgentPlan:
    """Return an agent that works with these tools; `case` is the case whose own `chaos` is
    planted, too."""
    spec = agent.spec
    for tool in tools.values():
        runner = f"the agent {shorten(agent.name)!r}"
        check_runnable(tool, runner, variables, context, spec.secrets)
    says_which = (case is not None and "tools" in case) or spec.tools is not None
    every = context.servers if agent.manifest is None else agent.manifest.servers
    servers = tools.servers if says_which else {**every, **tools.servers}
    faults = (*chaos, *spec.chaos)
    written = case if case is not None and "chaos" in case else agent.written
    for fault in faults if not servers else ():
        _check_fault(fault, tools, written, context)
    return AgentPlan(
        agent.name,
        tools,
        spec.max_llm_turns,
        spec.limits,
        faults,
        servers,
        spec.health,
        spec.secrets,
    )


def check_agent(case: CasePlan, columns: Iterable[ProviderSpec], context: LoadContext) -> None:
    """Refuse an agent on an application, which is one itself."""
    if case.agent is None:
        return
    for spec in columns:
        if spec.system is not None and not spec.asks_nobody:
            context.problems.add(
                f"case {shorten(case.name, 60)!r} has the target {shorten(case.agent.name)!r}, an "
                f"agent, and runs on {shorten(spec.name)!r}, which is an application",
                Location(case.source, case.line, 1),
                expected="a model, which the agent works on; an application has its own loop",
                fix="name the models: providers: […] of the case",
            )


def refuse_chaos(case: YamlMap, owner: str, context: LoadContext) -> None:
    """Refuse faults in a case that has no agent."""
    if case.get("chaos"):
        context.problems.add(
            f"'chaos' is planted in {owner}, which has no agent",
            case.key_place("chaos"),
            expected="a target of type agent, whose tools are run",
            fix="name such a target, or remove 'chaos'",
        )


def _check_fault(
    fault: ChaosSpec, tools: Mapping[str, ToolPlan], written: YamlMap, context: LoadContext
) -> None:
    if fault.tool != "*" and not any(means_tool(fault.tool, name) for name in tools):
        context.problems.add(
            f"'chaos' names an unknown tool {shorten(fault.tool)!r}",
            written.key_place("chaos"),
            expected=one_of(fault.tool, ["*", *sorted(tools)], "a tool of the agent"),
            fix=suggest(fault.tool, tools) or "name one of these",
        )


def check_runnable(
    tool: ToolPlan,
    runner: str,
    variables: Mapping[str, Any],
    context: LoadContext,
    secrets: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Refuse a tool that does not say how it is run, or that wants what nobody gives it."""
    _check_templates(tool, secrets, variables, context)
    if not tool.can_run:
        context.problems.add(
            f"tool {shorten(tool.name)!r} says nothing of how {runner} runs it",
            tool.place,
            expected="mock: what it gives, python: module:function, exec: {command: […]}, or "
            "http: {url: …}",
            fix=f"add mock: …, or leave the tool out of tools: of {runner}",
        )


def _check_templates(
    tool: ToolPlan, secrets: Mapping[str, str], variables: Mapping[str, Any], context: LoadContext
) -> None:
    """Refuse a name in what is filled in when a tool is called that nothing gives then."""
    known = {"arguments": EveryKey(), "call": 1, "secrets": secrets, **variables}
    said = tool.spec.model_dump(include=set(FILLED_WHEN_CALLED))
    for key, value in said.items():
        for text in texts_in(value):
            try:
                fill_template(text, known)
            except TemplateError as error:
                context.problems.add(
                    f"{key!r} of tool {shorten(tool.name)!r}: {error.what}",
                    tool.place,
                    expected=error.expected,
                    fix=error.fix,
                )
