"""The one-sided tests of the gate: has a cell, or the suite as a whole, become worse?"""

from __future__ import annotations

from fractions import Fraction
from math import comb


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


def fewer_now(worse: int, better: int) -> float:
    """Return the one-sided p-value of McNemar's exact test.

    Of the pairs that differ, at least so many went down: each would be as likely to go up.
    """
    pairs = worse + better
    return float(Fraction(sum(comb(pairs, x) for x in range(worse, pairs + 1)), 1 << pairs))
