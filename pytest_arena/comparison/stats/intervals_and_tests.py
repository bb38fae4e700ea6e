"""Statistics of proportions and of paired comparisons, in the standard library alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from math import ceil, comb, sqrt

from pytest_arena.comparison.stats.student_t import student_t95
from pytest_arena.light_dataclass import dataclass

Z95 = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""
_EXACT_SUMS = 1 << 16
_SEED = 20240229


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval and the number of observations behind it.

    `low` and `high` are None where the data allow no interval.
    """

    value: float
    low: float | None
    high: float | None
    n: int


def wilson(passed: float, total: float, z: float = Z95) -> Estimate | None:
    """Return a share with its Wilson score interval; None where nothing was counted.

    Wilson 1927: (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n).
    """
    if total <= 0:
        return None
    share = passed / total
    scale = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / scale
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / scale
    low = 0.0 if passed == 0 else max(0.0, centre - half)
    high = 1.0 if passed == total else min(1.0, centre + half)
    return Estimate(share, low, high, round(total))


def newcombe_paired(both: int, only_a: int, only_b: int, neither: int) -> Estimate | None:
    """Return the difference A − B of two paired proportions with Newcombe's interval.

    Newcombe 1998, method 10: Wilson limits of both shares, joined with the correlation φ, whose
    numerator is corrected by n/2 where it is positive. None where there is no pair.
    """
    n = both + only_a + only_b + neither
    share_a, share_b = wilson(both + only_a, n), wilson(both + only_b, n)
    if share_a is None or share_b is None:
        return None
    phi = _correlation(both, only_a, only_b, neither)
    low_a, high_a = _distances(share_a)
    low_b, high_b = _distances(share_b)
    difference = (only_a - only_b) / n
    down = sqrt(max(0.0, low_a**2 - 2 * phi * low_a * high_b + high_b**2))
    up = sqrt(max(0.0, high_a**2 - 2 * phi * high_a * low_b + low_b**2))
    return Estimate(difference, max(-1.0, difference - down), min(1.0, difference + up), n)


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Return the exact two-sided McNemar p-value: 2·BinomCDF(min(b, c); b+c, ½), at most 1."""
    n, smaller = only_a + only_b, min(only_a, only_b)
    term = total = 1
    for k in range(smaller):
        term = term * (n - k) // (k + 1)
        total += term
    return min(1.0, 2 * total / (1 << n))


def sign_flip(differences: Sequence[float], seed: int = _SEED) -> float:
    """Return the two-sided p-value of the sign-flip permutation test of a mean of zero.

    Exact as long as the flipped sums take at most 2^16 values, else from seeded random flips.
    Nothing to flip (no difference at all) gives 1.
    """
    sizes = sorted(round(abs(d), 12) for d in differences if round(abs(d), 12) > 0)
    observed = abs(sum(round(d, 12) for d in differences)) - 1e-9
    if not sizes:
        return 1.0
    sums = {0.0: 1.0}
    for size, count in sorted(Counter(sizes).items()):
        if len(sums) * (count + 1) > 2 * _EXACT_SUMS:
            return _random_flips(sizes, observed, seed)
        flips = [(size * (2 * k - count), comb(count, k) / (1 << count)) for k in range(count + 1)]
        grown: dict[float, float] = {}
        for total, weight in sums.items():
            for shift, chance in flips:
                key = round(total + shift, 9)
                grown[key] = grown.get(key, 0.0) + weight * chance
        sums = grown
    return min(1.0, sum(weight for total, weight in sums.items() if abs(total) >= observed))


def paired_mean(differences: Sequence[float]) -> Estimate | None:
    """Return the mean of paired differences with mean ± z·sd/√n, held within −1 and 1.

    Without variance, or with one pair, there is no interval: it would be a false certainty.
    """
    n = len(differences)
    if n == 0:
        return None
    mean = sum(sorted(differences)) / n
    error = standard_error(differences)
    if not error:
        return Estimate(mean, None, None, n)
    return Estimate(mean, max(-1.0, mean - Z95 * error), min(1.0, mean + Z95 * error), n)


def standard_error(values: Sequence[float]) -> float | None:
    """Return sd/√n with the sample's standard deviation; None for fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    ordered = sorted(values)
    mean = sum(ordered) / n
    return sqrt(sum((value - mean) ** 2 for value in ordered) / (n - 1) / n)


def clustered_error(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """Return the clustered standard error of a mean, (1/n)·√Σ_c(Σ_{i∈c}(s_i − s̄))².

    None where there are fewer than two clusters: it is undefined there.
    """
    if len(set(clusters)) < 2:
        return None
    n = len(values)
    mean = sum(sorted(values)) / n
    residuals: dict[Hashable, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        residuals[cluster] = residuals.get(cluster, 0.0) + value - mean
    return sqrt(sum(sorted(total * total for total in residuals.values()))) / n


def clustered_mean(differences: Sequence[float], clusters: Sequence[Hashable]) -> Estimate | None:
    """Return the mean of paired differences that come in clusters, held within −1 and 1.

    mean ± t·√(C/(C−1))·SE with the clustered error of C clusters and Student's t of C−1 degrees
    of freedom (Cameron and Miller 2015), since few clusters tell their own spread badly. Without
    variance, or with one cluster, there is no interval.
    """
    n = len(differences)
    if n == 0:
        return None
    mean = sum(sorted(differences)) / n
    error = clustered_error(differences, clusters)
    if not error:
        return Estimate(mean, None, None, n)
    count = len(set(clusters))
    half = student_t95(count - 1) * sqrt(count / (count - 1)) * error
    return Estimate(mean, max(-1.0, mean - half), min(1.0, mean + half), n)


def pass_at(n: int, passed: int, k: int) -> float | None:
    """Return pass@k, the chance that one of k trials passes: 1 − C(n−c, k)/C(n, k).

    None where fewer than k trials were made (Chen et al. 2021).
    """
    return None if not 0 < k <= n else 1 - comb(n - passed, k) / comb(n, k)


def pass_all(n: int, passed: int, k: int) -> float | None:
    """Return pass^k, the chance that k trials all pass: C(c, k)/C(n, k); None for too few."""
    return None if not 0 < k <= n else comb(passed, k) / comb(n, k)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Benjamini and Hochberg's step-up method, in the order given."""
    n = len(p_values)
    order = sorted(range(n), key=lambda i: p_values[i], reverse=True)
    adjusted, cap = [0.0] * n, 1.0
    for rank, i in enumerate(order):
        cap = min(cap, p_values[i] * n / (n - rank))
        adjusted[i] = cap
    return adjusted


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm's step-down method, in the order given."""
    n = len(p_values)
    adjusted, least = [0.0] * n, 0.0
    for rank, i in enumerate(sorted(range(n), key=lambda i: p_values[i])):
        least = max(least, min(1.0, p_values[i] * (n - rank)))
        adjusted[i] = least
    return adjusted


def cases_needed(
    difference: float,
    *,
    between: float,
    within_a: float = 0.0,
    within_b: float = 0.0,
    trials_a: int = 1,
    trials_b: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int | None:
    """Return how many cases show a true difference: Miller 2024, at a level and a power.

    (z_{α/2} + z_β)²·(ω² + σ_A²/K_A + σ_B²/K_B)/δ², with variances between cases (ω²) and within
    them (σ²). None where the difference is zero: no number suffices.
    """
    if not difference:
        return None
    # imports fractions and decimals, which nothing else here needs
    from statistics import NormalDist

    normal = NormalDist()
    z = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    variance = between + within_a / trials_a + within_b / trials_b
    return max(1, ceil(z * z * variance / difference**2 - 1e-9))


def _distances(share: Estimate) -> tuple[float, float]:
    low = share.value if share.low is None else share.low
    high = share.value if share.high is None else share.high
    return share.value - low, high - share.value


def _correlation(both: int, only_a: int, only_b: int, neither: int) -> float:
    n = both + only_a + only_b + neither
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if margins == 0:
        return 0.0
    numerator: float = both * neither - only_a * only_b
    if numerator > 0:
        numerator = max(0.0, numerator - n / 2)
    return numerator / sqrt(margins)


def _random_flips(sizes: Sequence[float], observed: float, seed: int) -> float:
    """Estimate the p-value from random flips, counting the observed pattern itself as one.

    Of those of one size only how many are flipped matters, which the bits of a number say at once.
    """
    generator = random.Random(seed)  # noqa: S311  a seeded simulation, not a secret
    rounds = max(999, min(9999, 2_000_000 // len(sizes)))
    counts = sorted(Counter(sizes).items())
    alone = [size for size, count in counts if count == 1]
    alike = [(size, count) for size, count in counts if count > 1]
    total = sum(sizes)
    extreme = 1
    for _ in range(rounds):
        flipped = generator.getrandbits(len(alone)) if alone else 0
        down = sum(size for i, size in enumerate(alone) if flipped >> i & 1)
        down += sum(size * generator.getrandbits(count).bit_count() for size, count in alike)
        extreme += abs(total - 2 * down) >= observed
    return extreme / (rounds + 1)
