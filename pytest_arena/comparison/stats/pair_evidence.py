"""What pairs of trials say: the old version and the new one, asked in the same minutes."""

from __future__ import annotations

from functools import lru_cache

WAYS = (
    (0.99, 0.01, 0.30),
    (0.90, 0.02, 0.25),
    (0.70, 0.02, 0.15),
    (0.95, 0.40, 0.15),
    (0.85, 0.40, 0.15),
)
"""Five ways of being worse: the pass rates of the old version and of the new one, and a weight."""


@lru_cache(8192)
def pair_evidence(pairs: int, old_passed: int, new_passed: int) -> float:
    """Return how many times likelier the pairs are if the new version is worse than if it is not.

    An e-value: a mixture of likelihood ratios, each against the mean of its two rates, so that
    its expectation is at most 1 wherever the new version is no worse (Turner, Ly and Grünwald
    2021). One may look after every pair and stop whenever one likes; 1/e is a p-value.
    """
    total = 0.0
    for old, new, weight in WAYS:
        equal = (old + new) / 2
        passes = (old / equal) ** old_passed * (new / equal) ** new_passed
        failed_old, failed_new = pairs - old_passed, pairs - new_passed
        unequal = (1 - old) ** failed_old * (1 - new) ** failed_new
        total += weight * passes * unequal / (1 - equal) ** (failed_old + failed_new)
    return total
