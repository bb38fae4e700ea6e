"""The tests on scores agree with scipy and with brute force, and keep their level."""

from __future__ import annotations

from itertools import combinations, product
from math import fsum
from random import Random

import numpy as np
import pytest
from scipy import stats

from pytest_arena.comparison.stats.score_falls import (
    SEVERAL,
    Scores,
    by_moments,
    dealt_anew,
    lower_now,
    mean_fall,
)

FELL: Scores = ([0.9, 0.85, 0.8, 0.9, 0.95], [0.8, 0.7, 0.85])


def means(scores: Scores) -> float:
    before, now = scores
    return fsum(now) / len(now) - fsum(before) / len(before)


def drawn(chance: Random, cells: int, before: int, now: int, drop: float = 0.0) -> list[Scores]:
    """Return cells with the five levels of a judge, which make many ties."""

    def scores(count: int, middle: float) -> list[float]:
        return [min(4, max(0, round(4 * chance.gauss(middle, 0.15)))) / 4 for _ in range(count)]

    rates = [chance.uniform(0.6, 0.95) for _ in range(cells)]
    return [(scores(before, rate), scores(now, rate - drop)) for rate in rates]


def test_dealing_one_cells_scores_anew_agrees_with_scipy() -> None:
    expected = stats.permutation_test(
        (np.array(FELL[1]), np.array(FELL[0])),
        lambda now, before, axis: np.mean(now, axis=axis) - np.mean(before, axis=axis),
        alternative="less", n_resamples=np.inf, vectorized=True,
    ).pvalue  # fmt: skip
    assert dealt_anew([FELL]) == pytest.approx(float(expected))


def test_dealing_a_few_cells_agrees_with_brute_force() -> None:
    strata: list[Scores] = [([0.9, 0.7], [0.6]), ([1.0, 0.5, 0.75], [0.5, 0.75]), ([0.8], [0.7])]
    ways = []
    for before, now in strata:
        every = [*before, *now]
        hands = combinations(range(len(every)), len(now))
        ways.append(
            [
                means(([s for i, s in enumerate(every) if i not in h], [every[i] for i in h]))
                for h in hands
            ]
        )
    least = fsum(means(stratum) for stratum in strata) + 1e-9
    sums = [fsum(row) for row in product(*ways)]
    assert dealt_anew(strata) == pytest.approx(sum(s <= least for s in sums) / len(sums))


def test_where_the_ways_are_many_some_are_drawn_and_always_the_same() -> None:
    strata = [FELL] * 4
    assert dealt_anew(strata) == dealt_anew(strata) <= 0.001
    assert dealt_anew([(now, before) for before, now in strata]) > 0.99


@pytest.mark.parametrize("sizes", [(5, 3), (3, 8)])
def test_the_moments_of_many_cells_agree_with_dealing(sizes: tuple[int, int]) -> None:
    strata = drawn(Random(5), 10, *sizes, drop=0.04)
    # of the deals that come to the very same, which ties make many, half are counted
    higher = dealt_anew([(now, before) for before, now in strata])
    middle = (dealt_anew(strata) + 1 - higher) / 2
    assert by_moments(strata) == pytest.approx(middle, abs=0.012)


def test_scores_that_are_all_the_same_tell_nothing() -> None:
    same: Scores = ([1.0] * 5, [1.0] * 3)
    assert by_moments([same] * 20) == dealt_anew([same]) == lower_now([[same]] * 20) == 1
    assert lower_now([]) == 1


def test_a_fall_of_most_cells_is_told_from_one_that_chance_or_one_cell_makes() -> None:
    risen: Scores = (FELL[1], FELL[0])
    assert lower_now([[FELL]] * SEVERAL) == pytest.approx(1 / 2**SEVERAL)
    assert lower_now([[FELL]] * 20) <= 0.001
    assert lower_now([[risen]] * 20) > 0.99
    # each cell by itself is beyond chance, and as many rose as fell
    apart: Scores = ([0.9, 0.9, 0.9, 0.91], [0.7, 0.7, 0.7])
    rose: Scores = (apart[1], apart[0])
    assert by_moments([apart] * 12 + [rose] * 8) <= 0.025
    assert lower_now([[apart]] * 12 + [[rose]] * 8) > 0.2


def test_a_family_that_fell_is_one_observation_beside_six_others() -> None:
    rose: Scores = ([0.8, 0.82], [0.82, 0.83])
    one_family = [[FELL] * 12, *([[rose]] * 6)]
    assert lower_now([[cell] for family in one_family for cell in family]) <= 0.01
    assert lower_now(one_family) > 0.2


def test_the_mean_fall_of_one_cell_has_students_interval_for_two_samples() -> None:
    expected = stats.ttest_ind(*FELL).confidence_interval(0.95)
    found = mean_fall([[FELL]], ["a"])
    assert found.value == pytest.approx(np.mean(FELL[0]) - np.mean(FELL[1]))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    alone = mean_fall([[([0.9], [0.8])]], ["a"])
    assert (alone.value, alone.low, alone.high) == (pytest.approx(0.1), None, None)


def test_the_mean_fall_of_several_cells_is_as_sure_as_they_agree() -> None:
    cells: list[list[Scores]] = [[([0.9], [0.9 - fall])] for fall in (0.1, 0.2, 0.1, 0.2, 0.1, 0.2)]
    found = mean_fall(cells, range(6))
    expected = stats.ttest_1samp([0.1, 0.2] * 3, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("sizes", [(5, 3), (1, 6)])
def test_the_level_is_kept_with_ties_and_unequal_trials(sizes: tuple[int, int]) -> None:
    chance = Random(3)
    alarms = 0
    for _ in range(100):
        alarms += lower_now([[cell] for cell in drawn(chance, 12, *sizes)]) <= 0.05
    assert alarms <= 11
