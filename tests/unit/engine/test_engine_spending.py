"""A budget in dollars holds to within one call, however many are in flight and however they
differ."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_arena.engine.calling.call_sizes import Known
from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.calling.notices import STOPPED
from pytest_arena.engine.calling.provider_state import caution, most_tokens
from pytest_arena.engine.calling.quotas import Quotas
from pytest_arena.errors import BudgetSpent
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.systems.exec import ExecOptions
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema import ProviderSpec

DOLLARS = 1e-5
"""Of an output token."""
Lengths = Callable[[random.Random], float]
KINDS: dict[str, Lengths] = {
    "alike": lambda _: 2000,
    "even": lambda chance: chance.uniform(50, 4000),
    "few-long": lambda chance: 8000 if chance.random() < 0.05 else 300,
    "skewed": lambda chance: min(chance.lognormvariate(6, 1), 16_000),
    "growing": lambda chance: 100 + 20 * chance.calls,  # type: ignore[attr-defined]
}


class Writing(Provider):
    """Answer with as many tokens as a kind of answers has, after a while that goes by them, or by
    chance."""

    type = "writing"

    def __init__(self, spec: ProviderSpec, lengths: Lengths, seed: int) -> None:
        super().__init__(spec, ProviderEnvironment())
        self._lengths = lengths
        self._chance = random.Random(seed)
        self._chance.calls = 0  # type: ignore[attr-defined]
        self._pauses = random.Random(seed)
        self.goes_by_length = False
        self.costs: list[float] = []
        self.in_flight = self.peak = 0

    async def complete(self, request: Request) -> Response:
        self._chance.calls += 1  # type: ignore[attr-defined]
        tokens = int(self._lengths(self._chance))
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        # of a thousand tokens a second, the longest ends well within its timeout
        await asyncio.sleep(tokens / 1000 if self.goes_by_length else self._pauses.random())
        self.in_flight -= 1
        self.costs.append(tokens * DOLLARS)
        return Response(
            "ok", input_tokens=1, output_tokens=tokens, cost_usd=tokens * DOLLARS, latency_ms=1.0
        )


class Skipping(selectors.DefaultSelector):
    """Waits for nobody: where nothing is ready, time goes on at once, so that calls end in the
    order of their lengths on any machine."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout:
            self.now += timeout
        return ready


def skipping_loop() -> asyncio.AbstractEventLoop:
    selector = Skipping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    return loop


def spent_of(
    kind: str,
    concurrency: int,
    budget: float,
    seed: int = 0,
    calls: int = 400,
    *,
    goes_by_length: bool = False,
    application: bool = False,
) -> tuple[Writing, int]:
    """Have calls made until the budget is spent; return who answered, and how many were left."""
    spec = ProviderSpec(
        name="p",
        provider="writing",
        input_cost_per_million=0,
        output_cost_per_million=DOLLARS * 1e6,
        options=ExecOptions(command=["app"]) if application else None,
    )
    provider = Writing(spec, KINDS[kind], seed)
    provider.goes_by_length = goes_by_length
    loop = skipping_loop()
    quotas = Quotas(clock=loop.time)
    quotas.limit_run(budget, "--arena-max-cost")
    client = ProviderClient(
        Limits(concurrency, lambda _: None), lambda _: provider, None, quotas=quotas
    )

    async def one(number: int) -> int:
        with suppress(BudgetSpent):
            await client.call(spec, Request([{"role": "user", "content": f"{number}"}]))
            return 0
        return 1

    async def every() -> int:
        return sum(await asyncio.gather(*(one(number) for number in range(calls))))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return provider, runner.run(every())


@pytest.mark.parametrize("goes_by_length", [False, True], ids=["any-time", "time-by-length"])
@pytest.mark.parametrize("concurrency", [1, 16, 40, 200])
@pytest.mark.parametrize("kind", KINDS)
def test_no_more_than_one_call_is_overspent(
    kind: str, concurrency: int, goes_by_length: bool
) -> None:
    budget = 1.0
    provider, left_out = spent_of(kind, concurrency, budget, goes_by_length=goes_by_length)
    spent = sum(provider.costs)
    assert left_out
    assert budget <= spent <= budget + max(provider.costs)


@pytest.mark.parametrize("concurrency", [16, 40, 200])
@pytest.mark.parametrize("kind", ["alike", "even", "skewed", "growing"])
def test_nor_by_an_application_which_says_itself_what_it_costs(kind: str, concurrency: int) -> None:
    provider, left_out = spent_of(kind, concurrency, 1.0, goes_by_length=True, application=True)
    assert left_out
    assert provider.peak > 3
    assert 1.0 <= sum(provider.costs) <= 1.0 + max(provider.costs)


def test_a_large_budget_holds_no_call_back() -> None:
    provider, left_out = spent_of("even", 40, 1000.0)
    assert not left_out
    assert provider.peak == 40


def test_calls_go_on_side_by_side_until_the_end_is_near() -> None:
    provider, _ = spent_of("alike", 16, 5.0)
    assert provider.peak == 16


def test_what_a_call_may_take_is_learnt_from_the_longest_answers() -> None:
    request, bounded = Request([]), Request([], params={"max_tokens": 300})

    def most(known: Known, request: Request = request, age_s: float = 0.0) -> float:
        return round(most_tokens(request, (10.0, 200.0), known, age_s)[1])

    assert (most(Known()), most(Known(), bounded)) == (16_384, 300)
    few, many = Known(1, 500, longest_s=2), Known(10_000, 500, longest_s=2)
    assert (most(few), most(few, bounded)) == (16_384, 300)
    assert (most(many), most(Known(10_000, 100), bounded)) == (508, 100)
    # what takes longer than all that have ended may be anything
    assert (most(many, age_s=2.0), most(many, age_s=2.1)) == (508, 16_384)
    # the more do, the more may follow
    assert most(Known(10_000, 500, longest_s=2, outlasting=100)) == 500 + 332
    # as many in flight as have ended say that half is not known yet
    assert most(Known(10_000, 5000, longest_s=2, in_flight=10_000)) == 10_000
    assert caution(0) == caution(1) == 2


def test_no_call_is_started_once_the_controller_has_been_interrupted(tmp_path: Path) -> None:
    spec = ProviderSpec(name="p", provider="writing")
    provider = Writing(spec, KINDS["alike"], 0)
    quotas = Quotas(tmp_path / "shared")
    client = ProviderClient(Limits(4, lambda _: None), lambda _: provider, None, quotas=quotas)

    async def ask() -> None:
        await client.call(spec, Request([]))
        (tmp_path / STOPPED).touch()
        with pytest.raises(asyncio.CancelledError):
            await client.call(spec, Request([]))

    asyncio.run(ask())
    assert quotas.stopped
    assert len(provider.costs) == 1
