"""How far one request may go: redirects stay at its host, and an answer has an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.text.unpacking import more_than

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from yarl import URL

REDIRECTS = frozenset((301, 302, 303, 307, 308))
MOST_REDIRECTS = 5
MOST_BYTES = 16 * 1024 * 1024
"""Of one answer, after it was unpacked."""


def redirect_target(asked: URL, location: str) -> tuple[URL, bool]:
    """Return where a redirect leads, and whether that is the same host, or its encrypted twin."""
    from yarl import URL

    target = asked.join(URL(location))
    same = (target.scheme, target.host, target.port) == (asked.scheme, asked.host, asked.port)
    is_twin = (target.host, asked.scheme, asked.port, target.scheme, target.port) == (
        *(asked.host, "http", 80, "https", 443),
    )
    return target, same or is_twin


def may_follow(name: str, asked: URL, location: str, key: str, kind: ErrorKind) -> URL:
    """Return where a redirect leads; an error where that is another host."""
    target, stays = redirect_target(asked, location)
    if not stays:
        raise leads_elsewhere(name, target, key, kind)
    return target


def leads_elsewhere(name: str, target: URL, key: str, kind: ErrorKind) -> ProviderError:
    """Build the error of a redirect to another host, for which headers and body are not meant;
    `key` is the one of the entry that names the host."""
    return ProviderError(
        kind,
        f"{name} redirects to another host: {target.scheme}://{target.host}:{target.port}\n"
        f"  expected: an answer of the host that the {key} names\n"
        f"  fix: write the other one as {key}",
    )


def too_long(name: str, most_bytes: int = MOST_BYTES) -> ProviderError:
    """Build the error of an answer without an end."""
    return ProviderError(ErrorKind.BAD_RESPONSE, f"{name} sent {more_than(most_bytes)}")


async def body_of(name: str, response: ClientResponse, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the whole body of an answer, unless it is too long."""
    parts = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > most_bytes:
            raise too_long(name, most_bytes)
        parts.append(part)
    return b"".join(parts)
