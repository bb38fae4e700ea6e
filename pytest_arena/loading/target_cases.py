"""The targets of a file for what Python code asks, which is no case of the file."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_arena.errors import Location
from pytest_arena.loading.agents import check_agent, with_tools
from pytest_arena.loading.chains import check_chain, with_chain
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.conversations import said_under
from pytest_arena.loading.plans import CasePlan
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.targets import find_target
from pytest_arena.loading.tool_checks import check_tools
from pytest_arena.loading.tree import YamlMap, pack_mark
from pytest_arena.schema import ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.loading.cases import CaseSettings


class TargetCases:
    """What makes a question of Python code one that is put to a target of a file."""

    def __init__(self, settings: CaseSettings, context: LoadContext) -> None:
        self._settings = settings
        self._context = context
        self._made: dict[tuple[str, str, str], CasePlan] = {}
        """What has been asked, by target, variables and the model that a workflow has texts of its
        own for: its tools are started once."""

    def under(
        self, target: str, asked: CasePlan, column: ProviderSpec, place: Location
    ) -> CasePlan:
        """Return what is asked at a place as a target puts it, and as its agent or chain works at
        it.

        Raises `ArenaFileError` where there is no such target, it wants a variable that nobody
        gives, or it is none for the column.
        """
        context = replace(self._context, problems=ProblemList(), files=[place.file], warnings=[])
        found = find_target(target, self._settings.targets, place, context)
        context.problems.raise_if_any()
        prompt, variables = found.prompt, asked.variables
        system = asked.system
        if system is None and prompt.system is not None:
            system = prompt.system.filled(variables, context)
        dialogues = tuple(
            tuple(
                replace(turn, user=said_under(prompt, turn.user, variables, context))
                for turn in dialogue
            )
            for dialogue in asked.dialogues
        )
        plan = replace(asked, system=system, dialogues=dialogues)
        nothing = YamlMap([place.file], pack_mark(0, place.line, place.column))
        tools = self._settings.tools_under(prompt.pack, context)
        agent = found.agent
        if agent is not None and prompt.pack is not None:
            from pytest_arena.loading.packs import agent_under

            agent = agent_under(agent, prompt.pack)
        model: str | None = None
        if found.workflow is not None:
            from pytest_arena.loading.packs import model_entry
            from pytest_arena.loading.workflows import check_workflow, models_of, with_workflow

            names = {name: name for name in models_of(found.workflow)}
            tools_under = partial(self._settings.tools_under, context=context)
            model = model_entry(names, column)
            plan = with_workflow(plan, found.workflow, nothing, tools_under, context, model)
            check_workflow(plan, [column], context)
        elif tools is not None and found.chain is not None:
            plan = with_chain(plan, found.chain, nothing, tools, context)
        elif tools is not None and found.task_chain is not None:
            from pytest_arena.loading.task_chains import with_task_chain

            plan = with_task_chain(plan, found.task_chain, nothing, tools, context)
        elif tools is not None:
            plan = with_tools(plan, agent, nothing, tools, (), context)
        if prompt.pack is not None:
            from pytest_arena.loading.packs import model_entry, with_pack

            override = model_entry(prompt.pack.spec.model_overrides, column)
            has_system = asked.system is not None
            plan = with_pack(
                plan, prompt.pack, place, context, has_own_system=has_system, override=override
            )
        for check in (check_tools, check_agent, check_chain):
            check(plan, [column], context)
        context.problems.raise_if_any()
        known = self._made.setdefault((target, repr(variables), model or ""), plan)
        return replace(
            plan,
            # a mission is for the test to look at
            assertions=asked.assertions,
            tools=known.tools,
            agent=known.agent,
            chain=known.chain,
            workflow=known.workflow,
            offer=known.offer,
        )
