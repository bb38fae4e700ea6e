"""HTTP for endpoints that we speak ourselves: one aiohttp session, JSON bodies, event streams."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.error_mapping import http_failure
from pytest_arena.providers.http_bounds import (
    MOST_BYTES,
    MOST_REDIRECTS,
    OFFERED,
    REDIRECTS,
    body_of,
    may_follow,
    parts_of,
)

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp import ClientResponse, ClientSession


_LARGE = 1_000_000
_ENCODER = json.JSONEncoder(ensure_ascii=False)
Heard = Callable[[Mapping[str, str]], None]
"""Take the headers of an answer."""


def in_pieces(body: bytes | None) -> bytes | BytesIO | None:
    """Return a body as aiohttp is to send it: a large one, as of a picture, in pieces between which
    the loop goes on."""
    return body if body is None or len(body) < _LARGE else BytesIO(body)


def _nobody(headers: Mapping[str, str]) -> None:
    """Take them for nobody."""


class HttpClient:
    """A client that posts JSON to one base URL with the same headers each time.

    Connections are kept open and not counted, since the engine's limits are. A proxy is taken
    from the environment (`HTTPS_PROXY`, `NO_PROXY`, …), certificates from the system and from
    certifi, or from `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set. Nothing else is read:
    no `.netrc`, no cookies. An answer of status 400 or more is a `ProviderError` of its kind.
    """

    def __init__(
        self,
        session: ClientSession,
        base: str,
        proxy: str | None,
        secrets: Iterable[str],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._session = session
        self._base = base.rstrip("/")
        self._name = urlsplit(base).netloc.rpartition("@")[2] or "the endpoint"
        self._proxy = proxy
        self._secrets = secrets
        self._most_bytes = most_bytes

    async def post(
        self, path: str, body: Any, headers: Mapping[str, str], heard: Heard = _nobody
    ) -> bytes:
        """Return the body of the answer; `heard` gets its headers."""
        async with await self._answer(path, body, headers) as response:
            content = await body_of(self._name, response, self._most_bytes)
            self._check(response, content)
            heard(response.headers)
            return content

    async def parts(
        self, path: str, body: Any, headers: Mapping[str, str], heard: Heard = _nobody
    ) -> AsyncIterator[bytes]:
        """Yield the bytes of the answer as they come; `heard` gets its headers."""
        async with await self._answer(path, body, headers) as response:
            if response.status >= 400:
                self._check(response, await body_of(self._name, response, self._most_bytes))
            heard(response.headers)
            async for part in parts_of(self._name, response, self._most_bytes):
                yield part

    async def close(self) -> None:
        await self._session.close()

    async def _answer(self, path: str, body: Any, headers: Mapping[str, str]) -> ClientResponse:
        """Send a request and return its answer, to be closed by who takes it; redirects are
        followed within the host alone, since the key and what is asked are for it."""
        data: bytes | None = _ENCODER.encode(body).encode("utf-8", "replace")
        method, url = "POST", self._base + path
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._session.request(
                method,
                url,
                data=in_pieces(data),
                headers={"Content-Type": "application/json", **headers},
                proxy=self._proxy,
                allow_redirects=False,
            )
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or location is None:
                return response
            async with response:
                kind = ErrorKind.CONFIGURATION
                url = str(may_follow(self._name, response.url, location, "api_base", kind))
                if response.status in (301, 302, 303):
                    method, data = "GET", None
        said = f"{self._name} redirects more than {MOST_REDIRECTS} times"
        raise ProviderError(ErrorKind.CONFIGURATION, said)

    def _check(self, response: ClientResponse, content: bytes) -> None:
        if response.status >= 400:
            words = content.decode("utf-8", "replace") or (response.reason or "")
            raise http_failure(response.status, words, response.headers, self._secrets)


async def open_client(
    base: str,
    headers: Mapping[str, str],
    secrets: Iterable[str],
    most_bytes: int = MOST_BYTES,
) -> HttpClient:
    """Return a client for one base URL; on the loop that will use it."""
    return HttpClient(await open_session(base, headers), base, proxy_of(base), secrets, most_bytes)


async def open_session(base: str, headers: Mapping[str, str]) -> ClientSession:
    """Return a session for one base URL: without limits, time limits and cookies of its own."""
    import asyncio

    # Imports and certificates take tens of milliseconds: not on the loop.
    tls = await asyncio.to_thread(_prepare, base)
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    return ClientSession(
        connector=TCPConnector(limit=0, ssl=tls or True),
        # `parts_of` unpacks: aiohttp takes the beginning of a gzip for all of it
        auto_decompress=False,
        headers={"Accept-Encoding": OFFERED, **headers},
        timeout=ClientTimeout(total=None, sock_connect=None),
        cookie_jar=DummyCookieJar(),
    )


def _prepare(base: str) -> SSLContext | None:
    import aiohttp  # noqa: F401  # so that the loop finds it imported

    if urlsplit(base).scheme != "https":
        return None
    from ssl import create_default_context

    context = create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def proxy_of(base: str) -> str | None:
    """Return the proxy that the environment names for a URL."""
    address = urlsplit(base)
    if address.hostname is None or proxy_bypass(address.hostname):
        return None
    proxies = getproxies()
    return proxies.get(address.scheme) or proxies.get("all")
