"""The gate's tests agree with scipy, and have the reference values of the design."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.stats.exact_tests import fewer_now, fisher_worse


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


@pytest.mark.parametrize(("worse", "better"), [(5, 1), (12, 3), (0, 4), (9, 0), (0, 0)])
def test_mcnemar_agrees_with_the_binomial(worse: int, better: int) -> None:
    from scipy.stats import binomtest

    expected = 1.0
    if worse + better:
        expected = binomtest(worse, worse + better, alternative="greater").pvalue
    assert fewer_now(worse, better) == pytest.approx(expected)
