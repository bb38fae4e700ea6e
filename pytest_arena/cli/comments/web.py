"""JSON over HTTP to a service's API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import aiohttp

from pytest_arena.errors import Problem, UserError, shorten

_TRIES = 3
_PAGE = 100
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class Web:
    """A session with a service, in which what it refuses for a while is asked again.

    It is made where an event loop runs.
    """

    def __init__(self, base: str, headers: Mapping[str, str], *, wait_s: float = 2.0) -> None:
        self._base = base.rstrip("/")
        self._wait_s = wait_s
        self._session = aiohttp.ClientSession(
            headers=dict(headers), timeout=_TIMEOUT, trust_env=True
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of an answer; what was refused is a `UserError` with its reason."""
        for attempt in range(1, _TRIES):
            with suppress(_TryAgain):
                return await self._once(method, path, body)
            await asyncio.sleep(self._wait_s * attempt)
        try:
            return await self._once(method, path, body)
        except _TryAgain as error:
            raise self._refused(str(error)) from None

    async def pages(self, path: str) -> list[Any]:
        """Return all entries of a list that the service gives by pages of a hundred."""
        found: list[Any] = []
        page = 1
        while True:
            between = "&" if "?" in path else "?"
            given = await self.call("GET", f"{path}{between}per_page={_PAGE}&page={page}")
            found += given
            if len(given) < _PAGE:
                return found
            page += 1

    async def _once(self, method: str, path: str, body: Any) -> Any:
        try:
            async with self._session.request(method, self._base + path, json=body) as answer:
                if answer.status >= 400:
                    why = f"HTTP {answer.status}: {await answer.text()}"
                    raise _TryAgain(why) if answer.status >= 500 else self._refused(why)
                return None if answer.status == 204 else await answer.json(content_type=None)
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise _TryAgain(f"{type(error).__name__}: {error}") from None

    def _refused(self, why: str) -> UserError:
        return UserError(
            Problem(
                f"{self._base} did not take the comment: {shorten(why, 300)}",
                expected="a token that may write comments on the pull request",
            )
        )


class _TryAgain(Exception):
    """The service failed, and may not the next time."""
