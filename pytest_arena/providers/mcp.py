"""An MCP server as a column: one call of a tool, a resource or a prompt for each turn, no model."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any, Literal, TypeVar

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import ErrorKind, Problem, ProviderError, shorten, suggest
from pytest_arena.mcp_servers import package
from pytest_arena.mcp_servers.failures import ServerRefused, ServerUnusable
from pytest_arena.mcp_servers.given import Given
from pytest_arena.mcp_servers.listing import ListedTool
from pytest_arena.mcp_servers.server import McpServer, ServerHost, why_not
from pytest_arena.prompts.templates import as_text, fill_template, names_in, render_text
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.systems.answers import system_failure
from pytest_arena.providers.systems.offered import checked_template, offered, template_failure
from pytest_arena.real_time import real_time
from pytest_arena.results.request_response import Request, Response, ToolCall
from pytest_arena.running.program import OPEN_FILES
from pytest_arena.running.user_code import in_thread
from pytest_arena.schema.mcp import McpColumnOptions, McpServerSpec
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.text.nested_texts import filled_in, texts_in

T = TypeVar("T")
_KINDS = ("tool", "resource", "prompt")


class McpOptions(McpColumnOptions):
    """The keys of an `mcp` provider. In `tool`, `resource`, `prompt` and `arguments`,
    `{{ prompt }}`, `{{ variables.name }}` and the like are filled in."""

    tool: str | None = None
    """The tool that each turn calls."""
    resource: str | None = None
    """The URI of the resource that each turn reads, instead of a tool."""
    prompt: str | None = None
    """The server's prompt that each turn gets, instead of a tool."""
    arguments: dict[str, Any] | str = Field(default_factory=dict)
    """What the tool or the prompt is called with. A value that is exactly one `{{ name }}` keeps
    its type; instead of a mapping, one `{{ name }}` may stand for all arguments: a mapping, or a
    text with a JSON object."""

    without: tuple[Literal["system", "history"], ...] = ("system", "history")
    """Parts of a case that the server is asked without: each call stands for itself, unless this
    list is empty."""

    @field_validator("tool", "resource", "prompt", "arguments")
    @classmethod
    def _can_be_filled(cls, value: Any) -> Any:
        for text in texts_in(value):
            checked_template(text)
        return value

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> McpOptions:
        asked = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(asked) != 1:
            said = "has neither tool, resource nor prompt" if not asked else "asks for two things"
            raise PydanticCustomError(
                "mcp_asks",
                "a column of an MCP server {said}",
                {
                    "said": said,
                    "expected": "one of tool, resource and prompt",
                    "fix": "write tool: …" if not asked else f"remove {asked[-1]}",
                },
            )
        if self.resource is not None and self.arguments:
            raise PydanticCustomError(
                "mcp_arguments",
                "a resource takes no arguments",
                {"expected": "a URI alone", "fix": "write what you ask for into the URI"},
            )
        return self

    @property
    def takes(self) -> frozenset[str]:
        texts = texts_in([self.tool, self.resource, self.prompt, self.arguments])
        return frozenset(name for text in texts for name in names_in(text, {}))


class McpProvider(Provider):
    """A server that is asked by the file itself.

    What a tool gives is the answer, with the call that gave it; a tool that says it failed has
    given an answer, too, and its call an error.
    """

    type = "mcp"
    Options = McpOptions
    needs_model = False

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        self._options: McpOptions = spec.options
        for secret in self._options.secrets():
            environment.add_secret(secret)
        self._takes = self._options.takes
        self._server = McpServer(
            self._options.reached,
            ServerHost(
                fill=lambda text: environment.fill(text, spec),
                variables=environment.variables,
                guard=environment.process_guard,
                note=lambda note: environment.add_note(f"mcp {spec.name}", note),
            ),
        )

    @classmethod
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        options: McpOptions = spec.options
        found = why_not(options.reached, variables)
        if found is None:
            return []
        what = f"provider {spec.name!r}: {found.what}"
        return [Problem(what, spec.place, expected=found.expected, fix=found.fix)]

    @classmethod
    def warm_up(cls) -> None:
        package.load()

    @classmethod
    def open_files(cls, spec: ProviderSpec) -> int:
        reached: McpServerSpec = spec.options.reached
        if reached.url is not None:
            # what is asked, and what a session hears meanwhile
            return 1 if reached.scope == "worker" else 2
        return 0 if reached.scope == "worker" else OPEN_FILES

    async def start(self) -> None:
        if self._options.reached.scope == "worker":
            await _told(self._server.ready(""))
        elif (fault := package.fault()) is not None:
            raise system_failure(fault, ErrorKind.CONFIGURATION)
        else:
            await package.loaded()

    async def complete(self, request: Request) -> Response:
        given = offered(request, self._options, self._takes)
        with template_failure(self.spec):
            name, arguments = self._filled(given)
        session, limit_s = request.session, self._options.reached.timeout
        if self._options.resource is not None:
            return await self._read(self._server.resource(name, session, limit_s))
        if self._options.prompt is not None:
            texts = {key: as_text(value) for key, value in arguments.items()}
            return await self._read(self._server.prompt(name, texts, session, limit_s))
        tool = self._known(name, await _told(self._server.tools(session)))
        began = real_time.perf_counter()
        try:
            calling = self._server.call(
                tool, arguments, session, limit_s, traceparent=request.traceparent
            )
            found = await _told(calling)
        except ServerRefused as refused:
            found = Given(str(refused), is_error=True)
        latency_ms = (real_time.perf_counter() - began) * 1000
        call = ToolCall(
            name=name,
            arguments=arguments,
            result=None if found.is_error else found.value,
            error=found.text or "no reason given" if found.is_error else None,
            latency_ms=latency_ms,
            irreversible=self._options.reached.is_irreversible(name),
        )
        return Response(output=found.text, tool_calls=(call,), latency_ms=latency_ms)

    async def forget(self, session: str) -> None:
        await self._server.forget(session)

    async def close(self) -> None:
        await self._server.close()
        await in_thread(self.environment.process_guard.stop_if_idle)

    async def _read(self, reading: Awaitable[Given]) -> Response:
        """Return what a resource or a prompt holds; where the server has none, nobody answered."""
        began = real_time.perf_counter()
        try:
            found = await _told(reading)
        except ServerRefused as refused:
            raise system_failure(f"{self._server.name} refuses: {refused}") from None
        latency_ms = (real_time.perf_counter() - began) * 1000
        return Response(output=found.text, tells_tools=False, latency_ms=latency_ms)

    def _filled(self, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return what is asked for, and its arguments."""
        options = self._options
        name = render_text(options.tool or options.resource or options.prompt or "", given)
        if isinstance(options.arguments, str):
            return name, self._object(fill_template(options.arguments, given))
        filled = filled_in(options.arguments, lambda text: fill_template(text, given))
        return name, dict(filled)

    def _object(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                said = f"arguments of provider {self.spec.name!r} are {shorten(repr(value), 60)}"
                raise _wrong_arguments(said) from None
        if not isinstance(value, Mapping):
            said = f"arguments of provider {self.spec.name!r} are {shorten(repr(value), 60)}"
            raise _wrong_arguments(said)
        return dict(value)

    def _known(self, name: str, tools: tuple[ListedTool, ...]) -> ListedTool:
        found = next((tool for tool in tools if tool.name == name), None)
        if found is not None:
            return found
        names = [tool.name for tool in tools]
        raise ProviderError(
            ErrorKind.CONFIGURATION,
            f"{self._server.name} has no tool {shorten(name)!r}\n"
            f"  expected: {shorten(', '.join(names), 200) or 'a server that has tools'}\n"
            f"  fix: {suggest(name, names) or 'name a tool that the server has'}",
        )


async def _told(asked: Awaitable[T]) -> T:
    """Return what a server gave; one that cannot be asked is the error of the call."""
    try:
        return await asked
    except ServerUnusable as error:
        raise system_failure(str(error), error.kind) from None


def _wrong_arguments(said: str) -> ProviderError:
    return ProviderError(
        ErrorKind.CONFIGURATION,
        f"{said}, which is no JSON object\n"
        "  expected: a mapping, or a text with a JSON object, since arguments have names\n"
        "  fix: write arguments: {name: …}, or correct what is filled in",
    )
