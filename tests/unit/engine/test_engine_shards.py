"""Machines that tell each other nothing deal alike, and keep limits together."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.engine.calling.shards import (
    Bounds,
    BudgetParts,
    Shard,
    Work,
    deal_to_shards,
    shares,
)

names = st.sampled_from(["openai-mini", "local", "a", "ü", ""])
counts = st.integers(1, 12)
works = st.lists(
    st.builds(
        lambda provider, calls, duration: (provider or None, calls, duration),
        names,
        st.integers(0, 5),
        st.floats(0, 100),
    ),
    max_size=60,
).map(lambda rows: [Work(f"a.yaml::{n}", *row) for n, row in enumerate(rows)])
bounds = st.builds(
    Bounds,
    st.integers(1, 40),
    st.dictionaries(names, st.integers(1, 30), max_size=4),
    st.sets(names),
)


def shards(count: int, at_once: int) -> list[Shard]:
    return [Shard(number, count, min(at_once, count)) for number in range(1, count + 1)]


@given(works, counts, counts, bounds, st.sets(names), st.integers())
def test_every_machine_deals_alike_whatever_the_order(
    given: list[Work], count: int, at_once: int, limits: Bounds, together: set[str], seed: int
) -> None:
    shuffled = list(given)
    Random(seed).shuffle(shuffled)
    dealt = [
        deal_to_shards(order, shard, limits, together)
        for shard, order in zip(shards(count, at_once), [given, *[shuffled] * count], strict=False)
    ]
    assert all(one == dealt[0] for one in dealt)
    assert dealt[0].keys() == {work.id for work in given}


@given(works, counts, counts, bounds)
def test_a_cell_goes_where_its_provider_has_a_place(
    given: list[Work], count: int, at_once: int, limits: Bounds
) -> None:
    shard = Shard(1, count, min(at_once, count))
    dealt = deal_to_shards(given, shard, limits)
    for work in given:
        limit = limits.limits.get(work.provider or "")
        if limit is not None:
            assert shard.places(work.provider or "", limit)[dealt[work.id]] > 0


@given(names, st.integers(1, 60), counts, counts)
def test_shards_that_run_at_once_keep_to_a_limit_together(
    name: str, limit: int, count: int, at_once: int
) -> None:
    at_once = min(at_once, count)
    places = Shard(1, count, at_once).places(name, limit)
    assert sum(sorted(places, reverse=True)[:at_once]) <= limit
    assert sum(places) == limit or at_once < count
    rates = [shard.of_rate(name, limit) for shard in shards(count, at_once)]
    working = sorted((r for r, p in zip(rates, places, strict=True) if p), reverse=True)
    assert sum(working[:at_once]) <= 1 + 1e-9


@given(works, counts, bounds, st.sets(names, min_size=1))
def test_what_is_under_load_stays_in_one_shard(
    given: list[Work], count: int, limits: Bounds, together: set[str]
) -> None:
    dealt = deal_to_shards(given, Shard(1, count, count), limits, together)
    for name in together:
        assert len({dealt[work.id] for work in given if work.provider == name}) <= 1


def test_cells_of_a_kind_are_spread_evenly() -> None:
    given = [Work(f"{n}", "m" if n % 2 else "k", 1, 1.0) for n in range(40)]
    dealt = list(deal_to_shards(given, Shard(1, 4, 4), Bounds(16)).values())
    assert [dealt.count(index) for index in range(4)] == [10] * 4


def test_known_times_make_the_shards_take_equally_long() -> None:
    random = Random(7)
    given = [Work(f"{n}", random.choice("abc"), 1, random.expovariate(1)) for n in range(400)]
    dealt = deal_to_shards(given, Shard(1, 8, 8), Bounds(16))
    times = [0.0] * 8
    for work in given:
        times[dealt[work.id]] += work.duration
    assert max(times) - min(times) < 0.02 * sum(times) / 8


def test_a_paced_providers_cells_are_spread_by_themselves() -> None:
    given = [Work(f"slow {n}", "other", 1, 5.0) for n in range(2)]
    given += [Work(f"{n}", "paced", 1, 1.0) for n in range(40)]
    dealt = deal_to_shards(given, Shard(1, 4, 4), Bounds(16, paced={"paced"}))
    own = [dealt[work.id] for work in given if work.provider == "paced"]
    assert [own.count(index) for index in range(4)] == [10] * 4


def test_where_few_run_at_once_each_has_more() -> None:
    assert Shard(2, 100, 10).of_limit("m", 25) == 2
    assert Shard(2, 100, 100).of_limit("m", 250) in (2, 3)
    assert Shard(2, 100, 10).of_rate("m", None) == pytest.approx(0.1)
    assert Shard().of_limit("m", 25) == 25
    assert Shard().of_rate("m", None) == 1


def test_budgets_are_shared_by_calls() -> None:
    found = shares([("a.yaml", 3, True), ("a.yaml", 1, False), ("b.yaml", 2, False)])
    assert found == {"a.yaml": 0.75, "b.yaml": 0.0}
    parts = BudgetParts(0.25, files=found)
    assert (parts.of_file("a.yaml"), parts.of_provider("judge")) == (0.75, 0.25)
