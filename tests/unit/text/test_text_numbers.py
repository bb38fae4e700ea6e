"""Numbers as people read them."""

from __future__ import annotations

import pytest

from pytest_arena.text.numbers import counted, number, reaches, stays_within


@pytest.mark.parametrize(
    ("value", "noun", "written"),
    [
        (0, "call", "0 calls"),
        (1, "call", "1 call"),
        (1.0, "call", "1 call"),
        (2, "irreversible call", "2 irreversible calls"),
        (1_200, "token", "1,200 tokens"),
        (1.5, "edit", "1.5 edits"),
    ],
)
def test_only_one_is_counted_in_the_singular(value: float, noun: str, written: str) -> None:
    assert counted(value, noun) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (12_345, "12,345"), (0.5, "0.5"), (2 / 3, "0.667"), (3.0, "3"), (1234.5, "1,234.5")],
)
def test_a_number_has_thousands_and_at_most_three_decimals(value: float, written: str) -> None:
    assert number(value) == written


SUM = 0.1 + 0.2
NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "bound", "is_enough", "is_within"),
    [
        (SUM, 0.3, True, True),
        (sum([0.7, 0.2, 0.1]), 1, True, True),
        (-SUM, -0.3, True, True),
        (0.0, 0.0, True, True),
        (0.0, 1e-300, False, True),
        (0.3000001, 0.3, True, False),
        (1_700_000_000.5, 1_700_000_000.25, True, False),
        # what was counted has no rounding
        (10**15 + 1, 1e15, True, False),
        (10**15 - 1, 1e15, False, True),
        (10**400, 2.0, True, False),
        (-(10**400), 2.0, False, True),
        (float("inf"), 2.0, True, False),
        (NAN, 1.0, False, False),
    ],
)
def test_rounding_keeps_nothing_from_its_bound_and_lets_nothing_else_pass(
    value: float, bound: float, is_enough: bool, is_within: bool
) -> None:
    assert (reaches(value, bound), stays_within(value, bound)) == (is_enough, is_within)
