"""The gate's tests agree with scipy and with brute force, and keep their level."""

from __future__ import annotations

from itertools import product
from math import exp, prod
from random import Random

import numpy as np
import pytest
from scipy import stats

from pytest_arena.comparison.stats.boschloo import boschloo_worse
from pytest_arena.comparison.stats.clustered import clustered_worse, turned_around
from pytest_arena.comparison.stats.pair_evidence import WAYS, pair_evidence
from pytest_arena.comparison.stats.stratified import Stratum, shortfall, stratified_worse

SHARES = [step / 20 for step in range(1, 20)]


@pytest.mark.parametrize(
    ("counts", "value"),
    [
        ((1, 1, 0), 3.22656), ((3, 3, 0), 37.404), ((4, 4, 0), 132.593), ((5, 5, 0), 479.106),
        ((6, 6, 0), 1756.78), ((8, 7, 0), 1046.53), ((8, 6, 1), 7.13044), ((12, 8, 0), 341.208),
        ((32, 29, 14), 1103.71), ((3, 3, 3), 0.186293), ((3, 0, 0), 0.107736),
        ((2, 1, 1), 0.138339), ((0, 0, 0), 1.0),
    ],
)  # fmt: skip
def test_the_evidence_of_pairs(counts: tuple[int, int, int], value: float) -> None:
    assert pair_evidence(*counts) == pytest.approx(value, rel=1e-5)


def test_evidence_is_at_most_one_on_average_wherever_the_new_version_is_no_worse() -> None:
    # from any state, one further pair multiplies each part of the mixture by such a factor
    for old, new, _ in WAYS:
        equal = (old + new) / 2
        for low, high in product(SHARES, SHARES):
            if high < low:
                continue
            of_old = low * old / equal + (1 - low) * (1 - old) / (1 - equal)
            of_new = high * new / equal + (1 - high) * (1 - new) / (1 - equal)
            assert of_old * of_new <= 1 + 1e-12
    assert sum(weight for *_, weight in WAYS) == pytest.approx(1)


@pytest.mark.parametrize(
    ("before", "now", "passed_before", "passed_now", "value"),
    [
        (1, 80, 1, 0, 0.0045696), (2, 10, 2, 0, 0.00448624), (2, 60, 1, 0, 0.0132744),
        (3, 10, 3, 0, 0.000891449), (3, 10, 3, 1, 0.00403757), (3, 40, 2, 0, 0.00105106),
        (5, 10, 5, 0, 7.13638e-5), (5, 40, 4, 0, 8.91394e-6), (20, 30, 18, 14, 0.000849929),
    ],
)  # fmt: skip
def test_boschloo_agrees_with_scipy(
    before: int, now: int, passed_before: int, passed_now: int, value: float
) -> None:
    found = boschloo_worse(passed_before, before, passed_now, now)
    assert found == pytest.approx(value, rel=1e-5)
    table = [[passed_now, passed_before], [now - passed_now, before - passed_before]]
    expected = stats.boschloo_exact(table, alternative="less", n=256).pvalue
    assert found == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(("before", "now"), [(1, 80), (2, 10), (3, 10), (5, 40)])
def test_boschloo_keeps_its_level_at_every_pass_rate(before: int, now: int) -> None:
    for level, rate in product((0.025, 0.001), SHARES):
        rejected = sum(
            stats.binom.pmf(old, before, rate) * stats.binom.pmf(new, now, rate)
            for old, new in product(range(before + 1), range(now + 1))
            if boschloo_worse(old, before, new, now) <= level
        )
        assert rejected <= level * 1.0005


def test_boschloo_without_trials_on_a_side_tells_nothing() -> None:
    assert boschloo_worse(0, 0, 0, 10) == boschloo_worse(3, 3, 0, 0) == 1.0


STRATA = [(3, 3, 3, 1), (3, 2, 3, 2), (2, 2, 3, 0), (5, 4, 3, 2)]


@pytest.mark.parametrize(("drift", "value"), [(0.0, 0.056285714), (0.5, 0.172740616)])
def test_the_test_over_strata_agrees_with_brute_force(drift: float, value: float) -> None:
    spreads = [stats.nchypergeom_fisher(n + m, s + c, m, exp(-drift)) for n, s, m, c in STRATA]
    passed = sum(c for *_, c in STRATA)
    brute = sum(
        prod(float(spread.pmf(x)) for spread, x in zip(spreads, counts, strict=True))
        for counts in product(range(4), repeat=4)
        if sum(counts) <= passed
    )
    assert stratified_worse(STRATA, drift) == pytest.approx(brute)
    assert stratified_worse(STRATA, drift) == pytest.approx(value, abs=1e-9)


def test_strata_that_all_pass_or_have_no_trials_say_nothing() -> None:
    assert stratified_worse([(1, 1, 20, 20), (3, 0, 3, 0), (0, 0, 3, 1), (3, 2, 0, 0)]) == 1.0
    assert stratified_worse([(3, 3, 3, 0)] * 5) == pytest.approx((1 / 20) ** 5)


def test_many_strata_of_every_size_take_no_time_and_are_never_understated() -> None:
    chance = Random(7)
    strata = []
    for _ in range(400):
        n, m = chance.randint(1, 20), chance.randint(1, 20)
        passed = sum(chance.random() < 0.9 for _ in range(n))
        strata.append((n, passed, m, sum(chance.random() < 0.85 for _ in range(m))))
    moved = [(s + c, n + m, n, m, c) for n, s, m, c in strata]
    mean = sum(m * t / both for t, both, n, m, c in moved)
    variance = sum(m * t / both * (1 - t / both) * n / (both - 1) for t, both, n, m, c in moved)
    z = (sum(c for *_, c in moved) + 0.5 - mean) / variance**0.5
    assert stratified_worse(strata) == pytest.approx(float(stats.norm.cdf(z)), rel=0.2)


@pytest.mark.parametrize("drift", [0.0, 0.5])
@pytest.mark.parametrize("stratum", [*STRATA, (20, 18, 3, 0), (1, 1, 3, 3), (3, 0, 3, 0)])
def test_a_shortfall_is_what_the_margins_let_expect_beyond_what_passed(
    stratum: Stratum, drift: float
) -> None:
    before, passed_before, now, passed_now = stratum
    spread = stats.nchypergeom_fisher(before + now, passed_before + passed_now, now, exp(-drift))
    assert shortfall(stratum, drift) == pytest.approx(float(spread.mean()) - passed_now)
    assert shortfall((0, 0, 3, 1)) == shortfall((3, 2, 0, 0)) == 0


@pytest.mark.parametrize("falls", [[3.0, 1.5, -0.5, 2.0], [1.0] * 7 + [-1.0] * 2, [-2.0, 1.0, 1.0]])
def test_turning_few_clusters_around_agrees_with_scipy(falls: list[float]) -> None:
    expected = stats.permutation_test(
        (np.array(falls), np.zeros(len(falls))),
        lambda one, other, axis: np.sum(one - other, axis=axis),
        permutation_type="samples", alternative="greater", n_resamples=np.inf, vectorized=True,
    ).pvalue  # fmt: skip
    assert turned_around(falls) == pytest.approx(float(expected))


def test_turning_many_clusters_around_is_near_the_exact_share_and_always_the_same() -> None:
    falls = [1.0] * 14 + [-1.0] * 6 + [0.0] * 5
    exact = float(stats.binom.sf(13, 20, 0.5))
    assert turned_around(falls) == turned_around(falls) == pytest.approx(exact, abs=0.01)
    assert turned_around([1.0] * 40) == 1 / 10_000
    assert turned_around([]) == turned_around([0.0]) == turned_around([-1.0]) == 1


@pytest.mark.parametrize("dominant", [0, 30])
def test_very_many_clusters_take_no_time_and_come_to_the_same(dominant: int) -> None:
    chance = Random(3)
    falls = [chance.gauss(0.03, 1) for _ in range(3000)] + [chance.gauss(4, 40)] * dominant
    z = sum(falls) / sum(fall * fall for fall in falls) ** 0.5
    # a sum of very many signs, or of 30 equal large ones
    expected = float(stats.norm.sf(z))
    assert turned_around(falls) == pytest.approx(expected, abs=0.06 if dominant else 0.012)


def test_clusters_that_shift_each_its_own_way_are_no_fall_of_all() -> None:
    chance = Random(11)
    plain = whole = 0
    for _ in range(120):
        clusters = []
        for _ in range(10):
            day = chance.gauss(0, 1)
            rates = [1 / (1 + exp(-1 - shift)) for shift in (0.0, day)]
            cells = []
            for _ in range(8):
                old, new = (sum(chance.random() < rate for _ in range(3)) for rate in rates)
                cells.append((3, old, 3, new))
            clusters.append(cells)
        plain += stratified_worse([cell for own in clusters for cell in own]) <= 0.025
        whole += clustered_worse(clusters) <= 0.025
    assert plain >= 15
    assert whole <= 6
    assert clustered_worse([[(3, 3, 3, 1)] * 4] * 8) == 1 / 2**8
