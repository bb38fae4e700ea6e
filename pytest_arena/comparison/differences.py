"""Paired differences between columns: how much, how sure, and whether more than chance."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from pytest_arena.comparison.matrix import Matrix, case_score
from pytest_arena.comparison.stats.intervals_and_tests import (
    Estimate,
    benjamini_hochberg,
    clustered_mean,
    mcnemar_exact,
    newcombe_paired,
    paired_mean,
    sign_flip,
)
from pytest_arena.light_dataclass import dataclass

SIGNIFICANT = 0.05
MOST_IN_PAIRS = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two columns' pass rates, first − second, on the same cases.

    `only_first` and `only_second` count the cases that one did better than the other. `p_value`
    is exact McNemar's with one trial a case, else that of a sign-flip permutation; `p_adjusted`
    is Benjamini and Hochberg's over all pairs of the run. Of two variants, see
    `VariantDifference`.
    """

    first: str
    second: str
    estimate: Estimate
    only_first: int
    only_second: int
    ties: int
    p_value: float
    p_adjusted: float

    @property
    def significant(self) -> bool:
        return self.p_adjusted < SIGNIFICANT

    @property
    def better(self) -> str | None:
        """The one that is better by more than chance, or None."""
        if not self.significant or not self.estimate.value:
            return None
        return self.first if self.estimate.value > 0 else self.second


def differences(table: Matrix) -> tuple[Difference, ...]:
    """Compare each pair of providers on the cases that both reached a verdict on.

    Of more than `MOST_IN_PAIRS` providers, each is compared with the best alone.
    """
    scores = [[case_score(cell) for cell in row.cells] for row in table.rows]
    found = []
    for i, j in _pairs(table, scores):
        pairs = [
            (first, second)
            for first, second in ((row[i], row[j]) for row in scores)
            if first is not None and second is not None
        ]
        difference = paired_difference(table.providers[i], table.providers[j], pairs)
        if difference:
            found.append(difference)
    adjusted = benjamini_hochberg([difference.p_value for difference in found])
    return tuple(
        replace(difference, p_adjusted=p) for difference, p in zip(found, adjusted, strict=True)
    )


def _pairs(table: Matrix, scores: list[list[float | None]]) -> Iterable[tuple[int, int]]:
    count = len(table.providers)
    if count <= MOST_IN_PAIRS:
        return combinations(range(count), 2)

    def rank(column: int) -> tuple[float, str]:
        own = sorted(row[column] or 0.0 for row in scores if row[column] is not None)
        return (-sum(own) / len(own) if own else 1.0, table.providers[column])

    best = min(range(count), key=rank)
    return ((best, other) for other in range(count) if other != best)


def paired_difference(
    first: str,
    second: str,
    pairs: Sequence[tuple[float, float]],
    units: Sequence[Hashable] | None = None,
) -> Difference | None:
    """Return the difference of pairs of scores; None where there is no pair.

    `units` says what each pair is of, where several may be of the same: these are no independent
    observations, so that each unit is turned around as a whole, and the interval is clustered.
    """
    wins = sum(a > b for a, b in pairs)
    losses = sum(a < b for a, b in pairs)
    gaps = [a - b for a, b in pairs]
    if units is not None and len(set(units)) < len(pairs):
        estimate = clustered_mean(gaps, units)
        p_value = sign_flip(_sums(gaps, units))
    elif all(score in (0.0, 1.0) for pair in pairs for score in pair):
        both = sum(a == b == 1.0 for a, b in pairs)
        estimate = newcombe_paired(both, wins, losses, len(pairs) - both - wins - losses)
        p_value = mcnemar_exact(wins, losses)
    else:
        estimate = paired_mean(gaps)
        p_value = sign_flip(gaps)
    if estimate is None:
        return None
    ties = len(pairs) - wins - losses
    return Difference(first, second, estimate, wins, losses, ties, p_value, p_value)


def _sums(gaps: Sequence[float], units: Sequence[Hashable]) -> list[float]:
    found: dict[Hashable, float] = {}
    for gap, unit in zip(gaps, units, strict=True):
        found[unit] = found.get(unit, 0.0) + gap
    return list(found.values())
