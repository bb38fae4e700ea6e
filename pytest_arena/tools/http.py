"""A service as a tool: each call is a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pytest_arena.errors import ProviderError
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.prompts import TemplateError
from pytest_arena.prompts.templates import as_text, names_in
from pytest_arena.providers.error_mapping import exception_failure
from pytest_arena.providers.http_bounds import body_of
from pytest_arena.providers.http_client import open_session, proxy_of
from pytest_arena.providers.json_body import read_beside
from pytest_arena.providers.systems.http_answers import value_at
from pytest_arena.providers.systems.http_request import RequestTemplate
from pytest_arena.providers.systems.http_service import Service
from pytest_arena.running.open_files import ran_out_of_files
from pytest_arena.schema import ToolHttpSpec
from pytest_arena.schema.tool_http import WITHOUT_BODY
from pytest_arena.text.json_depth import check_containers
from pytest_arena.text.nested_texts import filled_in, texts_in
from pytest_arena.tools.base import ToolContext, ToolEnvironment, ToolResult
from pytest_arena.tools.known_when_called import known_when_called
from pytest_arena.tools.room import OutOfRoom


class HttpTool:
    """A service that gives what it answers: the JSON that it is, else the text.

    A status of 400 or more is the tool's error, with what the body says. Redirects are followed
    within the host alone, and cookies are not kept.
    """

    def __init__(self, plan: ToolPlan, environment: ToolEnvironment) -> None:
        spec = plan.spec.http
        assert spec is not None  # noqa: S101 - a plan of this kind has one
        self._plan = plan
        self._spec: ToolHttpSpec = spec
        self._environment = environment.outside
        self._opening = asyncio.Lock()
        self._service: Service | None = None
        said = (spec.url, spec.headers, spec.query, spec.body, spec.form)
        self._by_argument = any("arguments" in names_in(text, {}) for text in texts_in(said))

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolResult:
        from aiohttp import ClientError

        template = self._template(arguments)
        address = urlsplit(template.url)
        name = f"{self._spec.method} {address.netloc.rpartition('@')[2]}{address.path}"
        try:
            known = known_when_called(self._plan, arguments, context)
            sending = template.filled(known, traceparent=context.traceparent)
            service = await self._opened(template.url)
            async with service.answering(name, sending, {}) as response:
                body = await body_of(name, response)
            return ToolResult(await read_beside(body, partial(self._value_in, name)))
        except TemplateError as error:
            return ToolResult(error=f"the request cannot be filled in: {error.what}")
        except (ProviderError, ClientError, OSError) as error:
            if ran_out_of_files(error):
                raise OutOfRoom(self._plan.name, error) from error
            return ToolResult(error=exception_failure(error).message)

    async def close(self) -> None:
        """Let go of the connections."""
        service, self._service = self._service, None
        if service is not None:
            await service.close()

    def _template(self, arguments: Mapping[str, Any]) -> RequestTemplate:
        spec, fill = self._spec, self._filler()
        query, body = filled_in(spec.query, fill), filled_in(spec.body, fill)
        if not self._by_argument and spec.form is None and body is None:
            if spec.method in WITHOUT_BODY:
                own = {name: _literal(as_text(value)) for name, value in arguments.items()}
                query = {**query, **own}
            else:
                body = filled_in(arguments, _literal)
        headers = filled_in(spec.headers, fill)
        form = filled_in(spec.form, fill)
        return RequestTemplate(spec.method, fill(spec.url), query, headers, body=body, form=form)

    def _filler(self) -> Callable[[str], str]:
        """Return what fills in the environment's variables, whose values are secrets."""
        owner, place = f"tool {self._plan.name!r}", self._plan.place
        return lambda text: self._environment.filled(text, owner, place)

    async def _opened(self, url: str) -> Service:
        async with self._opening:
            if self._service is None:
                session = await open_session(url, {"User-Agent": "pytest-arena"})
                self._service = Service(session, proxy_of(url), ())
            return self._service

    def _value_in(self, name: str, body: bytes) -> Any:
        if self._spec.output is not None:
            return value_at(self._spec.output, name, body, "output")
        text = body.decode("utf-8", "replace")
        try:
            check_containers(text)
            return json.loads(text)
        except (ValueError, RecursionError):
            return text


def _literal(text: str) -> str:
    """Return a text of the model's, which is no template, as one that gives it."""
    return text.replace("{{", "\\{{")
