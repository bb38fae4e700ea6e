"""How far one request may go: redirects stay at its host, and an answer has an end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.text.origin import Url, leads_elsewhere, origin_of, stays
from pytest_arena.text.unpacking import CUT, UNPACKED, Unpacker, UnpackingError, more_than

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from yarl import URL

REDIRECTS = frozenset((301, 302, 303, 307, 308))
MOST_REDIRECTS = 5
MOST_BYTES = 16 * 1024 * 1024
"""Of one answer, after it was unpacked."""
OFFERED = ", ".join(UNPACKED)
"""What is said to the other side of how it may pack an answer."""
_PACKED = re.compile(r"\b(?:gzip|deflate|br|zstd|compress)\b", re.IGNORECASE)


def may_follow(name: str, asked: URL, location: str, key: str, kind: ErrorKind) -> URL:
    """Return where a redirect leads; an error where that is another host.

    `key` is the one of the entry that names the host.
    """
    from yarl import URL

    try:
        target = asked.join(URL(location))
    except ValueError:
        raise ProviderError(kind, f"{name} {leads_elsewhere(None, key)}") from None
    check_stays(name, asked, target, key, kind)
    # a user that the location names would go before the key, which clients refuse
    is_another = target.user is not None and target.user != asked.user
    return target.with_user(None) if is_another else target


def check_stays(name: str, asked: Url, target: Url, key: str, kind: ErrorKind) -> None:
    """Raise the error of a redirect to another host, for which headers and body are not meant."""
    there = origin_of(target)
    if not stays(origin_of(asked), there):
        raise ProviderError(kind, f"{name} {leads_elsewhere(there, key)}")


def too_long(name: str, most_bytes: int = MOST_BYTES) -> ProviderError:
    """Build the error of an answer without an end."""
    return ProviderError(ErrorKind.BAD_RESPONSE, f"{name} sent {more_than(most_bytes)}")


async def body_of(name: str, response: ClientResponse, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the whole body of an answer, as `parts_of` has it."""
    return b"".join([part async for part in parts_of(name, response, most_bytes)])


async def parts_of(
    name: str, response: ClientResponse, most_bytes: int = MOST_BYTES
) -> AsyncIterator[bytes]:
    """Yield an answer's bytes as they come, unpacked; too many are an error, and so is an answer
    that ends amid what was packed."""
    given = response.headers.get("Content-Encoding", "")
    # some servers name a charset there
    encoding = given if _PACKED.search(given) else ""
    try:
        unpacker = Unpacker(encoding, most_bytes)
        async for part in response.content.iter_any():
            for piece in unpacker.feed(part):
                yield piece
    except UnpackingError as error:
        raise ProviderError(ErrorKind.BAD_RESPONSE, f"{name} {error}") from None
    if not unpacker.has_ended:
        raise ProviderError(ErrorKind.CONNECTION, f"{name} {CUT}")
