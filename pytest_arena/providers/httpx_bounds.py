"""How far one request of httpx may go, by which litellm sends: within its host, to a bound."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.error_mapping import failure
from pytest_arena.providers.http_bounds import MOST_REDIRECTS, OFFERED, check_stays
from pytest_arena.text.json_depth import Containers, TooManyError
from pytest_arena.text.origin import leads_elsewhere
from pytest_arena.text.unpacking import CUT, Unpacker, UnpackingError

Refused = Callable[[ProviderError], None]
"""Take the failure of an answer that was given up, which the client may tell as another one."""
_NO_URL = re.compile(r"Invalid URL in location header|Invalid IPv6 URL|under NFKC normalization")


async def bounded_answer(
    send: Callable[..., Awaitable[httpx.Response]],
    request: httpx.Request,
    most_bytes: int,
    refused: Refused,
    *,
    stream: bool,
    **options: Any,
) -> httpx.Response:
    """Send a request by `AsyncClient.send`, and return its answer with an end to it.

    Redirects are followed within the host alone, since the key and what is asked are for it.
    """
    name = _name(request)
    options["follow_redirects"] = False
    for _ in range(MOST_REDIRECTS + 1):
        request.headers["Accept-Encoding"] = OFFERED
        with _locations_told(name, refused):
            response = await send(request, stream=True, **options)
        following = _following(name, request, response, refused)
        if following is None:
            packed = response.stream
            assert isinstance(packed, httpx.AsyncByteStream)  # noqa: S101 - of an async client
            unpacking = _Unpacking(name, response, most_bytes, refused, in_lines=stream)
            response.stream = _AsyncBounded(packed, unpacking)
            if not stream:
                try:
                    await response.aread()
                except BaseException:
                    await response.aclose()
                    raise
            return response
        await response.aclose()
        request = following
    raise _told(refused, _too_many(name))


def bounded_sync_answer(
    send: Callable[..., httpx.Response],
    request: httpx.Request,
    most_bytes: int,
    refused: Refused,
    *,
    stream: bool,
    **options: Any,
) -> httpx.Response:
    """Send a request by `Client.send`, as `bounded_answer` does by its async twin."""
    name = _name(request)
    options["follow_redirects"] = False
    for _ in range(MOST_REDIRECTS + 1):
        request.headers["Accept-Encoding"] = OFFERED
        with _locations_told(name, refused):
            response = send(request, stream=True, **options)
        following = _following(name, request, response, refused)
        if following is None:
            packed = response.stream
            assert isinstance(packed, httpx.SyncByteStream)  # noqa: S101 - of a sync client
            unpacking = _Unpacking(name, response, most_bytes, refused, in_lines=stream)
            response.stream = _SyncBounded(packed, unpacking)
            if not stream:
                try:
                    response.read()
                except BaseException:
                    response.close()
                    raise
            return response
        response.close()
        request = following
    raise _told(refused, _too_many(name))


class _AsyncBounded(httpx.AsyncByteStream):
    """The bytes of an answer, unpacked, up to a bound."""

    def __init__(self, packed: httpx.AsyncByteStream, unpacking: _Unpacking) -> None:
        self._packed = packed
        self._unpacking = unpacking

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._packed:
            for piece in self._unpacking.feed(part):
                yield piece
        self._unpacking.end()

    async def aclose(self) -> None:
        await self._packed.aclose()


class _SyncBounded(httpx.SyncByteStream):
    """The bytes of an answer, unpacked, up to a bound."""

    def __init__(self, packed: httpx.SyncByteStream, unpacking: _Unpacking) -> None:
        self._packed = packed
        self._unpacking = unpacking

    def __iter__(self) -> Iterator[bytes]:
        for part in self._packed:
            yield from self._unpacking.feed(part)
        self._unpacking.end()

    def close(self) -> None:
        self._packed.close()


class _Unpacking:
    """What makes of an answer's bytes those that its client sees, and tells why it gave up."""

    def __init__(
        self,
        name: str,
        response: httpx.Response,
        most_bytes: int,
        refused: Refused,
        *,
        in_lines: bool,
    ) -> None:
        self._name = name
        self._refused = refused
        # the client would read them as JSON, without a bound of its own
        self._containers = Containers(in_lines=in_lines)
        # what is unpacked here is not to be unpacked again
        encoding = response.headers.pop("Content-Encoding", "")
        try:
            self._unpacker = Unpacker(encoding, most_bytes)
        except UnpackingError as error:
            raise self._told(error) from None

    def feed(self, part: bytes) -> Iterator[bytes]:
        try:
            for piece in self._unpacker.feed(part):
                self._containers.add(piece)
                yield piece
        except UnpackingError as error:
            raise self._told(error) from None
        except TooManyError as error:
            raise _told(self._refused, failure(ErrorKind.BAD_RESPONSE, str(error))) from None

    def end(self) -> None:
        """Raise the error of an answer that ended amid what was packed."""
        if not self._unpacker.has_ended:
            raise _told(self._refused, failure(ErrorKind.CONNECTION, f"{self._name} {CUT}"))

    def _told(self, error: UnpackingError) -> ProviderError:
        return _told(self._refused, ProviderError(ErrorKind.BAD_RESPONSE, f"{self._name} {error}"))


def _following(
    name: str, request: httpx.Request, response: httpx.Response, refused: Refused
) -> httpx.Request | None:
    """Return the request that a redirect asks for; None where the answer is none."""
    following = response.next_request
    if following is None:
        return None
    try:
        # where it is sent counts: httpx makes something else of some locations than others do
        check_stays(name, request.url, following.url, "api_base", ErrorKind.CONFIGURATION)
    except ProviderError as error:
        raise _told(refused, error) from None
    if following.url.userinfo != request.url.userinfo:
        # one that the location names would go before the key, which clients refuse
        following.url = following.url.copy_with(userinfo=b"")
    return following


@contextmanager
def _locations_told(name: str, refused: Refused) -> Iterator[None]:
    """Tell of a redirect whose location httpx cannot read, which it does as it gets the answer."""
    try:
        yield
    except (httpx.InvalidURL, httpx.RemoteProtocolError, ValueError) as error:
        if not isinstance(error, httpx.InvalidURL) and not _NO_URL.search(str(error)):
            raise
        said = f"{name} {leads_elsewhere(None, 'api_base')}"
        raise _told(refused, ProviderError(ErrorKind.CONFIGURATION, said)) from None


def _told(refused: Refused, error: ProviderError) -> ProviderError:
    refused(error)
    return error


def _too_many(name: str) -> ProviderError:
    said = f"{name} redirects more than {MOST_REDIRECTS} times"
    return ProviderError(ErrorKind.CONFIGURATION, said)


def _name(request: httpx.Request) -> str:
    return request.url.netloc.decode("ascii", "replace").rpartition("@")[2]
