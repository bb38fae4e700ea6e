"""Several endpoints for one provider: who is asked, who rests, and what that tells the engine."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.calling.load_balancer import LoadBalancer
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Place(Provider):
    """Answer with the base URL, or fail as it is told."""

    type = "place"
    failing: dict[str, ProviderError]
    asked: list[str]

    async def complete(self, request: Request) -> Response:
        base = str(self.spec.api_base)
        type(self).asked.append(base)
        if base in type(self).failing:
            raise type(self).failing[base]
        return Response(output=base)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Place.failing, Place.asked = {}, []


def make(clock: Clock, *weights: float) -> LoadBalancer:
    entries = [
        {"api_base": letter, **({"weight": weight} if weights != (1, 1) else {})}
        for letter, weight in zip("abc", weights, strict=False)
    ]
    balance = {} if weights == (1, 1) else {"load_balance": "weighted"}
    spec = ProviderSpec.model_validate(
        {"name": "p", "provider": "place", "model": "m", "endpoints": entries, **balance}
    )
    environment = ProviderEnvironment()
    return LoadBalancer(spec, environment, lambda one: Place(one, environment), clock=clock)


def ask(own: LoadBalancer, times: int) -> list[ProviderError]:
    errors = []

    async def main() -> None:
        for _ in range(times):
            try:
                await own.complete(Request(messages=[]))
            except ProviderError as error:
                errors.append(error)

    asyncio.run(main())
    return errors


def failure(kind: ErrorKind, **more: float) -> ProviderError:
    return ProviderError(kind, f"it was {kind}", **more)  # type: ignore[arg-type]


def test_calls_go_round() -> None:
    ask(make(Clock(), 1, 1), 5)
    assert Place.asked == ["a", "b", "a", "b", "a"]


def test_weights_are_kept_to_and_well_mixed() -> None:
    ask(make(Clock(), 5, 3, 2), 100)
    assert Counter(Place.asked) == {"a": 50, "b": 30, "c": 20}
    assert "a" * 3 not in "".join(Place.asked)


def test_an_endpoint_that_fails_rests_and_another_one_is_asked() -> None:
    clock = Clock()
    own = make(clock, 1, 1)
    Place.failing = {"a": failure(ErrorKind.SERVER)}
    errors = ask(own, 4)
    assert [error.elsewhere for error in errors] == [True]
    assert Place.asked == ["a", "b", "b", "b"]
    clock.now = 5.0
    ask(own, 2)
    assert sorted(Place.asked[4:]) == ["a", "b"]
    clock.now = 14.9
    ask(own, 1)
    assert Place.asked[6:] == ["b"]


def test_retry_after_says_how_long_it_rests() -> None:
    clock = Clock()
    own = make(clock, 1, 1)
    Place.failing = {"a": failure(ErrorKind.RATE_LIMIT, retry_after_s=30.0)}
    ask(own, 1)
    clock.now = 29.9
    ask(own, 2)
    assert Place.asked == ["a", "b", "b"]


def test_a_refused_key_ends_one_endpoint_and_not_the_provider() -> None:
    clock = Clock()
    own = make(clock, 1, 1)
    Place.failing = {"a": failure(ErrorKind.AUTHENTICATION)}
    ask(own, 1)
    clock.now = 1e9
    ask(own, 3)
    assert Place.asked == ["a", "b", "b", "b"]


def test_a_request_that_is_refused_is_no_fault_of_the_endpoint() -> None:
    own = make(Clock(), 1, 1)
    Place.failing = {"a": failure(ErrorKind.BAD_REQUEST)}
    errors = ask(own, 3)
    assert Place.asked == ["a", "b", "a"]
    assert [error.elsewhere for error in errors] == [False, False]


def test_when_all_rest_the_first_to_wake_is_asked_and_nothing_is_elsewhere() -> None:
    clock = Clock()
    own = make(clock, 1, 1)
    Place.failing = {
        "a": failure(ErrorKind.RATE_LIMIT, retry_after_s=9.0),
        "b": failure(ErrorKind.RATE_LIMIT, retry_after_s=3.0),
    }
    errors = ask(own, 3)
    assert Place.asked == ["a", "b", "b"]
    assert [error.elsewhere for error in errors] == [True, False, False]


def test_a_call_is_made_again_at_another_endpoint_without_a_pause() -> None:
    own = make(Clock(), 1, 1)
    Place.failing = {"a": failure(ErrorKind.RATE_LIMIT, retry_after_s=3600.0)}

    async def main() -> Response:
        client = ProviderClient(Limits(4, lambda _: None), lambda _: own, None)
        return await client.call(own.spec, Request(messages=[]))

    response = asyncio.run(main())
    assert (response.output, response.attempts) == ("b", 2)
