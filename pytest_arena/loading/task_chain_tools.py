"""The tools of a chain of tasks: what each task may call, by its `execute_config`."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_arena.errors import shorten, suggest
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.loading.agents import check_runnable
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CasePlan
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.targets import TaskChain
from pytest_arena.loading.task_chain_plans import CallPlan
from pytest_arena.loading.tools import DeclaredTools, Tools
from pytest_arena.loading.tree import YamlMap
from pytest_arena.schema import McpServerSpec
from pytest_arena.schema.task_chain import ChainTaskSpec

_ALL = "*"
_NOT = "!"


class ChainTools:
    """The tools and servers that a case lets its chain have, and who of its tasks may call them."""

    def __init__(
        self,
        plan: CasePlan,
        chain: TaskChain,
        case: YamlMap,
        tools: DeclaredTools,
        context: LoadContext,
    ) -> None:
        self._chain = chain
        self._context = context
        self._values = plan.variables
        found = tools.of_case(case, chain.name, plan.variables, context, chain.written)
        says_which = "tools" in case or chain.target.tools is not None
        self._servers = found.servers if says_which else {**context.servers, **found.servers}
        self._tools: Tools = found
        self._own = found if "tools" in case else Tools()
        """What the case itself offers, as a client would."""
        self.every = self._every()
        """All that some task may call."""

    def of_task(self, spec: ChainTaskSpec, written: YamlMap) -> tuple[AgentPlan, CallPlan | None]:
        """Return what a task offers or runs, and the tool that it calls itself."""
        if spec.handler in ("tools", "hook"):
            return self._call(spec, written)
        if spec.handler == "execute_tool_calls" and spec.execute_config.tools is None:
            return self.every, None
        return self._agent(*self._allowed(spec)), None

    def _every(self) -> AgentPlan:
        tools = Tools()
        servers: dict[str, McpServerSpec] = {}
        for index, spec in enumerate(self._chain.file.spec.tasks):
            some, of_servers = self._allowed(spec)
            tools.update(some)
            servers.update(of_servers)
            self._tell_unknown(index, spec)
        return self._agent(tools, servers)

    def _allowed(self, spec: ChainTaskSpec) -> tuple[Tools, Mapping[str, McpServerSpec]]:
        """Return the tools, and the servers, that a task's `execute_config` names."""
        patterns = spec.execute_config.tools or ()
        every = _ALL in patterns
        without = {one.removeprefix(_NOT) for one in patterns if one.startswith(_NOT)}
        wanted = set(patterns) - {_ALL}

        def may(name: str, group: str) -> bool:
            named = every or bool({name, group} & wanted)
            return named and not {name, group} & without

        tools = Tools()
        for name, tool in self._tools.items():
            if may(name, _group(name)) or (
                spec.execute_config.pass_clients_tools and name in self._own
            ):
                tools[name] = tool
        hidden = set(spec.execute_config.hide_tools)
        for name in hidden & tools.keys():
            del tools[name]
        servers = {name: one for name, one in self._servers.items() if may(name, name)}
        return tools, servers

    def _tell_unknown(self, index: int, spec: ChainTaskSpec) -> None:
        known = {*self._servers, *self._tools, *map(_group, self._tools)}
        named = [one for one in spec.execute_config.tools or () if one[:1] not in (_ALL, _NOT)]
        if missing := [one for one in named if one not in known]:
            written = self._chain.file.task_written(index)
            self._context.warn(
                written["execute_config"].value_place("tools"),
                f"task {spec.id!r} may call {', '.join(missing)}, and the arena has no tool and no "
                "MCP server of that name, so that its model is not offered any",
            )

    def _agent(self, tools: Tools, servers: Mapping[str, McpServerSpec]) -> AgentPlan:
        runner = f"the chain {shorten(self._chain.name)!r}"
        for tool in tools.values():
            check_runnable(tool, runner, self._values, self._context)
        return AgentPlan(self._chain.name, tools, servers=servers)

    def _call(self, spec: ChainTaskSpec, written: YamlMap) -> tuple[AgentPlan, CallPlan | None]:
        """Return the tool that a task calls itself, and what runs it."""
        call = spec.tools
        assert call is not None  # noqa: S101 - a file without it was refused
        name, tool = call.name, call.tool_name
        spellings = (f"{name}.{tool}", f"{name}__{tool}", f"{name}_{tool}", tool) if tool else ()
        for spelled in (*spellings, name):
            if spelled in self._tools:
                found = Tools()
                found[spelled] = self._tools[spelled]
                return self._agent(found, {}), CallPlan((spelled,), call.args)
        if name in self._servers:
            names = (f"{name}.{tool}", tool) if tool else (name,)
            servers = {name: self._servers[name]}
            return self._agent(Tools(), servers), CallPlan(names, call.args)
        known = [*self._tools, *self._servers]
        wanted = f"{name}.{tool}" if tool else name
        self._context.problems.add(
            f"task {shorten(spec.id)!r} of chain {self._chain.file.name} calls the tool "
            f"{shorten(wanted)!r}, which the arena does not have",
            written["tools"].value_place("name"),
            expected=one_of(wanted, known, "an entry of tools: or mcp_servers:"),
            fix=suggest(wanted, known) or f"add tools: {{{wanted}: {{mock: {{…}}}}}}",
        )
        return self._agent(Tools(), {}), None


def _group(name: str) -> str:
    """Return the provider of tools that a tool's name begins with: `git` of `git.status`."""
    for mark in (".", "__"):
        head, found, _ = name.partition(mark)
        if found and head:
            return head
    return name
