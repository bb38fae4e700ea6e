"""What a baseline can show is said before anything broke, and agrees with the gate's own rules."""

from __future__ import annotations

import pytest
from gate_runs import cell_of, kept

from pytest_arena.comparison.gate.forecast import forecast


@pytest.mark.parametrize(
    ("marks", "provable", "again", "seldom"),
    [
        (["P"] * 10, 10, 10, 0),
        (["PPP"] * 10, 10, 10, 0),
        (["PPPPP"] * 8 + ["FFFFF"] * 2, 8, 8, 2),
        (["PF"] * 4, 0, 4, 4),
    ],
)
def test_it_counts_the_cells_that_would_be_named(
    marks: list[str], provable: int, again: int, seldom: int
) -> None:
    found = forecast(kept(*(cell_of(own, f"case {n}") for n, own in enumerate(marks))))
    assert found is not None
    assert (found.cells, found.provable, found.again) == (len(marks), provable, again)
    assert found.seldom == seldom


def test_larger_drops_and_larger_baselines_are_seen_more_often() -> None:
    small = forecast(kept(*(cell_of("PPPPPPPF", f"case {n}") for n in range(40))))
    large = forecast(kept(*(cell_of("PPPPPPPF" * 2, f"case {n}") for n in range(160))))
    assert small is not None
    assert large is not None
    assert small.seen[0][1] < small.seen[1][1] < large.seen[1][1]
    assert small.seen[0][1] < large.seen[0][1]


def test_a_single_case_that_always_passed_shows_no_small_drop_and_a_failed_one_none() -> None:
    always = forecast(kept(cell_of("PPPPP")))
    many = forecast(kept(*(cell_of("PPPPP", f"case {n}") for n in range(100))))
    never = forecast(kept(*(cell_of("FFFFF", f"case {n}") for n in range(5))))
    assert always is not None
    assert many is not None
    assert never is not None
    assert [chance < 0.15 for _, chance in always.seen] == [True, True]
    assert [chance > 0.95 for _, chance in many.seen] == [True, True]
    assert [chance for _, chance in never.seen] == [0.0, 0.0]


def test_it_is_said_in_a_few_sentences() -> None:
    found = forecast(kept(*(cell_of("PPPPF", f"case {n}") for n in range(20))))
    assert found is not None
    assert found.sentence == (
        "This baseline (5 trials a cell) can prove 20 of 20 cells if one stops passing. "
        "5 points off everything: seen in 10 %, 10 points off everything: seen in 28 % "
        "(a warning where a provider's day may do that). With the old version asked again: "
        "every cell."
    )


def test_answers_that_are_always_the_same_need_no_forecast() -> None:
    assert forecast(kept(cell_of("P", source="mock"))) is None
