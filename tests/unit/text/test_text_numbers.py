"""Numbers as people read them."""

from __future__ import annotations

import pytest

from pytest_arena.text.numbers import counted, number


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
