"""Quantiles are of type 7, and their intervals hold what they promise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.comparison.stats.quantiles import quantile, quantile_with_interval, samples_wanted


def test_the_quantile_has_the_reference_value() -> None:
    assert quantile([float(ms) for ms in range(100, 1001, 100)], 0.95) == pytest.approx(955)


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.sampled_from([0.05, 0.5, 0.95, 0.99])
)
def test_quantiles_agree_with_numpy(samples: list[float], share: float) -> None:
    import numpy as np

    assert quantile(samples, share) == pytest.approx(float(np.quantile(samples, share)), abs=1e-6)


def test_no_sample_has_no_quantile() -> None:
    assert quantile([], 0.5) is None
    assert quantile_with_interval([], 0.5) is None


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 5), (0.95, 59), (0.99, 299)])
def test_a_quantile_from_too_few_samples_is_marked(share: float, wanted: int) -> None:
    assert samples_wanted(share) == wanted
    few = quantile_with_interval([float(i) for i in range(wanted - 1)], share)
    enough = quantile_with_interval([float(i) for i in range(wanted)], share)
    assert few is not None
    assert few.thin
    assert enough is not None
    assert not enough.thin


def test_one_sample_has_a_quantile_without_an_interval() -> None:
    found = quantile_with_interval([7.0], 0.95)
    assert found is not None
    assert (found.value, found.low, found.high, found.thin) == (7.0, None, None, True)


@pytest.mark.parametrize(("n", "share"), [(30, 0.5), (150, 0.95), (450, 0.5), (450, 0.95)])
def test_the_ranks_of_an_interval_hold_95_percent(n: int, share: float) -> None:
    from scipy.stats import binom

    found = quantile_with_interval([float(i) for i in range(1, n + 1)], share)
    assert found is not None
    assert found.low is not None
    low = int(found.low)
    high = int(found.high) if found.high is not None else n + 1
    inside = float(binom.cdf(high - 1, n, share) - binom.cdf(low - 1, n, share))
    assert 0.945 <= inside < 0.99


def test_intervals_cover_the_true_quantile() -> None:
    generator = random.Random(1)
    covered = 0
    for _ in range(600):
        found = quantile_with_interval([generator.random() for _ in range(50)], 0.5)
        assert found is not None
        covered += (found.low or 0.0) <= 0.5 <= (found.high or 1.0)
    assert covered / 600 > 0.93
