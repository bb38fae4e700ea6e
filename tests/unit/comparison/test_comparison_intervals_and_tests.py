"""The formulas give the reference values of the design, and agree with scipy and statsmodels."""

from __future__ import annotations

import itertools
import random
from math import isfinite, sqrt
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.stats import intervals_and_tests as own
from pytest_arena.comparison.stats.student_t import student_t95


def bounds(estimate: own.Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    [(8, 10, 0.490162, 0.943318), (0, 10, 0.0, 0.277533), (10, 10, 0.722467, 1.0)],
)
def test_wilson_has_the_reference_values(passed: int, total: int, low: float, high: float) -> None:
    assert bounds(own.wilson(passed, total)) == pytest.approx((low, high), abs=5e-7)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(1, 400))
def test_wilson_agrees_with_statsmodels(passed: int, total: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    passed = min(passed, total)
    expected = proportion_confint(passed, total, method="wilson")
    assert bounds(own.wilson(passed, total)) == pytest.approx(expected, abs=1e-9)


def test_wilson_of_nothing_is_no_estimate() -> None:
    assert own.wilson(0, 0) is None


def test_the_paired_difference_has_the_reference_mean_and_error() -> None:
    differences = [1.0] * 9 + [-1.0] + [0.0] * 20
    assert own.standard_error(differences) == pytest.approx(0.0950902, abs=5e-8)
    estimate = own.newcombe_paired(10, 9, 1, 10)
    assert estimate is not None
    assert estimate.value == pytest.approx(0.266667, abs=5e-7)


def newcombe_by_the_book(e: int, f: int, g: int, h: int) -> tuple[float, float]:
    """Method 10 written out anew, with Wilson's limits from statsmodels."""
    from statsmodels.stats.proportion import proportion_confint

    n = e + f + g + h
    l2, u2 = proportion_confint(e + f, n, method="wilson")
    l3, u3 = proportion_confint(e + g, n, method="wilson")
    p2, p3 = (e + f) / n, (e + g) / n
    product = (e + f) * (g + h) * (e + g) * (f + h)
    a = e * h - f * g
    b = max(a - n / 2, 0) if a > 0 else a
    phi = b / sqrt(product) if product else 0
    delta = sqrt(max(0, (p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u3 - p3) + (u3 - p3) ** 2))
    epsilon = sqrt(max(0, (u2 - p2) ** 2 - 2 * phi * (u2 - p2) * (p3 - l3) + (p3 - l3) ** 2))
    return p2 - p3 - delta, p2 - p3 + epsilon


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_newcombe_agrees_with_the_formula_written_out(counts: tuple[int, int, int, int]) -> None:
    expected = newcombe_by_the_book(*counts)
    assert bounds(own.newcombe_paired(*counts)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_newcombe_turns_around_when_the_providers_change_places(
    counts: tuple[int, int, int, int],
) -> None:
    both, first, second, neither = counts
    low, high = bounds(own.newcombe_paired(both, first, second, neither))
    assert bounds(own.newcombe_paired(both, second, first, neither)) == pytest.approx((-high, -low))


def test_newcombe_covers_the_true_difference_about_as_often_as_it_says() -> None:
    chances = (0.5, 0.2, 0.1, 0.2)
    generator = random.Random(3)
    covered = 0
    for _ in range(1500):
        counts = [0, 0, 0, 0]
        for kind in generator.choices(range(4), chances, k=40):
            counts[kind] += 1
        low, high = bounds(own.newcombe_paired(*counts))
        covered += low <= 0.1 <= high
    assert 0.93 < covered / 1500 < 0.98


def test_newcombe_without_a_pair_is_no_estimate() -> None:
    assert own.newcombe_paired(0, 0, 0, 0) is None


def test_newcombe_of_one_pair_is_no_certainty() -> None:
    low, high = bounds(own.newcombe_paired(1, 0, 0, 0))
    assert low < -0.5
    assert high > 0.5


@pytest.mark.parametrize(("b", "c", "p"), [(1, 9, 0.021484375), (0, 6, 0.03125), (0, 0, 1.0)])
def test_mcnemar_has_the_reference_values(b: int, c: int, p: float) -> None:
    assert own.mcnemar_exact(b, c) == p
    assert own.mcnemar_exact(c, b) == p


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_agrees_with_scipy(b: int, c: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(b, b + c).pvalue if b + c else 1.0
    assert own.mcnemar_exact(b, c) == pytest.approx(min(1.0, expected), rel=1e-9)


def test_sign_flip_has_the_reference_value() -> None:
    differences = [0.1, 0.2, -0.05, 0.3, 0.15, 0, 0.25]
    assert sum(differences) / 7 == pytest.approx(0.135714, abs=5e-7)
    assert own.sign_flip(differences) == pytest.approx(0.0625)


@settings(deadline=None)
@given(st.lists(st.integers(-12, 12), min_size=1, max_size=10))
def test_sign_flip_is_the_count_over_all_patterns(tenths: list[int]) -> None:
    differences = [value / 10 for value in tenths]
    observed = abs(sum(tenths))
    patterns = itertools.product((1, -1), repeat=len(tenths))
    extreme = [
        abs(sum(sign * value for sign, value in zip(signs, tenths, strict=True))) >= observed
        for signs in patterns
    ]
    assert own.sign_flip(differences) == pytest.approx(sum(extreme) / len(extreme))


def test_sign_flip_of_many_different_values_is_seeded_and_close_to_normal() -> None:
    from scipy.stats import norm

    generator = random.Random(5)
    differences = [generator.gauss(0.08, 0.5) for _ in range(120)]
    p_value = own.sign_flip(differences)
    z = sum(differences) / sqrt(sum(d * d for d in differences))
    assert p_value == own.sign_flip(differences)
    assert p_value == own.sign_flip(list(reversed(differences)))
    assert p_value == pytest.approx(2 * norm.sf(abs(z)), abs=0.02)


@pytest.mark.parametrize("differences", [[], [0.0], [0.0, 0.0]])
def test_sign_flip_of_no_difference_is_one(differences: list[float]) -> None:
    assert own.sign_flip(differences) == 1.0


def test_the_clustered_error_has_the_reference_value() -> None:
    values = [1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    clusters = [cluster for cluster in "abcd" for _ in range(3)]
    assert own.clustered_error(values, clusters) == pytest.approx(0.186339, abs=5e-7)


def test_the_error_of_one_cluster_is_undefined() -> None:
    assert own.clustered_error([1, 0, 1], ["a", "a", "a"]) is None
    assert own.clustered_error([], []) is None


def test_pass_at_and_pass_all_have_the_reference_values() -> None:
    assert own.pass_at(10, 3, 5) == pytest.approx(0.916667, abs=5e-7)
    assert own.pass_all(10, 3, 2) == pytest.approx(0.066667, abs=5e-7)


@pytest.mark.parametrize("k", [0, 11])
def test_pass_at_more_trials_than_were_made_is_undefined(k: int) -> None:
    assert own.pass_at(10, 3, k) is None
    assert own.pass_all(10, 3, k) is None


def test_adjusted_p_values_have_the_reference_values() -> None:
    given_p = [0.01, 0.04, 0.03, 0.005]
    assert own.benjamini_hochberg(given_p) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_agree_with_statsmodels(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    # statsmodels collects garbage at every call, which takes minutes among many other tests.
    with mock.patch("gc.collect"):
        benjamini_hochberg = multipletests(p_values, method="fdr_bh")[1]
    assert own.benjamini_hochberg(p_values) == pytest.approx(benjamini_hochberg)


def test_adjusting_no_p_value_gives_none() -> None:
    assert own.benjamini_hochberg([]) == []


def test_the_cases_needed_have_the_reference_value() -> None:
    assert own.cases_needed(0.03, between=1 / 9) == 969


def test_no_number_of_cases_shows_no_difference() -> None:
    assert own.cases_needed(0, between=0.1) is None


@pytest.mark.parametrize("differences", [[0.5], [0.25, 0.25, 0.25]])
def test_a_mean_without_variance_has_no_interval(differences: list[float]) -> None:
    estimate = own.paired_mean(differences)
    assert estimate is not None
    assert estimate.value == differences[0]
    assert estimate.low is None
    assert estimate.high is None


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=12))
def test_a_mean_is_finite_and_does_not_depend_on_the_order(differences: list[float]) -> None:
    estimate = own.paired_mean(differences)
    assert estimate is not None
    assert estimate == own.paired_mean(sorted(differences))
    assert all(isfinite(x) for x in (estimate.value, estimate.low, estimate.high) if x is not None)


def test_holm_has_the_reference_values() -> None:
    assert own.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert own.holm([0.6, 0.7]) == [1.0, 1.0]
    assert own.holm([]) == []


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 29, 500])
def test_students_t_is_that_of_scipy(freedom: int) -> None:
    from scipy.stats import t

    assert student_t95(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=1e-9)


def test_the_mean_of_clusters_has_the_interval_of_statsmodels() -> None:
    import numpy as np
    import statsmodels.api as sm

    values = [1, 1, 0.5, 0, 0, -0.25, 1, 0.5, 0, -1, 0, 0.75]
    clusters = [0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 4, 4]
    model = sm.OLS(np.array(values), np.ones(len(values)))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": np.array(clusters)}, use_t=True)
    found = own.clustered_mean(values, clusters)
    assert bounds(found) == pytest.approx(tuple(fitted.conf_int()[0]))


def test_a_mean_of_clusters_that_are_alike_or_alone_has_no_interval() -> None:
    assert own.clustered_mean([1.0, 0.0], "aa") == own.Estimate(0.5, None, None, 2)
    assert own.clustered_mean([0.5, 0.5, 0.5], "aab") == own.Estimate(0.5, None, None, 3)
    assert own.clustered_mean([], []) is None
