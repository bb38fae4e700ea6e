"""What limits are limits of: an endpoint, a key and a model, whatever an entry is called."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.calling.pools import add_limits
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.systems.exec import ExecOptions
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec

ONE: dict[str, Any] = {"provider": "openai", "model": "m", "api_base": "http://a.test/v1"}


def entry(name: str = "mini", **given: Any) -> ProviderSpec:
    spec = ProviderSpec(**{"name": name, **ONE, **given})
    spec._vendor = True
    return spec


@pytest.mark.parametrize(
    "given",
    [
        {"name": "other"},
        {"params": {"temperature": 1}},
        {"timeout": 5},
        {"concurrency": 3},
        {"budget": {"max_calls": 5}},
    ],
)
def test_entries_of_one_endpoint_key_and_model_share_it(given: dict[str, Any]) -> None:
    assert entry().endpoint == entry(**given).endpoint


@pytest.mark.parametrize(
    "given",
    [
        {"api_base": "http://b.test/v1"},
        {"api_key_env": "OTHER_KEY"},
        {"model": "n"},
        {"headers": {"X-Key": "${OTHER}"}},
        {"endpoints": [{"api_base": "http://c.test"}]},
    ],
)
def test_entries_of_one_name_do_not_where_they_ask_another(given: dict[str, Any]) -> None:
    assert entry().endpoint != entry(**given).endpoint


def test_what_is_no_vendors_model_is_known_by_its_name() -> None:
    one = ProviderSpec(name="a", provider="python")
    assert one.endpoint == ProviderSpec(name="a", provider="python", model="x").endpoint
    assert one.endpoint != ProviderSpec(name="b", provider="python").endpoint


def test_applications_of_one_name_are_told_apart_by_their_own_keys() -> None:
    def shop(**options: Any) -> str:
        spec = ProviderSpec(name="shop", provider="exec")
        return spec.model_copy(update={"options": ExecOptions(**options)}).endpoint

    assert shop(command=["one"]) == shop(command=["one"])
    assert shop(command=["one"]) != shop(command=["two"])


def test_entries_of_one_endpoint_share_their_places_where_they_limit_them() -> None:
    limits: dict[str, int] = {}
    one, other = entry(concurrency=3), entry("b", concurrency=2)
    elsewhere = entry(api_base="http://b.test/v1", concurrency=5)
    unlimited, slash = entry("c"), entry("d", api_base="http://a.test/v1/", concurrency=9)
    add_limits(limits, [one, other, elsewhere, unlimited, slash])
    assert one.pool == other.pool == slash.pool != elsewhere.pool
    assert limits == {one.pool: 2, elsewhere.pool: 5}
    assert unlimited.pool == "c"


class Refusing(Provider):
    """Refuse every call for its rate, and ask for a long pause."""

    type = "openai"
    calls = 0

    async def complete(self, request: Request) -> Response:
        Refusing.calls += 1
        raise ProviderError(ErrorKind.RATE_LIMIT, "too many", retry_after_s=3600.0)


def test_a_refusal_slows_its_endpoint_down_and_no_other() -> None:
    first, same = entry("a", retry_for=5), entry("b", retry_for=5)
    elsewhere = entry("a", api_base="http://b.test/v1", retry_for=5)

    async def ask() -> list[float]:
        client = ProviderClient(
            Limits(5, lambda _name: None), lambda spec: Refusing(spec, ProviderEnvironment()), None
        )
        with pytest.raises(ProviderError, match="would take too long"):
            await client.call(first, Request([]))
        paused = []
        for spec in (first, same, elsewhere):
            limiter = client._state(spec).rate_limiter
            paused.append(0.0 if limiter is None else limiter.paused_until - limiter.clock())
        return paused

    paused = asyncio.run(ask())
    assert 0 < paused[0] <= 5
    assert 0 < paused[1] <= 5
    assert paused[2] == 0
