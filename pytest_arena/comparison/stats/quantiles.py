"""Quantiles of latencies, with intervals that assume no distribution."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, floor, lgamma, log, sqrt

from pytest_arena.comparison.stats.intervals_and_tests import Z95
from pytest_arena.light_dataclass import dataclass

_EXACT_UP_TO = 400


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile with its order-statistic interval (95 %) and the number of samples.

    A bound is None where no sample can serve as one. `thin` marks a quantile from so few samples
    that, with 95 % confidence, none of them lies beyond it (p95: under 59 samples).
    """

    value: float
    low: float | None
    high: float | None
    n: int
    thin: bool


def quantile(samples: Sequence[float], share: float) -> float | None:
    """Return a quantile of type 7 (linear between order statistics, as numpy and R do)."""
    return sorted_quantile(sorted(samples), share) if samples else None


def sorted_quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of one or more sorted values by type 7 of Hyndman and Fan (1996)."""
    position = (len(ordered) - 1) * share
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def quantile_with_interval(samples: Sequence[float], share: float) -> Quantile | None:
    """Return a quantile with its interval; None where there is no sample."""
    ordered = sorted(samples)
    value = quantile(ordered, share)
    if value is None:
        return None
    n = len(ordered)
    low, high = _ranks(n, share)
    return Quantile(
        value,
        ordered[low - 1] if low >= 1 else None,
        ordered[high - 1] if high <= n else None,
        n,
        n < samples_wanted(share),
    )


def samples_wanted(share: float) -> int:
    """Return the fewest samples that reach beyond a quantile with 95 % confidence."""
    return ceil(log(0.05) / log(max(share, 1 - share)))


def _ranks(n: int, share: float) -> tuple[int, int]:
    """Return the ranks (from 1) of the samples that bound the quantile; 0 and n+1 mean none."""
    if n > _EXACT_UP_TO:
        half = Z95 * sqrt(n * share * (1 - share))
        return max(0, floor(n * share - half)), min(n + 1, ceil(n * share + half) + 1)
    low, high, total = 0, n + 1, 0.0
    for k in range(n + 1):
        # `total` is P(X < k) for X ~ Binomial(n, share), the number of samples below it.
        if total <= 0.025:
            low = k
        total += _binomial(n, k, share)
        if 1 - total <= 0.025 and high == n + 1 and k < n:
            high = k + 1
    return low, high


def _binomial(n: int, k: int, share: float) -> float:
    chances = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(chances + k * log(share) + (n - k) * log(1 - share))
