"""A test over whole clusters: do few of them carry a fall, or most?"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt
from random import Random

from pytest_arena.comparison.stats.stratified import Stratum, shortfall

_EXACT = 12
"""With so many clusters or fewer, every way to turn them is looked at."""
_DRAWS = 9_999
_SINGLY = 100
_SEED = 2026


def clustered_worse(clusters: Sequence[Sequence[Stratum]], drift: float = 0.0) -> float:
    """Return the one-sided p-value that clusters fall, each taken as a whole.

    What a cluster fell short of could as well have come on the other side, all its strata
    together: that share of the ways to turn clusters around is counted in which the sum is as
    large. `drift` is that of `stratified_worse`.
    """
    return turned_around([fsum(shortfall(own, drift) for own in cluster) for cluster in clusters])


def turned_around(falls: Sequence[float]) -> float:
    """Return the share of the ways to change signs in which the sum is as large as it is.

    Exact for few numbers; else of seeded draws, the observed signs among them. Of very many the
    smaller ones are drawn together, as the normal variable that their sum comes to.
    """
    sizes = [abs(fall) for fall in falls if fall]
    # what is as large but for rounding is as large
    least = fsum(falls) - 1e-9 * max(1.0, fsum(sizes))
    if len(sizes) <= _EXACT:
        sums = [0.0]
        for size in sizes:
            sums = [total + way for total in sums for way in (size, -size)]
        return sum(total >= least for total in sums) / len(sums)
    chance = Random(_SEED)  # noqa: S311
    large = sorted(sizes, reverse=True)[:_SINGLY] if len(sizes) > _SINGLY else sizes
    rest = sqrt(max(0.0, fsum(s * s for s in sizes) - fsum(s * s for s in large)))
    total = fsum(large)
    reached = 0
    for _ in range(_DRAWS):
        signs = chance.getrandbits(len(large))
        turned = sum(size for place, size in enumerate(large) if signs >> place & 1)
        reached += total - 2 * turned + (chance.gauss(0, rest) if rest else 0.0) >= least
    return (reached + 1) / (_DRAWS + 1)
