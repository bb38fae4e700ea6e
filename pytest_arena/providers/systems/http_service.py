"""Requests to one service: redirects that stay there, cookies, a login."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import field
from typing import TYPE_CHECKING

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts.templates import render_text
from pytest_arena.providers.error_mapping import kind_of, redact
from pytest_arena.providers.http_bounds import (
    MOST_REDIRECTS,
    REDIRECTS,
    body_of,
    may_follow,
)
from pytest_arena.providers.http_client import in_pieces
from pytest_arena.providers.rate_headers import parse_retry_after
from pytest_arena.providers.systems.answers import system_failure
from pytest_arena.providers.systems.http_answers import value_at
from pytest_arena.providers.systems.http_options import LoginSpec
from pytest_arena.providers.systems.http_request import Sending, form_content, json_content
from pytest_arena.text.nested_texts import filled_in

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_LONGEST_WORDS = 500
LOGIN_S = 60.0
"""The most that a login may take, which no call's time limit counts."""


class Service:
    """A service that is asked over HTTP.

    Redirects are followed within its host alone, since a request's headers and body are for it.
    Statuses of 400 and more are a `ProviderError` with what the body says.
    """

    def __init__(self, session: ClientSession, proxy: str | None, secrets: Iterable[str]) -> None:
        self._session = session
        self._proxy = proxy
        self._secrets = secrets

    @asynccontextmanager
    async def answering(
        self, name: str, sending: Sending, cookies: dict[str, str]
    ) -> AsyncIterator[ClientResponse]:
        """Send a request and yield its answer; `cookies` are sent, and learn what it sets."""
        from yarl import URL

        method, url, content = sending.method, URL(sending.url), sending.content
        for _ in range(MOST_REDIRECTS + 1):
            async with self._session.request(
                method,
                url,
                data=in_pieces(content),
                headers=sending.headers,
                cookies=cookies,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                _keep_cookies(response, cookies)
                target = response.headers.get("Location")
                if response.status not in REDIRECTS or target is None:
                    if response.status >= 300:
                        raise await self._refusal(name, response)
                    yield response
                    return
                url = may_follow(name, response.url, target, "url", ErrorKind.SYSTEM)
                if response.status == 303 or (response.status < 303 and method == "POST"):
                    method, content = "GET", None
        raise system_failure(f"{name} redirects more than {MOST_REDIRECTS} times")

    async def close(self) -> None:
        await self._session.close()

    async def _refusal(self, name: str, response: ClientResponse) -> ProviderError:
        words = (await body_of(name, response)).decode("utf-8", "replace").strip()
        words = redact(words, self._secrets)[:_LONGEST_WORDS] or response.reason or ""
        return ProviderError(
            kind_of(response.status, words),
            f"{name} answered HTTP {response.status}: {words}".removesuffix(": "),
            status=response.status,
            retry_after_s=parse_retry_after(response.headers),
        )


class Login:
    """The token of a service, asked for once and anew when it is refused.

    A login that was refused is not tried again: an account may be locked for that.
    """

    def __init__(
        self,
        spec: LoginSpec,
        service: Service,
        fill: Callable[[str], str],
        add_secret: Callable[[str], None],
    ) -> None:
        self._spec = spec
        self._service = service
        self._fill = fill
        self._add_secret = add_secret
        self._lock = asyncio.Lock()
        self._headers: dict[str, str] | None = None
        self._refusal: ProviderError | None = None
        self.cookies: dict[str, str] = {}

    async def headers(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the headers of a request; after those that were refused, others."""
        async with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if self._headers is None or self._headers is refused:
                self._headers = None
                try:
                    self._headers = await self._log_in()
                except ProviderError as error:
                    if not error.retryable:
                        self._refusal = error
                    raise
            return self._headers

    async def _log_in(self) -> dict[str, str]:
        spec = self._spec
        if spec.form is not None:
            content, kind = form_content({n: self._fill(text) for n, text in spec.form.items()})
        else:
            content, kind = json_content(filled_in(spec.body or {}, self._fill))
        sending = Sending("POST", self._fill(spec.url), {"Content-Type": kind}, content)
        try:
            async with asyncio.timeout(LOGIN_S):
                async with self._service.answering("the login", sending, self.cookies) as response:
                    body = await body_of("the login", response)
        except TimeoutError:
            said = f"the login gave no answer within {LOGIN_S:g} s"
            raise ProviderError(ErrorKind.TIMEOUT, said) from None
        token = value_at(spec.token, "the login", body, "token")
        if not isinstance(token, str) or not token:
            raise system_failure(f"the login gave no token at {spec.token}")
        self._add_secret(token)
        name, _, value = spec.header.partition(":")
        return {name.strip(): render_text(value.strip(), {"token": token})}


@dataclass(slots=True)
class Cookies:
    """The cookies of the conversations that go on, each with its own, as a browser has them."""

    _jars: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, session: str, shared: Mapping[str, str]) -> dict[str, str]:
        """Return those of a conversation, which begins with the shared ones."""
        return self._jars.setdefault(session, dict(shared))

    def has(self, session: str) -> bool:
        """Return whether a conversation has cookies."""
        return bool(self._jars.get(session))

    def forget(self, session: str) -> None:
        """Let go of a conversation that has ended."""
        self._jars.pop(session, None)


def _keep_cookies(response: ClientResponse, cookies: dict[str, str]) -> None:
    for name, cookie in response.cookies.items():
        if cookie["max-age"] == "0" or not cookie.value:
            cookies.pop(name, None)
        else:
            cookies[name] = cookie.value
