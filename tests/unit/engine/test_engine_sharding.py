"""Limits hold over all workers, and every cell is dealt to one of them."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.engine.calling.sharding import Share, deal

workers = st.integers(1, 9)
concurrency = st.integers(1, 200)
limits = st.integers(1, 300)
names = st.sampled_from(["openai-mini", "local", "a", "ü"])


@given(workers, concurrency)
def test_the_parts_of_the_whole_limit_add_up_to_it(count: int, limit: int) -> None:
    parts = [Share(slot, count).of_all(limit) for slot in range(count)]
    assert sum(parts) == limit
    assert max(parts) - min(part for part in parts if part) <= 1


@given(workers, concurrency, limits, names)
def test_the_parts_of_a_providers_limit_add_up_to_it(
    count: int, total: int, limit: int, name: str
) -> None:
    parts = [Share(slot, count).of_pool(name, limit, total) for slot in range(count)]
    assert sum(parts) == min(limit, total)


@given(workers, concurrency, st.integers(1, 5), st.lists(names, max_size=60))
def test_every_cell_goes_to_one_worker_that_has_a_place_for_it(
    count: int, total: int, limit: int, providers: list[str]
) -> None:
    dealt = deal(list(enumerate(providers)), lambda name: limit, total, count)
    assert sorted(index for share in dealt for index in share) == list(range(len(providers)))
    for slot, share in enumerate(dealt):
        assert share == sorted(share)
        for index in share:
            assert Share(slot, count).of_pool(providers[index], limit, total) > 0
            assert Share(slot, count).of_all(total) > 0


@given(st.integers(2, 6), names)
def test_cells_without_a_limit_are_spread_evenly(count: int, name: str) -> None:
    dealt = deal([(index, name) for index in range(120)], lambda _: None, 60, count)
    sizes = Counter(len(share) for share in dealt)
    assert max(sizes) - min(sizes) <= 60 // count + 1


@given(workers, concurrency, st.integers(1, 5), st.lists(names, max_size=60), st.sets(names))
def test_the_cells_of_a_provider_under_load_go_to_one_worker(
    count: int, total: int, limit: int, providers: list[str], under_load: set[str]
) -> None:
    dealt = deal(list(enumerate(providers)), lambda name: limit, total, count, under_load)
    assert sorted(index for share in dealt for index in share) == list(range(len(providers)))
    for name in under_load:
        homes = [slot for slot, share in enumerate(dealt) if name in {providers[i] for i in share}]
        assert len(homes) <= 1
        assert all(Share(slot, count).of_all(total) > 0 for slot in homes)
