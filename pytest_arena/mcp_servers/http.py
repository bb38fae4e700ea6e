"""A server that is reached over streamable HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from pytest_arena.errors import shorten
from pytest_arena.text.json_depth import Containers, TooManyError
from pytest_arena.text.origin import leads_elsewhere, origin_of, stays
from pytest_arena.text.unpacking import CUT, UNPACKED, Unpacker, UnpackingError

MOST_BYTES = 8 * 1024 * 1024
"""Of one message."""
_MOST_STREAMED = 8 * MOST_BYTES
"""Of one response, which may hold many messages."""
_CONNECTING_S = 10.0
_LONGEST_WORDS = 500
HTTP_FAILURE = -32_098
"""The code, free in JSON-RPC, that an HTTP status gets which came without an error of its own."""
_MAY_PASS = frozenset((408, 425, 429))
_FIRST_SERVER_FAULT = 500


class HttpTransport:
    """Requests to one endpoint, in the shape that the package's client takes.

    Redirects are followed within the endpoint's origin alone, since the headers are for it.
    """

    may_pass = True

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        # how long an answer may take is for whoever asks to say
        timeout = httpx2.Timeout(_CONNECTING_S, read=None)
        self._client = _Client(headers=dict(headers), timeout=timeout)
        self._transport: AbstractAsyncContextManager[Any] = streamable_http_client(
            url, http_client=self._client, max_sse_event_size=MOST_BYTES
        )
        self.ended = asyncio.Event()
        """Never set: a server over HTTP is asked anew each time."""

    async def __aenter__(self) -> Any:
        await self._client.__aenter__()
        return await self._transport.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            await self._transport.__aexit__(kind, error, tb)
        finally:
            await self._client.aclose()

    async def fault(self) -> str:
        return "closed the connection"

    def described(self, what: str) -> str:
        return what


def may_pass(status: int | None) -> bool:
    """Return whether what met this status may be answered another time; None is no status."""
    return status is None or status >= _FIRST_SERVER_FAULT or status in _MAY_PASS


class _Client(httpx2.AsyncClient):
    """A client that bounds what it is sent, and says what a status means where nobody else does.

    The package tells all statuses alike; as an error in JSON-RPC, one reaches whoever asked.
    """

    async def send(self, request: httpx2.Request, **given: Any) -> httpx2.Response:
        stream = given.pop("stream", False)
        request.headers["Accept-Encoding"] = ", ".join(UNPACKED)
        response = await super().send(request, stream=True, **given)
        elsewhere = _elsewhere(request.url, response)
        if elsewhere is not None:
            await response.aclose()
            return _refused(request, response.status_code, elsewhere)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            encoding = response.headers.pop("Content-Encoding", "")
            is_json = response.headers.get("Content-Type", "").startswith("application/json")
            containers = Containers(in_lines=not is_json)
            response.stream = _Bounded(response.stream, encoding, containers)
        if not stream:
            await response.aread()
        if response.is_error and not await _has_error(response):
            said = shorten(await _beginning(response), _LONGEST_WORDS)
            what = f"HTTP {response.status_code} {response.reason_phrase}".strip()
            await response.aclose()
            return _refused(request, response.status_code, f"{what}: {said}" if said else what)
        return response


def _refused(request: httpx2.Request, status: int, message: str) -> httpx2.Response:
    """Return an answer that tells of a status as an error in JSON-RPC."""
    error = {"code": HTTP_FAILURE, "message": message, "data": {"status": status}}
    return httpx2.Response(
        # what is no failure by its status would not be looked at for an error
        max(status, 400),
        headers={"Content-Type": "application/json"},
        content=json.dumps({"jsonrpc": "2.0", "id": None, "error": error}),
        request=request,
    )


def _elsewhere(asked: httpx2.URL, response: httpx2.Response) -> str | None:
    """Return what to say of a redirect to another host, for which neither headers nor questions
    are meant; None of any other answer."""
    following = response.next_request
    if following is None:
        return None
    there = origin_of(following.url)
    return None if stays(origin_of(asked), there) else leads_elsewhere(there, "url")


class _Bounded(httpx2.AsyncByteStream):
    """A response's bytes, unpacked, up to a limit."""

    def __init__(
        self, packed: httpx2.AsyncByteStream, encoding: str, containers: Containers
    ) -> None:
        self._packed = packed
        self._containers = containers
        self._encoding = encoding

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            unpacker = Unpacker(self._encoding, _MOST_STREAMED)
            async for part in self._packed:
                for piece in unpacker.feed(part):
                    self._containers.add(piece)
                    yield piece
            if not unpacker.has_ended:
                raise httpx2.ReadError(CUT)
        except (UnpackingError, TooManyError) as error:
            raise httpx2.ReadError(str(error)) from None

    async def aclose(self) -> None:
        await self._packed.aclose()


async def _has_error(response: httpx2.Response) -> bool:
    """Return whether a failed response holds an error in JSON-RPC, which is then read."""
    if not response.headers.get("content-type", "").lower().startswith("application/json"):
        return False
    try:
        found = json.loads(await response.aread())
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("error"), dict)


async def _beginning(response: httpx2.Response) -> str:
    if not response.is_stream_consumed:
        await response.aread()
    return " ".join(response.text.split())
