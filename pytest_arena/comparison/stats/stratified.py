"""An exact test over many cells at once: do fewer trials pass, given what each cell passes?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import comb, exp

Stratum = tuple[int, int, int, int]
"""The trials before and those that passed, the trials now and those that passed."""
_NEGLIGIBLE = 1e-30


def stratified_worse(strata: Iterable[Stratum], drift: float = 0.0) -> float:
    """Return the one-sided p-value that fewer trials pass now than the strata's margins allow.

    In each stratum the passes now are hypergeometric, given all margins; their sum over the
    strata is compared. `drift` allows each stratum's odds to have fallen by as much as
    exp(−drift) for no fault of ours. 1 where no stratum has both passes and failures.
    """
    kinds: Counter[tuple[int, int, int]] = Counter()
    lowest = passed = 0
    for before, passed_before, now, passed_now in strata:
        both = passed_before + passed_now
        if before and now and 0 < both < before + now:
            kinds[before, now, both] += 1
            passed += passed_now
            lowest += max(0, both - before)
    if not kinds:
        return 1.0
    spread = _Spread(0, [1.0])
    for kind, count in sorted(kinds.items()):
        spread = spread.plus(_power(_Spread(0, _tilted(*kind, exp(-drift))), count))
    return min(1.0, spread.at_most(passed - lowest))


def shortfall(stratum: Stratum, drift: float = 0.0) -> float:
    """Return by how many passes a stratum now lies below what its margins let expect."""
    before, passed_before, now, passed_now = stratum
    both = passed_before + passed_now
    if not before or not now:
        return 0.0
    chances = _tilted(before, now, both, exp(-drift))
    expected = sum(x * chance for x, chance in enumerate(chances, max(0, both - before)))
    return expected - passed_now


class _Spread:
    """The chances of whole numbers from `first` on; what lies below them is kept as `lost`.

    Ends that are negligible are cut off, which only ever raises the chance of a small sum.
    """

    def __init__(self, first: int, chances: Sequence[float], lost: float = 0.0) -> None:
        least = max(chances) * _NEGLIGIBLE
        start, end = 0, len(chances)
        while chances[start] < least:
            lost += chances[start]
            start += 1
        while chances[end - 1] < least:
            end -= 1
        self.first = first + start
        self.chances = chances[start:end]
        self.lost = lost

    def plus(self, other: _Spread) -> _Spread:
        """Return the spread of the sum of two independent numbers."""
        short, long = sorted((self.chances, other.chances), key=len)
        found = [0.0] * (len(short) + len(long) - 1)
        for place, chance in enumerate(short):
            for step, another in enumerate(long, place):
                found[step] += chance * another
        return _Spread(self.first + other.first, found, self.lost + other.lost)

    def at_most(self, number: int) -> float:
        return self.lost + sum(self.chances[: max(0, number - self.first + 1)])


def _power(spread: _Spread, count: int) -> _Spread:
    """Return the spread of the sum of so many equal ones, by squaring."""
    found = _Spread(0, [1.0])
    while count:
        if count & 1:
            found = found.plus(spread)
        count >>= 1
        if count:
            spread = spread.plus(spread)
    return found


@lru_cache(4096)
def _tilted(before: int, now: int, passed: int, odds: float) -> list[float]:
    """Return the chances of the passes now, from the fewest possible, at these odds ratios."""
    numbers = range(max(0, passed - before), min(now, passed) + 1)
    # the first factor is divided out, so that no power of the odds underflows
    weights = [comb(now, x) * comb(before, passed - x) * odds ** (x - numbers[0]) for x in numbers]
    total = sum(weights)
    return [weight / total for weight in weights]
