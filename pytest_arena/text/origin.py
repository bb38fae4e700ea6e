"""Whose a URL is, so that a redirect stays with whom it was sent for."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pytest_arena.errors import shorten

_PORTS = {"http": 80, "https": 443}


class Url(Protocol):
    """A URL as yarl, httpx and httpx2 have it."""

    @property
    def scheme(self) -> str: ...

    @property
    def host(self) -> str | None: ...

    @property
    def port(self) -> int | None: ...


class Origin(NamedTuple):
    """Who answers at a URL."""

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")


def origin_of(url: Url) -> Origin:
    """Return who answers at a URL, the port that its scheme implies among it."""
    port = _PORTS.get(url.scheme) if url.port is None else url.port
    return Origin(url.scheme, url.host or "", port)


def stays(asked: Origin, target: Origin) -> bool:
    """Return whether a redirect leads to the same origin, or to its encrypted twin."""
    twins = Origin("http", asked.host, 80), Origin("https", asked.host, 443)
    return asked.host != "" and (asked == target or (asked, target) == twins)


def leads_elsewhere(target: Origin | None, key: str) -> str:
    """Return what to say of a redirect that is not followed; `key` is the one of the entry that
    names the host, and None stands for a target that is no URL."""
    if target is None:
        where, other = "what is no URL", "the endpoint that answers"
    elif target.host and target.scheme in _PORTS:
        where, other = f"another host: {target}", "the other one"
    else:
        where = f"what is no address of HTTP: {shorten(target.scheme, 40)}:"
        other = "the endpoint that answers"
    return (
        f"redirects to {where}\n"
        f"  expected: an answer of the host that the {key} names\n"
        f"  fix: write {other} as {key}"
    )
