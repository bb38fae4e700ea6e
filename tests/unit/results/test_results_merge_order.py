"""One order out of several: nothing is lost, and no sequence is contradicted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.results.merge_order import in_one_order

WHOLE = [f"case {number}" for number in range(12)]


@given(st.lists(st.sets(st.integers(0, 11)), max_size=5))
def test_parts_of_one_order_are_put_together_without_contradiction(parts: list[set[int]]) -> None:
    sequences = [[WHOLE[number] for number in sorted(part)] for part in parts]
    ordered = in_one_order(sequences, rank=lambda name: 0)
    assert sorted(ordered) == sorted({name for sequence in sequences for name in sequence})
    for sequence in sequences:
        places = [ordered.index(name) for name in sequence]
        assert places == sorted(places)


@given(st.lists(st.sets(st.integers(0, 11)), max_size=5))
def test_ranks_restore_the_whole_order(parts: list[set[int]]) -> None:
    sequences = [[WHOLE[number] for number in sorted(part)] for part in parts]
    ordered = in_one_order(sequences, rank=WHOLE.index)
    assert ordered == [name for name in WHOLE if any(name in s for s in sequences)]


@given(st.lists(st.permutations(list("abcde")), min_size=1, max_size=4))
def test_contradictions_lose_nothing_and_end(sequences: list[list[str]]) -> None:
    ordered = in_one_order(sequences, rank=lambda name: 0)
    assert sorted(ordered) == list("abcde")
    assert in_one_order(sequences, rank=lambda name: 0) == ordered


def test_what_is_left_open_goes_by_rank_then_by_sequence() -> None:
    assert in_one_order([["a", "d"], ["b", "c"]], rank=lambda name: 0) == ["a", "d", "b", "c"]
    assert in_one_order([["a", "d"], ["b", "c"]], rank=ord) == ["a", "b", "c", "d"]
