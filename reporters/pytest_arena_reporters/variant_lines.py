"""Variants against each other, as the terminal and Markdown tell them."""

from __future__ import annotations

from pytest_arena.comparison import Comparison
from pytest_arena.comparison.variants import VariantDifference
from pytest_arena_reporters import figures

MOST_PAIRS = 6
_MOST_PROVIDERS = 5


def sentences(comparison: Comparison) -> list[str]:
    """Return a sentence on each pair of variants, the first of many; names are as they came."""
    found = comparison.variants
    said = [_sentence(one) for one in found[:MOST_PAIRS]]
    more = len(found) - len(said)
    return said + (
        [f"{figures.plural(more, 'further pair')} of variants: see the HTML report."]
        if more
        else []
    )


def verdict(one: VariantDifference) -> str:
    """Return what the first of a pair is beside the second: `better`, `worse`, or no word."""
    if one.pair.better is None:
        return "no clear difference"
    return "better" if one.pair.better == one.pair.first else "worse"


def by_provider(one: VariantDifference) -> str:
    """Return the difference under each provider: `small +50, large ±0`; empty for one or many."""
    if not 1 < len(one.by_provider) <= _MOST_PROVIDERS:
        return ""
    return ", ".join(f"{name} {figures.points(mean)}" for name, mean in one.by_provider)


def _sentence(one: VariantDifference) -> str:
    pair, each = one.pair, by_provider(one)
    over = len(one.by_provider)
    return (
        f"{pair.first} against {pair.second}{f', over {over:,} providers' if over > 1 else ''}: "
        f"{verdict(one)}, {figures.difference(pair.estimate)}, {figures.p_value(pair.p_adjusted)}; "
        f"{figures.plural(pair.estimate.n, 'pair')} on "
        f"{figures.plural(one.units, 'independent case')}{f'; {each}' if each else ''}."
    )
