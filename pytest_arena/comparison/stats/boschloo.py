"""Boschloo's exact test that fewer trials pass now, whatever the pass rate is."""

from __future__ import annotations

from functools import lru_cache
from math import comb

from pytest_arena.comparison.stats.exact_tests import fisher_worse

_TIE = 1 + 1e-9
_RATES = (
    *(0.0005 + 0.0005 * step for step in range(80)),
    *(0.0405 + 0.919 * step / 799 for step in range(800)),
    *(0.96 + 0.0395 * step / 79 for step in range(80)),
)


@lru_cache(8192)
def boschloo_worse(passed_before: int, before: int, passed_now: int, now: int) -> float:
    """Return the one-sided p-value of Boschloo's test that fewer trials pass now.

    The largest chance, over all pass rates that both sides may share, of counts whose Fisher
    p-value is as small: exact as Fisher's test is, and more powerful where a side has few trials.
    """
    if before <= 0 or now <= 0:
        return 1.0
    table = _fisher_table(before, now)
    limit = table[passed_before][passed_now] * _TIE
    # for each count before, the counts now whose p-value is as small are the lowest ones
    most = [sum(p <= limit for p in row) for row in table]
    old, new = _chances(before), _chances_of_at_most(now)
    found = max(
        sum(chance * below[count] for chance, count in zip(own, most, strict=True))
        for own, below in zip(old, new, strict=True)
    )
    return min(1.0, found)


@lru_cache(64)
def _fisher_table(before: int, now: int) -> list[list[float]]:
    return [
        [fisher_worse(passed, before, again, now) for again in range(now + 1)]
        for passed in range(before + 1)
    ]


@lru_cache(64)
def _chances(trials: int) -> list[list[float]]:
    """Return the chance of each number of passes, for each pass rate of the grid."""
    ways = [comb(trials, passed) for passed in range(trials + 1)]
    return [
        [ways[x] * rate**x * (1 - rate) ** (trials - x) for x in range(trials + 1)]
        for rate in _RATES
    ]


@lru_cache(64)
def _chances_of_at_most(trials: int) -> list[list[float]]:
    """Return the chance of fewer than 0, 1, 2, … passes, for each pass rate of the grid."""
    found = []
    for own in _chances(trials):
        below = [0.0]
        for chance in own:
            below.append(below[-1] + chance)
        found.append(below)
    return found
