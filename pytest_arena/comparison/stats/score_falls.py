"""Tests over many cells at once: are scores lower now, given each cell's own?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations
from math import comb, erfc, exp, fsum, pi, prod, sqrt
from random import Random

from pytest_arena.comparison.stats.clustered import turned_around
from pytest_arena.comparison.stats.intervals_and_tests import Estimate, clustered_mean
from pytest_arena.comparison.stats.student_t import student_t95
from pytest_arena.light_dataclass import dataclass

Scores = tuple[Sequence[float], Sequence[float]]
"""The scores before, and those now; at least one of each."""
SEVERAL = 6
"""Fewer clusters that moved are too few to be turned around: 1 in 2⁵ is no small chance."""
_DEALS = 4_999
_SEED = 2026
_LEAST = 1e-12
_ROUNDING = 1e-9


def lower_now(clusters: Sequence[Sequence[Scores]]) -> float:
    """Return the one-sided p-value that scores are lower now than they were, cell by cell.

    Two questions, and the larger p-value of both: may the scores of each cell as well have come on
    the other side, and may each cluster as well have risen as a whole? The second one tells a fall
    of most cells from a change that lets some rise and some fall; where fewer than six clusters
    moved it could not be answered, and is not asked.
    """
    falls = [-fsum(difference(scores) for scores in cluster) for cluster in clusters]
    strata = [scores for cluster in clusters for scores in cluster]
    if sum(abs(fall) > _ROUNDING for fall in falls) < SEVERAL:
        return dealt_anew(strata)
    return max(by_moments(strata), turned_around(falls))


def difference(scores: Scores) -> float:
    """Return by how much the mean is higher now."""
    before, now = scores
    return fsum(now) / len(now) - fsum(before) / len(before)


def fall_of(cell: Sequence[Scores]) -> float:
    """Return by how much a cell's mean is lower now, over all that is scored of it."""
    return -fsum(difference(scores) for scores in cell) / len(cell)


def mean_fall(cells: Sequence[Sequence[Scores]], clusters: Sequence[Hashable]) -> Estimate:
    """Return by how much cells fell, with its interval: of few clusters that of these very cells.

    There the spread within each cell tells how far its means may be off; none where a cell has one
    score a side.
    """
    falls = [fall_of(cell) for cell in cells]
    of_clusters = clustered_mean(falls, clusters)
    if of_clusters is not None and len(set(clusters)) >= SEVERAL:
        return of_clusters
    mean, (error, freedom) = fsum(falls) / len(falls), _error_within(cells)
    if not error:
        return Estimate(mean, None, None, len(falls))
    half = student_t95(freedom) * error
    return Estimate(mean, max(-1.0, mean - half), min(1.0, mean + half), len(falls))


def _error_within(cells: Sequence[Sequence[Scores]]) -> tuple[float, int]:
    """Return the standard error of the mean fall of cells, and its degrees of freedom; 0 for
    none."""
    freedom, variance = 0, 0.0
    for cell in cells:
        for before, now in cell:
            own = len(before) + len(now) - 2
            if not own:
                return 0.0, 0
            squares = fsum((s - fsum(of) / len(of)) ** 2 for of in (before, now) for s in of)
            variance += squares / own * (1 / len(before) + 1 / len(now)) / len(cell) ** 2
            freedom += own
    return sqrt(variance) / len(cells), freedom


def dealt_anew(strata: Sequence[Scores]) -> float:
    """Return the share of the ways to deal each stratum's scores that are as low now.

    All ways where they are few; else seeded draws of them, the deal at hand among them.
    """
    most = fsum(difference(scores) for scores in strata) + _ROUNDING
    strata = [(before, now) for before, now in strata if len({*before, *now}) > 1]
    if prod(comb(len(before) + len(now), len(now)) for before, now in strata) <= _DEALS:
        sums = [0.0]
        for before, now in strata:
            hands = combinations((*before, *now), len(now))
            ways = [_dealt((before, now), hand) for hand in hands]
            sums = [total + way for total in sums for way in ways]
        return sum(total <= most for total in sums) / len(sums)
    chance = Random(_SEED)  # noqa: S311
    columns = []
    for before, now in strata:
        every = (*before, *now)
        drawn = (chance.sample(every, len(now)) for _ in range(_DEALS))
        columns.append([_dealt((before, now), hand) for hand in drawn])
    reached = sum(fsum(row) <= most for row in zip(*columns, strict=True))
    return (reached + 1) / (_DEALS + 1)


def _dealt(scores: Scores, hand: Sequence[float]) -> float:
    """Return the difference of the means if these of the scores had come now."""
    before, now = scores
    whole, own = fsum((*before, *now)), fsum(hand)
    return own / len(now) - (whole - own) / len(before)


def by_moments(strata: Sequence[Scores]) -> float:
    """Return the same share as `dealt_anew` for many strata, without dealing.

    From the mean, variance and skewness that the sum of the differences has over all deals
    (Edgeworth's series to the third moment); half of the deals that come to the very same are
    counted. 1 where all scores of each stratum are equal.
    """
    moments = [_moments(*scores) for scores in strata]
    variance = fsum(each.variance for each in moments)
    if variance <= 0:
        return 1.0
    z = fsum(each.difference for each in moments) / sqrt(variance)
    skewness = fsum(each.third for each in moments) / variance**1.5
    density = exp(-z * z / 2) / sqrt(2 * pi)
    p_value: float = erfc(-z / sqrt(2)) / 2 - skewness / 6 * (z * z - 1) * density
    return min(1.0, max(_LEAST, p_value))


@dataclass(frozen=True, slots=True)
class _Moments:
    """The difference of means as it came, and its second and third moment over all deals."""

    difference: float
    variance: float
    third: float


def _moments(before: Sequence[float], now: Sequence[float]) -> _Moments:
    """Return the moments of a difference of means when scores are dealt to both sides.

    Cochran, Sampling Techniques, 3rd ed., 2.6: the mean of n of N numbers without replacement has
    the variance S²(N−n)/(Nn), and the third moment M₃(N−n)(N−2n)/(n²(N−1)(N−2)).
    """
    n, m = len(before), len(now)
    count = n + m
    every = (*before, *now)
    mean = fsum(every) / count
    squares = fsum((score - mean) ** 2 for score in every)
    cubes = fsum((score - mean) ** 3 for score in every)
    third = 0.0
    if count > 2:
        third = cubes / count * (count - m) * (count - 2 * m) / ((count - 1) * (count - 2) * m * m)
        third *= (count / n) ** 3
    return _Moments(difference((before, now)), squares / (count - 1) * (1 / n + 1 / m), third)
