"""Variants against each other over all providers: v2 against v1, on the same cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from pytest_arena.comparison.differences import Difference, paired_difference
from pytest_arena.comparison.matrix import Unit, case_score, unit_of
from pytest_arena.comparison.stats.intervals_and_tests import holm
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell

MOST_IN_PAIRS = 12
"""Of more variants than this, each is compared with the first alone."""


@dataclass(frozen=True, slots=True)
class VariantDifference:
    """The difference of two variants' pass rates over all providers, `pair.first` − `pair.second`.

    Paired by file, case and provider: `pair` counts such pairs. Those of one case, or of one
    family (`cluster:`), share their good and bad days, so that each of these `units` is turned
    around as a whole: `p_value` is that of a sign-flip permutation of their sums, the interval is
    clustered by them. Where each unit has one pair, both are those of two columns. `p_adjusted` is
    Holm's over all pairs of variants. `by_provider` holds each provider's mean difference.
    """

    pair: Difference
    units: int
    by_provider: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class _Scores:
    """One case under one provider: what each of the variants came to."""

    unit: Unit
    provider: str
    by_variant: dict[str, float]


def variant_differences(cells: Iterable[Cell]) -> tuple[VariantDifference, ...]:
    """Compare each variant with those before it; pairs in which one reached no verdict are left
    out."""
    found: dict[tuple[str, str, str], _Scores] = {}
    variants: dict[str, None] = {}
    for cell in cells:
        if cell.variant is None:
            continue
        variants.setdefault(cell.variant)
        score = case_score(cell)
        if score is not None:
            key = (cell.file, cell.case, cell.provider)
            own = found.setdefault(
                key, _Scores(unit_of(cell.file, cell.case, cell.cluster), cell.provider, {})
            )
            own.by_variant[cell.variant] = score
    scores = list(found.values())
    names = list(variants)
    pairs = (
        combinations(names, 2)
        if len(names) <= MOST_IN_PAIRS
        else ((names[0], n) for n in names[1:])
    )
    compared = [_compared(later, earlier, scores) for earlier, later in pairs]
    known = [difference for difference in compared if difference is not None]
    adjusted = holm([difference.pair.p_value for difference in known])
    return tuple(
        replace(difference, pair=replace(difference.pair, p_adjusted=p))
        for difference, p in zip(known, adjusted, strict=True)
    )


def _compared(first: str, second: str, scores: Sequence[_Scores]) -> VariantDifference | None:
    both = [one for one in scores if first in one.by_variant and second in one.by_variant]
    pairs = [(one.by_variant[first], one.by_variant[second]) for one in both]
    units = [one.unit for one in both]
    pair = paired_difference(first, second, pairs, units)
    if pair is None:
        return None
    gaps: dict[str, list[float]] = {}
    for one, (a, b) in zip(both, pairs, strict=True):
        gaps.setdefault(one.provider, []).append(a - b)
    means = ((name, sum(sorted(own)) / len(own)) for name, own in gaps.items())
    return VariantDifference(pair, len(set(units)), tuple(means))
