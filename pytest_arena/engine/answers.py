"""Answers that need no call: what a store of them (recordings, a cache) does for the caller."""

from __future__ import annotations

from typing import Protocol

from pytest_arena.errors import ProviderError
from pytest_arena.results.exchange import Request, Response
from pytest_arena.schema import ProviderSpec


class Answers(Protocol):
    """Find answers that were given before, and keep new ones; lives on the event loop.

    Asked for every request to a provider that is not `offline`, after the hooks have seen it. What
    is found starts no client, takes no place in the limits and costs no budget.
    """

    async def find(self, spec: ProviderSpec, request: Request) -> Response | None:
        """Return the kept answer, marked by its `source`, or None where a call must be made.

        A failure that was kept, and one that is missing where no call may be made, is a
        `ProviderError`.
        """

    async def keep(
        self, spec: ProviderSpec, request: Request, outcome: Response | ProviderError
    ) -> None:
        """Take what a call gave after all its attempts: an answer, or the failure that is left."""

    async def may_call(self, file: str) -> bool:
        """Return whether calls may be made for an arena file where no answer is kept."""

    async def close(self) -> None:
        """Let go of files; called once, on the loop, when the run ends."""
