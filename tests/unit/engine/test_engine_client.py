"""Answers that are known already need no call; those that a call gives are kept."""

from __future__ import annotations

import asyncio

import pytest

from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec

SPEC = ProviderSpec(name="p", provider="remote")


class Remote(Provider):
    """Count its starts and calls; answer with a text or a failure."""

    type = "remote"

    def __init__(self, outcome: str | ProviderError = "called") -> None:
        super().__init__(SPEC, ProviderEnvironment())
        self.outcome = outcome
        self.did: list[str] = []

    async def start(self) -> None:
        self.did.append("start")

    async def complete(self, request: Request) -> Response:
        self.did.append("call")
        if isinstance(self.outcome, ProviderError):
            raise self.outcome
        return Response(output=self.outcome)


class Offline(Remote):
    offline = True


class Memory:
    """Know one answer, or one failure; note what it is given to keep."""

    for_everyone = False

    def __init__(self, known: Response | ProviderError | None = None) -> None:
        self.known = known
        self.kept: list[object] = []
        self.closed = False

    async def find(self, spec: ProviderSpec, request: Request) -> Response | None:
        if isinstance(self.known, ProviderError):
            raise self.known
        return self.known

    async def keep(
        self, spec: ProviderSpec, request: Request, outcome: Response | ProviderError
    ) -> None:
        self.kept.append(outcome.output if isinstance(outcome, Response) else outcome)

    async def may_call(self, file: str) -> bool:
        return True

    async def close(self) -> None:
        self.closed = True


class Shout:
    """Change each request and each answer."""

    def before_request(self, request: Request) -> None:
        request.messages = []

    def after_response(self, request: Request, response: Response) -> None:
        response.output = response.output.upper()


def ask(provider: Remote, memory: Memory, *, places: int = 1) -> Response:
    async def call() -> Response:
        limits = Limits(places, lambda _: None)
        client = ProviderClient(limits, lambda _: provider, Shout(), memory)
        try:
            # every place is taken: only what needs none gets its answer
            taken = [limits.place(SPEC.name) for _ in range(places if memory.known else 0)]
            for place in taken:
                await place.enter()
            request = Request(messages=[{"role": "user", "content": "hi"}])
            return await asyncio.wait_for(client.call(SPEC, request), 5)
        finally:
            await client.close()

    return asyncio.run(call())


def test_a_known_answer_starts_nothing_and_takes_no_place() -> None:
    provider, memory = Remote(), Memory(Response(output="known", source="recording"))
    response = ask(provider, memory)
    assert (response.output, response.source) == ("KNOWN", "recording")
    assert provider.did == []
    assert memory.kept == []
    assert memory.closed


def test_a_known_failure_is_the_call_s_failure() -> None:
    provider = Remote()
    memory = Memory(ProviderError(ErrorKind.CONTENT_FILTER, "withheld", attempts=1))
    with pytest.raises(ProviderError, match=r"^withheld$"):
        ask(provider, memory)
    assert (provider.did, memory.kept) == ([], [])


def test_an_answer_is_kept_clean_and_as_it_came_before_hooks_change_it() -> None:
    provider, memory = Remote("dirty \ud800"), Memory()
    assert ask(provider, memory).output == "DIRTY \ufffd"
    assert memory.kept == ["dirty \ufffd"]


def test_a_failure_that_is_left_is_kept_with_its_attempts() -> None:
    failed = ProviderError(ErrorKind.BAD_REQUEST, "refused")
    memory = Memory()
    with pytest.raises(ProviderError):
        ask(Remote(failed), memory)
    (kept,) = memory.kept
    assert isinstance(kept, ProviderError)
    assert (kept.kind, kept.attempts) == (ErrorKind.BAD_REQUEST, 1)


def test_a_provider_that_needs_no_network_is_neither_replayed_nor_kept() -> None:
    provider, memory = Offline(), Memory(None)
    assert ask(provider, memory).output == "CALLED"
    assert memory.kept == []
