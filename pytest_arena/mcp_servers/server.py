"""A server of a file: its connections, and what can be asked of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_arena.errors import Problem, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.mcp_servers import package
from pytest_arena.mcp_servers.failures import ServerUnusable
from pytest_arena.mcp_servers.given import Given, of_prompt, of_resource, of_tool
from pytest_arena.mcp_servers.listing import ListedTool, list_tools
from pytest_arena.running.process_guard import ProcessGuard
from pytest_arena.running.runnable import names_a_path
from pytest_arena.schema.mcp import McpServerSpec

if TYPE_CHECKING:
    from mcp import Client

    from pytest_arena.mcp_servers.connection import Connection
    from pytest_arena.mcp_servers.http import HttpTransport
    from pytest_arena.mcp_servers.stdio import StdioTransport

T = TypeVar("T")
_INHERITED = (
    *("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "TMPDIR", "TZ"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "PYTHONPATH", "VIRTUAL_ENV"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    # without these no program of Windows starts, or none finds its own files
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP"),
    *("USERNAME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA"),
    *("PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROCESSOR_ARCHITECTURE"),
)
"""What a server has of the run's environment: nothing that holds a key."""
_MOST_FAILED_STARTS = 2
"""In a row, of a program: it fails in the same way again, and each start takes its time."""


@dataclass(frozen=True, slots=True)
class ServerHost:
    """What a run has for the servers that it starts: its environment, a guard, a place for notes.

    `fill` puts environment variables in the place of `${NAME}`.
    """

    fill: Callable[[str], str]
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    guard: ProcessGuard = field(default_factory=ProcessGuard, repr=False)
    note: Callable[[str], None] = lambda _note: None


class McpServer:
    """One server in one process; lives on the event loop.

    It is started, or reached, when it is first asked, and again where it has ended. By its
    `scope`, all trials share a connection, or each `session` has one of its own, which is closed
    when `forget` is told of it.
    """

    def __init__(self, spec: McpServerSpec, host: ServerHost) -> None:
        self.spec = spec
        self._host = host
        self.name = f"MCP server {spec.id!r}" if spec.id else f"the MCP server {_target(spec)}"
        self._links: dict[str, _Link] = {}
        self._failed: list[ServerUnusable] = []
        self._leaving: set[asyncio.Task[None]] = set()

    async def ready(self, session: str) -> None:
        """Start or reach the server where that has not been done; a failure is a
        `ServerUnusable`."""
        await self._connected(session)

    async def tools(self, session: str) -> tuple[ListedTool, ...]:
        """Return the tools that the server has now, and that the file lets be used.

        Asked once in a connection, and each time of a server that says its list may change.
        """
        link, connection = await self._connected(session)
        if link.tools is not None and not link.tools_change:
            return link.tools
        changes, tools = await connection.ask(self._list_tools, self.spec.startup_timeout)
        link.tools_change, link.tools = changes, tools
        return tools

    async def call(
        self,
        tool: ListedTool,
        arguments: Mapping[str, Any],
        session: str,
        limit_s: float,
        *,
        traceparent: str = "",
    ) -> Given:
        """Call a tool and return what it gave, which is an error where the tool says so, or where
        its structured content is not as its own schema says.

        Raises `ServerRefused`, `ServerUnusable` or `NoAnswerInTime`.
        """

        async def ask(client: Client) -> Given:
            return of_tool(await _called(client, tool.name, dict(arguments), traceparent))

        given = await self._ask(ask, session, limit_s)
        if given.is_error or tool.output_schema is None:
            return given
        misfit = await asyncio.to_thread(tool.misfit, given.structured)
        if misfit is None:
            return given
        return Given(f"{tool.name} breaks its word: {misfit}", is_error=True)

    async def resource(self, uri: str, session: str, limit_s: float) -> Given:
        """Read a resource."""

        async def ask(client: Client) -> Given:
            return of_resource(await client.read_resource(uri))

        return await self._ask(ask, session, limit_s)

    async def prompt(
        self, name: str, arguments: Mapping[str, str], session: str, limit_s: float
    ) -> Given:
        """Get a prompt, filled in with its arguments."""

        async def ask(client: Client) -> Given:
            return of_prompt(await client.get_prompt(name, dict(arguments)))

        return await self._ask(ask, session, limit_s)

    async def forget(self, session: str) -> None:
        """Close the connection of a session that has ended, while others go on."""
        if self.spec.scope == "trial" and (link := self._links.pop(session, None)):
            closing = asyncio.create_task(link.close())
            self._leaving.add(closing)
            closing.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Close all connections, and wait until nothing of the server is left."""
        links = list(self._links.values())
        self._links.clear()
        await asyncio.gather(*(link.close() for link in links), *self._leaving)

    async def _ask(
        self, question: Callable[[Client], Awaitable[T]], session: str, limit_s: float
    ) -> T:
        _, connection = await self._connected(session)
        return await connection.ask(question, limit_s)

    async def _connected(self, session: str) -> tuple[_Link, Connection]:
        key = session if self.spec.scope == "trial" else ""
        link = self._links.setdefault(key, _Link())
        async with link.opening:
            if link.connection is None or not link.connection.is_usable:
                await link.close()
                link.connection = await self._opened()
            return link, link.connection

    async def _opened(self) -> Connection:
        if len(self._failed) >= _MOST_FAILED_STARTS:
            raise self._failed[-1]
        problem = why_not(self.spec, self._host.variables)
        if problem is not None:
            raise ServerUnusable(f"{self.name} cannot be started: {problem}")
        await package.loaded()
        from pytest_arena.mcp_servers.connection import Connection

        connection = Connection(self.name, self._transport())
        try:
            await connection.open(self.spec.startup_timeout)
        except ServerUnusable as error:
            if not error.may_pass:
                self._failed.append(error)
            raise
        self._failed.clear()
        return connection

    def _transport(self) -> StdioTransport | HttpTransport:
        spec, fill = self.spec, self._host.fill
        if spec.url is not None:
            from pytest_arena.mcp_servers.http import HttpTransport

            headers = {name: fill(text) for name, text in spec.headers.items()}
            return HttpTransport(fill(spec.url), headers)
        from pytest_arena.mcp_servers.stdio import Launch, StdioTransport

        launch = Launch(
            command=(spec.argv[0], *map(fill, spec.argv[1:])),
            folder=spec.folder / (spec.cwd or ""),
            environment=self._environment(),
        )
        return StdioTransport(
            launch, self._host.guard, lambda note: self._host.note(f"{self.name} {note}")
        )

    def _environment(self) -> dict[str, str]:
        variables = self._host.variables
        kept = {name: variables[name] for name in _INHERITED if name in variables}
        own = {name: self._host.fill(text) for name, text in self.spec.env.items()}
        return {**kept, "PATH": search_path(variables), **own}

    async def _list_tools(self, client: Client) -> tuple[bool, tuple[ListedTool, ...]]:
        capability = client.server_capabilities.tools
        changes = bool(capability and capability.list_changed)
        return changes, await list_tools(client, self.spec.offers)


@dataclass(slots=True)
class _Link:
    """The connection of one session, or of all, and what was heard over it."""

    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    connection: Connection | None = None
    tools: tuple[ListedTool, ...] | None = None
    tools_change: bool = False
    """Whether the server says that its list of tools may change."""

    async def close(self) -> None:
        connection, self.connection, self.tools = self.connection, None, None
        if connection is not None:
            await connection.close()


def why_not(spec: McpServerSpec, variables: Mapping[str, str]) -> Problem | None:
    """Say why a server cannot be asked, as far as that can be seen without starting it."""
    if (fault := package.fault()) is not None:
        return Problem(fault, expected="the extra mcp", fix=package.EXTRA)
    if not spec.argv:
        return None
    program = spec.argv[0]
    folder = spec.folder / (spec.cwd or "")
    if names_a_path(program):
        found = shutil.which(folder / program)
    else:
        found = shutil.which(program, path=search_path(variables))
    if found is not None:
        return None if folder.is_dir() else Problem(f"there is no folder {spec.cwd!r}")
    fix = "correct command, or install it"
    if " " in program and isinstance(spec.command, str):
        name, *rest = program.split()
        fix = f"write it like command: [{', '.join([name, *rest])}]"
    return Problem(
        f"there is no program {shorten(program)!r}",
        expected="a program that can be run, its path from the arena file's folder, or its name",
        fix=fix,
    )


def search_path(variables: Mapping[str, str]) -> str:
    """Return where a server's program is looked for: beside the Python that runs, as if its
    environment were activated, and then on the PATH."""
    own = str(Path(sys.executable).parent)
    return os.pathsep.join(filter(None, (own, variables.get("PATH", os.defpath))))


async def _called(client: Client, name: str, arguments: dict[str, Any], traceparent: str) -> Any:
    """Call a tool without holding its result against its schema: the package's own way to do that
    has no time limit for a hostile pattern."""
    from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult

    meta: Any = {"traceparent": traceparent} if traceparent else None
    params = CallToolRequestParams(name=name, arguments=arguments, _meta=meta)
    return await client.session.send_request(CallToolRequest(params=params), CallToolResult)


def _target(spec: McpServerSpec) -> str:
    return spec.argv[0] if spec.argv else "at a URL"
