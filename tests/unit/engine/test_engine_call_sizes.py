"""What is known of the sizes of calls, over processes together."""

from __future__ import annotations

import pytest

from pytest_arena.engine.calling.call_sizes import CallSizes, Known
from pytest_arena.engine.calling.provider_state import most_usd
from pytest_arena.engine.calling.shared_state import SharedTable


class Mortal(SharedTable):
    """A table one of whose processes has died."""

    dead: frozenset[int] = frozenset()

    def lives(self, owner: int) -> bool:
        return owner not in self.dead


def test_processes_learn_of_each_other() -> None:
    now = [0.0]
    table = SharedTable()
    one, two = (CallSizes(table, process, lambda: now[0]) for process in (1, 2))
    assert one.known()("p", "tokens") == Known()
    started = [one.start("p"), two.start("p"), two.start("p"), two.start("q")]
    now[0] = 3.0
    one.hear("p", "tokens", 500, started[0])
    one.end("p", started[0])
    two.hear("p", "tokens", 100, started[1])
    two.hear("p", "dollars", 0.25, started[1])
    two.end("p", started[1])
    for sizes in (one, two):
        size_of = sizes.known()
        assert size_of("p", "tokens") == Known(2, 500, longest_s=3, in_flight=1, outlasting=0)
        assert size_of("p", "dollars") == Known(1, 0.25, longest_s=3, in_flight=1, outlasting=0)
        assert size_of("q", "tokens") == Known(in_flight=1, outlasting=1)


def test_a_call_outlasts_all_once_it_takes_longer_than_any() -> None:
    now = [0.0]
    sizes = CallSizes(SharedTable(), 1, lambda: now[0])
    quick, slow = sizes.start("p"), sizes.start("p")
    now[0] = 2.0
    sizes.end("p", quick)
    sizes.hear("p", "tokens", 10, quick)
    assert sizes.known()("p", "tokens").outlasting == 0
    now[0] = 2.5
    assert sizes.known()("p", "tokens").outlasting == 1
    sizes.end("p", slow)
    assert sizes.known()("p", "tokens") == Known(1, 10, longest_s=2)


def test_what_a_dead_process_had_in_flight_is_no_more() -> None:
    table = Mortal()
    dying, living = CallSizes(table, 1, lambda: 0.0), CallSizes(table, 2, lambda: 0.0)
    dying.start("p")
    assert living.known()("p", "tokens").in_flight == 1
    table.dead = frozenset({1})
    assert living.known()("p", "tokens").in_flight == 0


def test_a_call_of_an_application_may_be_ten_times_as_dear_as_all_before_it() -> None:
    few, many = Known(1, 0.5, longest_s=2), Known(10_000, 0.5, longest_s=2)
    assert most_usd(few, 0.0) == 5
    assert most_usd(many, 0.0) == pytest.approx(0.5, rel=0.01)
    assert most_usd(many, 2.1) == 5
