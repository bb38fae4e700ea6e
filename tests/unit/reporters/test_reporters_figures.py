"""Numbers read well, and never say more than they know."""

from __future__ import annotations

import pytest

from pytest_arena.comparison.differences import Difference
from pytest_arena.comparison.stats.intervals_and_tests import Estimate
from pytest_arena.comparison.summary import Spending
from pytest_arena_reporters import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.4321, "0.43 ms"),
        (812.4, "812 ms"),
        (999.6, "1.00 s"),
        (1944, "1.94 s"),
        (12_340, "12.3 s"),
        (59_949, "59.9 s"),
        (125_000, "2 min 5 s"),
    ],
)
def test_times_have_a_unit_that_fits(value: float | None, text: str) -> None:
    assert figures.milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "$0"),
        (0.000051, "$0.0000510"),
        (0.00123, "$0.00123"),
        (0.123, "$0.123"),
        (4.2, "$4.20"),
        (1234.5, "$1,234"),
        (1e-12, "<$0.000000001"),
    ],
)
def test_money_has_three_significant_digits(value: float | None, text: str) -> None:
    assert figures.dollars(value) == text


def test_a_lower_bound_of_the_cost_is_marked() -> None:
    assert figures.spent(Spending(0.5, None, None, 3)) == "$0.500+"
    assert figures.spent(Spending(0.5, None, None, 0)) == "$0.500"
    assert figures.spent(Spending(None, None, None, 3)) == "–"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (980, "980"), (12_345, "12.3k"), (4_560_000, "4.56M")]
)
def test_counts_are_short(value: int | None, text: str) -> None:
    assert figures.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0211, "p = .021"), (0.00001, "p < .001"), (1.0, "p = 1"), (0.9, "p = .900")],
)
def test_p_values_are_never_zero(value: float, text: str) -> None:
    assert figures.p_value(value) == text


def test_a_difference_turns_with_the_point_of_view() -> None:
    pair = Difference("a", "b", Estimate(0.27, 0.08, 0.43, 30), 9, 1, 20, 0.02, 0.04)
    assert figures.against("b", "a", (pair,)) == "+27 points (+8 to +43), p = .040"
    assert figures.against("a", "b", (pair,)) == "−27 points (−43 to −8), p = .040"
    assert figures.against("a", "a", (pair,)) == "–"


def test_a_difference_without_interval_is_the_difference_alone() -> None:
    assert figures.difference(Estimate(0.01, None, None, 3)) == "+1 point"
    assert figures.difference(Estimate(0.0, None, None, 3)) == "±0 points"
