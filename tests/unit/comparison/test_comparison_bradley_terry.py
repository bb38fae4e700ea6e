"""Bradley-Terry strengths, their errors, and what happens where no estimate exists."""

from __future__ import annotations

import random
from math import isfinite, log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.stats.bradley_terry import (
    ELO,
    bootstrap_errors,
    bradley_terry,
    wins_of,
)


def test_eight_wins_to_two_have_the_reference_values() -> None:
    wins = [[0.0, 8.0], [2.0, 0.0]]
    first, second = bradley_terry(wins).values
    assert first - second == pytest.approx(log(4))
    assert (first - second) * ELO == pytest.approx(240.82, abs=5e-3)


def test_strengths_agree_with_a_logistic_regression() -> None:
    import numpy as np
    import statsmodels.api as sm

    wins = [[0, 12, 9, 14], [8, 0, 11, 10], [6, 9, 0, 13], [5, 7, 6, 0]]
    rows, won = [], []
    for i in range(4):
        for j in range(4):
            row = [0.0] * 4
            row[i], row[j] = 1.0, -1.0
            if i < j:
                rows.append(row[1:])
                won.append([wins[i][j], wins[j][i]])
    fitted = sm.GLM(np.array(won), np.array(rows), family=sm.families.Binomial()).fit()
    own = bradley_terry([[float(n) for n in row] for row in wins]).values
    assert [value - own[0] for value in own[1:]] == pytest.approx(list(fitted.params), abs=1e-6)


def test_one_that_always_wins_is_shrunk_and_says_so() -> None:
    strengths = bradley_terry([[0.0, 10.0], [0.0, 0.0]])
    assert strengths.shrunk
    assert 0 < strengths.values[0] - strengths.values[1] < log(10.5 / 0.5) + 1e-9


def test_those_that_never_met_are_level() -> None:
    strengths = bradley_terry([[0.0, 0.0], [0.0, 0.0]])
    assert strengths.shrunk
    assert strengths.values == pytest.approx((0.0, 0.0))


def test_ties_count_half_a_win_each() -> None:
    assert wins_of({(0,): 4, (1,): 3, (-1,): 1, (2,): 5}, 2) == [[0, 5], [3, 0]]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=4, max_size=4))
def test_strengths_are_always_finite_and_centred(wins: list[list[int]]) -> None:
    matrix = [[float(n) if i != j else 0.0 for j, n in enumerate(r)] for i, r in enumerate(wins)]
    values = bradley_terry(matrix).values
    assert all(isfinite(value) for value in values)
    assert sum(values) == pytest.approx(0, abs=1e-6)


def test_bootstrap_errors_are_those_of_the_information_where_cases_are_independent() -> None:
    generator = random.Random(2)
    patterns: dict[tuple[int, ...], int] = {}
    for outcome in generator.choices((1, -1), (0.65, 0.35), k=200):
        patterns[(outcome,)] = patterns.get((outcome,), 0) + 1
    errors = bootstrap_errors(patterns, 2, rounds=400)
    won, lost = patterns[(1,)], patterns[(-1,)]
    # The error of a strength from the mean of two is half that of their difference, a log odds.
    assert errors[0] == pytest.approx(sqrt(1 / won + 1 / lost) / 2, rel=0.12)


def test_bootstrap_does_not_depend_on_the_order_of_cases() -> None:
    patterns = {(1, 0, -1): 5, (0, 0, 0): 9, (-1, 1, 1): 4}
    turned = dict(reversed(patterns.items()))
    assert bootstrap_errors(patterns, 3) == bootstrap_errors(turned, 3)


@pytest.mark.parametrize("fields", [1, 3])
def test_nothing_to_resample_has_no_spread(fields: int) -> None:
    assert bootstrap_errors({}, fields) == [0.0] * fields
