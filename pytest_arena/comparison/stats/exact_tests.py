"""The one-sided tests of the gate: has a cell, or the suite as a whole, become worse?"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb, lcm, sqrt

_EXACT_CASES = 400
_MOST_BITS = 1 << 22
_FEW = 12


def fisher_worse(passed_before: int, before: int, passed_now: int, now: int) -> float:
    """Return the one-sided p-value of Fisher's exact test that fewer trials pass now.

    P(X ≤ passed_now) for X ~ Hypergeometric(before + now, passed_before + passed_now, now): the
    lower tail of `scipy.stats.hypergeom`. Without a trial on one side there is nothing to tell
    apart, which gives 1. All sums are of whole numbers, so that no rounding adds up.
    """
    if before <= 0 or now <= 0:
        return 1.0
    passed = passed_before + passed_now
    failed = before + now - passed
    lowest, highest = max(0, now - failed), min(now, passed)
    if passed_now >= highest:
        return 1.0
    term = total = comb(passed, lowest) * comb(failed, now - lowest)
    for x in range(lowest, passed_now):
        term = term * (passed - x) * (now - x) // ((x + 1) * (failed - now + x + 1))
        total += term
    return float(Fraction(total, comb(before + now, now)))


def smallest_p(passed_before: int, before: int, now: int) -> float:
    """Return the p-value if every trial failed now: what so few trials can show at best."""
    return fisher_worse(passed_before, before, 0, now)


def trials_wanted(now: int, alpha: float, most: int = 1000) -> int | None:
    """Return how many passed trials a baseline needs, so that failing them all is significant.

    None where `most` of them are still too few.
    """
    return next((n for n in range(1, most + 1) if smallest_p(n, n, now) <= alpha), None)


def sign_flip_worse(drops: Sequence[Fraction]) -> float:
    """Return the one-sided p-value of the sign-flip test that the mean drop is above zero.

    Each drop is a case's pass rate before less its pass rate now, from −1 to 1. With one trial on
    each side this is McNemar's exact test. Every sign pattern is counted, for up to 400 cases
    that differ (on a grid, where denominators are many); beyond that the sum of the flips is
    as good as normal. No drop at all gives 1.
    """
    moved = [drop for drop in drops if drop]
    if not moved:
        return 1.0
    if len(moved) > _EXACT_CASES:
        error = sqrt(sum(drop * drop for drop in moved))
        from statistics import NormalDist

        return 1.0 - NormalDist().cdf(float(sum(moved)) / error)
    return _count_patterns(_on_grid(moved))


def _on_grid(drops: Sequence[Fraction]) -> list[int]:
    """Return the drops as whole numbers of a common part, rounded alike up and down."""
    parts = lcm(*(drop.denominator for drop in drops))
    if len(drops) <= _FEW:
        return [int(drop * parts) for drop in drops]
    width = sum(abs(drop) for drop in drops) * (len(drops) + 1)
    finest = max(60, int(_MOST_BITS / width))
    if parts > finest:
        # a test of the rounded drops is as valid: rounding treats both signs alike
        parts = finest
    return [round(drop * parts) for drop in drops]


def _count_patterns(drops: Sequence[int]) -> float:
    """Return the share of sign patterns whose sum is at least the observed one.

    A pattern turns some drops upside down, so its sum is the total of the sizes less twice those
    that are negative, which must not be more than they are now.
    """
    sizes = [abs(drop) for drop in drops if drop]
    most = (sum(sizes) - sum(drops)) // 2
    count = _few_subsets(sizes, most) if len(sizes) <= _FEW else _subsets(sizes, most)
    return float(Fraction(count, 1 << len(sizes)))


def _few_subsets(sizes: Sequence[int], most: int) -> int:
    """Count the subsets whose sum is at most `most`, one by one."""
    sums = [0]
    for size in sizes:
        sums += [total + size for total in sums]
    return sum(total <= most for total in sums)


def _subsets(sizes: Sequence[int], most: int) -> int:
    """Count the same by the coefficients of ∏(1 + x^size).

    They stand side by side in the bits of one whole number, so that a factor is a shift and a sum.
    """
    bits = len(sizes) + 1
    kept = (1 << ((most + 1) * bits)) - 1
    counts = 1
    for size in sizes:
        counts = (counts + (counts << (size * bits))) & kept
    digits = f"{counts:b}"
    digits = digits.zfill(-(-len(digits) // bits) * bits)
    return sum(int(digits[at : at + bits], 2) for at in range(0, len(digits), bits))
