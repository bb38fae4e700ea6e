"""Tools of MCP servers, beside those of a toolbox, as one conversation has them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pytest_arena.errors import ErrorKind, Location, ProviderError, shorten, suggest
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.mcp_servers.failures import ServerRefused, ServerUnusable
from pytest_arena.mcp_servers.listing import ListedTool
from pytest_arena.mcp_servers.server import McpServer, ServerHost
from pytest_arena.results.request_response import Tool
from pytest_arena.schema import McpServerSpec, ToolSpec
from pytest_arena.tools.arguments import argument_mismatch
from pytest_arena.tools.base import ToolContext, ToolEnvironment, ToolResult
from pytest_arena.tools.room import OutOfRoom
from pytest_arena.tools.toolbox import Toolbox

_SPELLED = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A name that every vendor takes."""
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class McpTool:
    """One tool of a server: how it is called in the file and in results, and what runs it."""

    plan: ToolPlan
    server: McpServer
    listed: ListedTool

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        """Call it at its server; one that dies or does not answer is the tool's error."""
        try:
            given = await self.server.call(
                self.listed,
                arguments,
                context.session,
                self.server.spec.timeout,
                traceparent=context.traceparent,
            )
        except (ServerRefused, ServerUnusable) as error:
            if isinstance(error, ServerUnusable) and error.no_files:
                raise OutOfRoom(self.plan.name, error) from error
            return ToolResult(error=str(error))
        if given.is_error:
            return ToolResult(error=given.text or "no reason given")
        return ToolResult(given.value)


class ConversationTools:
    """What an agent may call in one conversation: its toolbox, and its servers' tools of now.

    A server's tool has the name that the server gives it; where two sources have one of that name,
    or vendors do not take it, it is `<server>.<tool>`, and spelled otherwise for models.
    """

    def __init__(self, toolbox: Toolbox, session: str) -> None:
        self._toolbox = toolbox
        self._session = session
        self._tools: dict[str, McpTool] = {}
        self._names: dict[str, str] = {}

    async def offered(self) -> list[Tool]:
        """Return the servers' tools as models are told of them; those of the toolbox a case knows.

        A server that cannot be asked is a `ProviderError`: without its tools, nothing that the
        agent does can be judged.
        """
        servers = self._toolbox.servers
        if not servers:
            return []
        try:
            lists = await asyncio.gather(*(each.tools(self._session) for each in servers))
        except ServerRefused as error:
            raise ProviderError(
                ErrorKind.SYSTEM, f"an MCP server lists no tools: {error}"
            ) from None
        except ServerUnusable as error:
            raise ProviderError(error.kind, str(error)) from None
        every = [(s, one) for s, tools in zip(servers, lists, strict=True) for one in tools]
        self._tools, self._names = {}, {}
        for tool in self._named(every):
            self._tools[tool.plan.name] = tool
            for name in _spellings(tool):
                # what one tool is called by, no spelling of another takes from it
                self._names.setdefault(name, tool.plan.name)
        return [tool.plan.offered for tool in self._tools.values()]

    @property
    def sources(self) -> list[tuple[str, str]]:
        """The tools of now, each with the server that has it, which is empty for the toolbox's."""
        of_servers = [(one.server.spec.id, one.listed.name) for one in self._tools.values()]
        return [*(("", name) for name in self._toolbox.names), *of_servers]

    def hides(self, offered: Tool, names: Collection[str]) -> bool:
        """Return whether a tool as models are told of it is one of these, however it is spelled."""
        name = str(offered["function"]["name"])
        found = self._found(name)
        spelled = {name} if found is None else {found.listed.name, *_spellings(found)}
        return not spelled.isdisjoint(names)

    def plan(self, name: str) -> ToolPlan | None:
        """Return the plan of a tool, however its name is spelled; None of one that is not there."""
        found = self._found(name)
        return self._toolbox.plan(name) if found is None else found.plan

    async def refusal(self, name: str, arguments: Any) -> str | None:
        """Return why a call is not made at all: the tool is unknown, or its arguments do not fit
        its schema."""
        plan = self.plan(name)
        if plan is None:
            return _unknown(name, [*self._toolbox.names, *self._tools])
        # what checks them takes long to import, and a stranger's schema to go through
        return await asyncio.to_thread(argument_mismatch, arguments, plan.parameters)

    async def run(
        self, name: str, arguments: Mapping[str, Any], context: ToolContext
    ) -> ToolResult:
        """Run a tool; what goes wrong is the result's error."""
        found = self._found(name)
        if found is None:
            return await self._toolbox.run(name, arguments, context)
        if found.plan.spec.irreversible and self._toolbox.is_mocked:
            return ToolResult(error="not run: it is irreversible, and models are mocked")
        return await self._toolbox.fitting(
            found.plan.name,
            context,
            lambda: self._toolbox.room.run(lambda: found.run(arguments, context)),
        )

    async def close(self) -> None:
        """Let the servers go of what is this conversation's."""
        for server in self._toolbox.servers:
            await server.forget(self._session)

    def _found(self, name: str) -> McpTool | None:
        """Return a server's tool, None where the toolbox has one of that name, or nobody has."""
        if self._toolbox.plan(name) is not None:
            return None
        return self._tools.get(name) or self._tools.get(self._names.get(name, ""))

    def _named(self, every: list[tuple[McpServer, ListedTool]]) -> Iterator[McpTool]:
        own = Counter([*self._toolbox.names, *(tool.name for _, tool in every)])
        sent: set[str] = set(self._toolbox.names)
        for server, tool in every:
            name = tool.name if own[tool.name] == 1 else f"{server.spec.id}.{tool.name}"
            spelled = name if _SPELLED.fullmatch(name) else _spelled(server, tool)
            spelled = _free(spelled, sent)
            sent.add(spelled)
            yield McpTool(_plan(name, spelled, server, tool), server, tool)


def _unknown(name: str, names: list[str]) -> str:
    """Return what a model is told that calls a tool which there is not."""
    near = suggest(name, names) or f"there are {', '.join(names) or 'none'}"
    return f"there is no tool {name!r}; {near}"


def _spellings(tool: McpTool) -> Iterable[str]:
    """Return all names that a tool is called by: as it is offered, and as frameworks write it."""
    server, name = tool.server.spec.id, tool.listed.name
    return (
        str(tool.plan.offered["function"]["name"]),
        f"{server}.{name}",
        f"mcp__{server}__{name}",
        f"mcp_{server}_{name}",
        f"{server}__{name}",
    )


def _spelled(server: McpServer, tool: ListedTool) -> str:
    return _FOREIGN.sub("_", f"{server.spec.id}__{tool.name}")[:_LONGEST]


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _plan(name: str, spelled: str, server: McpServer, tool: ListedTool) -> ToolPlan:
    function = {
        "name": spelled,
        **({"description": tool.description} if tool.description else {}),
        "parameters": {"properties": {}, **tool.parameters},
    }
    spec = server.spec
    return ToolPlan(
        name,
        {"type": "function", "function": function},
        ToolSpec(
            irreversible=spec.is_irreversible(tool.name),
            cost_weight=spec.cost_weight(tool.name),
            timeout=spec.timeout,
        ),
        spec.place or Location(shorten(spec.id), 1, 1),
        spec.folder,
        spec.folder,
    )


def mcp_server(spec: McpServerSpec, environment: ToolEnvironment) -> McpServer:
    """Return a server that tools of these surroundings are called at."""
    outside, owner = environment.outside, f"MCP server {spec.id!r}"

    def fill(text: str) -> str:
        if environment.mocked and spec.url is not None:
            raise ProviderError(
                ErrorKind.CONFIGURATION,
                f"{owner} is reached over a network, which --arena-mock does not do\n"
                "  expected: a server that is a program\n"
                "  fix: run the case without --arena-mock, or write command: instead of url:",
            )
        return outside.filled(text, owner, spec.place)

    return McpServer(
        spec,
        ServerHost(
            fill=fill,
            variables=outside.variables,
            guard=outside.process_guard,
            note=lambda note: outside.add_note(f"mcp {spec.id}", note),
        ),
    )
