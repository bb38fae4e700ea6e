"""A service of the user's own as a column: any HTTP endpoint, templates in and JMESPath out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from pytest_arena.errors import Problem, ProviderError
from pytest_arena.prompts.templates import names_in
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.configuration import connection_problems, filled, header_problems
from pytest_arena.providers.credentials import Access
from pytest_arena.providers.error_mapping import exception_failure
from pytest_arena.providers.http_bounds import body_of, parts_of
from pytest_arena.providers.json_body import read_beside
from pytest_arena.providers.systems.answers import answer_of
from pytest_arena.providers.systems.http_answers import StreamedAnswer, answer_in
from pytest_arena.providers.systems.http_options import HttpOptions
from pytest_arena.providers.systems.http_request import RequestTemplate
from pytest_arena.providers.systems.http_service import Cookies, Login, Service
from pytest_arena.providers.systems.multipart import FILES, files_of
from pytest_arena.providers.systems.offered import (
    checked_template,
    is_last_turn,
    offered,
    template_failure,
)
from pytest_arena.providers.systems.portable.pieces import Timing
from pytest_arena.providers.systems.received_spans import ReceivedSpans
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema.provider import ProviderSpec
from pytest_arena.text.nested_texts import filled_in

_PROMPT_ALONE = {"prompt": "{{ prompt }}"}


class HttpProvider(Provider):
    """A service of the user's own.

    A status of 2xx is an answer, 429 and 5xx are tried again, all others are errors with what the
    body says. Cookies that it sets last for a conversation.
    """

    type = "http"
    Options = HttpOptions
    needs_model = False

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        self._options: HttpOptions = spec.options
        for secret in self._options.secrets():
            environment.add_secret(secret)
        self._takes = _named_by(spec)
        self._starting = asyncio.Lock()
        self._cookies = Cookies()
        self._spans = ReceivedSpans(self._options, environment)
        self._service: Service | None = None
        self._access: Access | None = None
        self._login: Login | None = None
        self._name = ""
        self._template: RequestTemplate | None = None

    @classmethod
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        options: HttpOptions = spec.options
        found = [*header_problems(spec, variables), *_template_problems(spec)]
        receiver = options.otel_receiver
        if (
            receiver is not None
            and receiver.port is None
            and "otel_endpoint" not in _named_by(spec)
        ):
            found.append(
                Problem(
                    f"provider {spec.name!r} has otel_receiver at a port that it cannot know",
                    spec.place,
                    expected="a port that it exports to, or {{ otel_endpoint }} in what is sent",
                    fix="write otel_receiver: {port: 4318}",
                )
            )
        if options.multipart is not None and any(n.lower() == "content-type" for n in spec.headers):
            found.append(
                Problem(
                    f"provider {spec.name!r} has 'multipart' and a Content-Type",
                    spec.place,
                    expected="the type that multipart makes, with the boundary of its parts",
                    fix="remove the header",
                )
            )
        url = filled(options.url, variables)
        if url is not None and not _is_url(url):
            found.append(
                Problem(
                    f"url of provider {spec.name!r} is no URL",
                    spec.place,
                    expected="http://… or https://…",
                    fix="correct it, or the variable that it names",
                )
            )
        elif url is not None and not found:
            found += connection_problems(spec, url)
        return found

    @classmethod
    def warm_up(cls) -> None:
        import_module("aiohttp")
        import_module("jmespath")

    async def start(self) -> None:
        await self._spans.start()
        async with self._starting:
            if self._service is None:
                self._service = await self._open()
        if self._login is not None:
            try:
                await self._login.headers()
            except ProviderError as error:
                # what may pass is met again by the call, which has further attempts
                if not error.retryable:
                    raise

    async def complete(self, request: Request) -> Response:
        return await self._spans.of(request, self._answer)

    async def _answer(self, request: Request) -> Response:
        # a service that has set cookies knows by them whom it is talking to
        known = {"session"} if self._cookies.has(request.session) else ()
        given = offered(request, self._options, self._takes.union(known))
        if FILES in self._takes:
            given[FILES] = await asyncio.to_thread(files_of, request)
        refused = await self._login.headers() if self._login is not None else {}
        try:
            try:
                response = await self._asked(given, refused)
            except ProviderError as error:
                if error.status != 401 or self._login is None:
                    raise
                response = await self._asked(given, await self._login.headers(refused))
        except Exception as error:  # noqa: BLE001 - every failure gets its kind
            assert self._access is not None  # noqa: S101 - start() comes first
            # `from None`: the client's exceptions hold the request, and with it the token
            raise exception_failure(error, self._access.secrets) from None
        if is_last_turn(request):
            self._cookies.forget(request.session)
        return response

    async def close(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            await service.close()
        await self._spans.close()

    async def _open(self) -> Service:
        from pytest_arena.providers.http_client import open_session, proxy_of

        access = Access(self.spec, self.environment)
        access.check(self.problems(self.spec, self.environment.variables))

        def fill(text: str) -> str:
            return self.environment.fill(text, self.spec)

        options = self._options
        url = fill(options.url)
        address = urlsplit(url)
        self._name = f"{options.method} {address.netloc.rpartition('@')[2]}{address.path}"
        body = options.body if options.tells_what_is_sent else _PROMPT_ALONE
        self._template = RequestTemplate(
            options.method,
            url,
            filled_in(options.query, fill),
            access.headers,
            body=filled_in(body, fill),
            form=filled_in(options.form, fill),
            multipart=filled_in(options.multipart, fill),
        )
        self._access = access
        session = await open_session(url, {"User-Agent": "pytest-arena"})
        service = Service(session, proxy_of(url), access.secrets)
        if options.login is not None:
            there = Service(session, proxy_of(fill(options.login.url)), access.secrets)
            self._login = Login(options.login, there, fill, self.environment.add_secret)
        return service

    async def _asked(self, given: Mapping[str, Any], login: Mapping[str, str]) -> Response:
        assert self._service is not None  # noqa: S101 - start() comes first
        assert self._template is not None  # noqa: S101 - start() comes first
        with template_failure(self.spec):
            sending = self._template.filled(given, login, traceparent=given["traceparent"])
        cookies = self._cookies.of(given["session"], self._login.cookies if self._login else {})
        name = self._name
        timing = Timing()
        async with self._service.answering(name, sending, cookies) as response:
            if self._options.stream is None:
                body = await body_of(name, response, self.spec.most_bytes)
                charset = response.charset or "utf-8"
                read = partial(answer_in, name, charset=charset, options=self._options)
                found = await read_beside(body, read)
            else:
                answer = StreamedAnswer(name, self._options, timing, self.spec.most_bytes)
                async for part in parts_of(name, response, self.spec.most_bytes):
                    answer.feed(part)
                    if answer.done:
                        break
                found = answer.end()
        return answer_of(name, found, timing)


def _is_url(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)


def _named_by(spec: ProviderSpec) -> frozenset[str]:
    """Return the names of all that an entry's templates ask for."""
    options: HttpOptions = spec.options
    headers = (name for text in spec.headers.values() for name in names_in(text, {}))
    return options.takes.union(headers)


def _template_problems(spec: ProviderSpec) -> list[Problem]:
    found = []
    for text in spec.headers.values():
        try:
            checked_template(text)
        except PydanticCustomError as error:
            context = error.context or {}
            found.append(
                Problem(
                    f"{error.message()} for 'headers' of provider {spec.name!r}",
                    spec.place,
                    expected=context.get("expected"),
                    fix=context.get("fix"),
                )
            )
    return found
