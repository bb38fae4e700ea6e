"""The gate's tests agree with scipy, and have the reference values of the design."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.stats.exact_tests import (
    fisher_worse,
    sign_flip_worse,
    smallest_p,
    trials_wanted,
)
from pytest_arena.comparison.stats.intervals_and_tests import holm, mcnemar_exact, sign_flip


def test_three_trials_against_three_can_never_be_significant_alone() -> None:
    # two-sided, as the design counts it; one-sided it is .05, above half of alpha
    from scipy.stats import fisher_exact

    assert fisher_exact([[3, 0], [0, 3]]).pvalue == pytest.approx(0.1)
    assert smallest_p(3, 3, 3) == pytest.approx(0.05)
    assert smallest_p(3, 3, 3) > 0.05 / 2


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_fisher_agrees_with_scipy(a: int, before: int, c: int, now: int) -> None:
    from scipy.stats import fisher_exact, hypergeom

    a, c = min(a, before), min(c, now)
    own = fisher_worse(a, before, c, now)
    table = [[c, now - c], [a, before - a]]
    assert own == pytest.approx(fisher_exact(table, alternative="less").pvalue, abs=1e-9)
    assert own == pytest.approx(hypergeom.cdf(c, before + now, a + c, now), abs=1e-9)


@given(st.integers(0, 9), st.integers(0, 9))
def test_fisher_without_a_trial_on_one_side_tells_nothing(passed: int, total: int) -> None:
    passed = min(passed, total)
    assert fisher_worse(passed, total, 0, 0) == 1.0
    assert fisher_worse(0, 0, passed, total) == 1.0


def test_fisher_of_sides_that_are_alike_tells_nothing() -> None:
    assert fisher_worse(20, 20, 8, 8) == 1.0
    assert fisher_worse(0, 20, 0, 8) == 1.0


def test_fisher_is_exact_for_many_trials() -> None:
    from scipy.stats import hypergeom

    expected = hypergeom.cdf(4000, 10000, 8500, 5000)
    assert fisher_worse(4500, 5000, 4000, 5000) == pytest.approx(expected, rel=1e-6)


def test_the_baseline_needs_two_trials_for_eight_fresh_ones_to_show_a_regression() -> None:
    assert trials_wanted(8, 0.025) == 2
    assert smallest_p(1, 1, 8) == pytest.approx(1 / 9)
    assert smallest_p(2, 2, 8) == pytest.approx(1 / 45)
    assert trials_wanted(1, 0.0001, most=50) is None


def test_sign_flip_has_half_of_the_two_sided_reference_value() -> None:
    drops = [Fraction(text) for text in (".1", ".2", "-.05", ".3", ".15", "0", ".25")]
    assert sign_flip_worse(drops) == pytest.approx(0.0625 / 2)


@pytest.mark.parametrize(("worse", "better", "two_sided"), [(9, 1, 0.021484375), (6, 0, 0.03125)])
def test_sign_flip_of_single_trials_is_mcnemar(worse: int, better: int, two_sided: float) -> None:
    drops = [Fraction(1)] * worse + [Fraction(-1)] * better + [Fraction(0)] * 20
    assert sign_flip_worse(drops) == pytest.approx(two_sided / 2)
    assert mcnemar_exact(better, worse) == pytest.approx(two_sided)


fractions = st.fractions(min_value=-1, max_value=1, max_denominator=60)


@settings(deadline=None)
@given(st.lists(fractions, min_size=0, max_size=9))
def test_sign_flip_counts_every_pattern(drops: list[Fraction]) -> None:
    patterns = list(product((1, -1), repeat=len(drops)))
    observed = sum(drops)
    extreme = sum(
        sum(s * d for s, d in zip(signs, drops, strict=True)) >= observed for signs in patterns
    )
    assert sign_flip_worse(drops) == pytest.approx(extreme / len(patterns))


@settings(deadline=None, max_examples=25)
@given(st.lists(fractions, min_size=2, max_size=9).filter(any))
def test_sign_flip_agrees_with_scipy(drops: list[Fraction]) -> None:
    import numpy as np
    from scipy.stats import permutation_test

    # whole numbers, so that scipy does not take rounding for a difference
    whole = np.array([int(d * 2**20) for d in drops], dtype=float)
    expected = permutation_test(
        (whole,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="greater"
    )
    own = sign_flip_worse([Fraction(int(value)) for value in whole])
    assert own == pytest.approx(expected.pvalue)


@settings(deadline=None)
@given(st.lists(fractions, max_size=40), st.randoms())
def test_sign_flip_does_not_depend_on_the_order(drops: list[Fraction], chance: Random) -> None:
    mixed = list(drops)
    chance.shuffle(mixed)
    assert sign_flip_worse(mixed) == sign_flip_worse(drops)


def test_sign_flip_of_hundreds_of_cases_stays_close_to_the_two_sided_test() -> None:
    drops = [Fraction(k % 7 - 2, 64) for k in range(60)]
    assert sign_flip_worse(drops) == pytest.approx(sign_flip([float(d) for d in drops]) / 2, 1e-6)


def test_sign_flip_beyond_its_exact_size_is_close_to_the_binomial() -> None:
    worse, better = 260, 210
    drops = [Fraction(1)] * worse + [Fraction(-1)] * better
    exact = sum(comb(470, k) for k in range(better + 1)) / 2**470
    assert sign_flip_worse(drops) == pytest.approx(exact, abs=0.002)


def test_sign_flip_with_unruly_denominators_is_put_on_a_grid() -> None:
    drops = [Fraction(k % 5 - 1, 97 + k) for k in range(200)]
    by_normal = sum(map(float, drops)) / sum(float(d) ** 2 for d in drops) ** 0.5
    from scipy.stats import norm

    assert sign_flip_worse(drops) == pytest.approx(norm.sf(by_normal), abs=0.002)


@pytest.mark.parametrize("drops", [[], [Fraction(0)], [Fraction(0)] * 500])
def test_sign_flip_of_nothing_tells_nothing(drops: list[Fraction]) -> None:
    assert sign_flip_worse(drops) == 1.0


def test_sign_flip_of_a_suite_that_became_better_is_not_worse() -> None:
    assert sign_flip_worse([Fraction(-1)] * 10) == 1.0
    assert sign_flip_worse([Fraction(-1)] * 500) == pytest.approx(1.0)


def test_holm_has_the_reference_values() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
