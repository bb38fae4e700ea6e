"""How far a judge agrees with labels: accuracy, Cohen's kappa, and the two kinds of mistakes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from pytest_arena.comparison.stats.intervals_and_tests import wilson
from pytest_arena.comparison.stats.quantiles import quantile
from pytest_arena.light_dataclass import dataclass

_SEED = 20240229
_ROUNDS = 2_000
_DRAWS = 4_000_000
_FEWEST_ROUNDS = 200
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of judgements beside labels: the first word is the label's, the second the judge's."""

    pass_pass: int = 0
    pass_fail: int = 0
    fail_pass: int = 0
    fail_fail: int = 0

    @classmethod
    def of(cls, pairs: Sequence[tuple[bool, bool]]) -> Agreement:
        """Count pairs of (label, judgement), true for passed."""
        counts = Counter(pairs)
        return cls(
            counts[True, True], counts[True, False], counts[False, True], counts[False, False]
        )

    @property
    def n(self) -> int:
        return self.pass_pass + self.pass_fail + self.fail_pass + self.fail_fail

    @property
    def accuracy(self) -> float | None:
        """The share of judgements that agree; None without any."""
        return (self.pass_pass + self.fail_fail) / self.n if self.n else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (1960), agreement beyond chance; None where labels and judgements are all
        of one kind, so that chance alone agrees fully."""
        n = self.n
        if not n:
            return None
        labelled, judged = self.pass_pass + self.pass_fail, self.pass_pass + self.fail_pass
        # whole numbers until the last step: no rounding decides what is defined
        by_chance = labelled * judged + (n - labelled) * (n - judged)
        if by_chance == n * n:
            return None
        return ((self.pass_pass + self.fail_fail) * n - by_chance) / (n * n - by_chance)

    @property
    def is_one_sided(self) -> bool:
        """Whether all judgements are the same, or all labels are."""
        judged, labelled = self.pass_pass + self.fail_pass, self.pass_pass + self.pass_fail
        return judged in (0, self.n) or labelled in (0, self.n)


def kappa_interval(
    agreement: Agreement, *, rounds: int | None = None, seed: int = _SEED
) -> tuple[float, float] | None:
    """Return the 95 % interval of kappa by a seeded percentile bootstrap over the labels.

    Resamples in which kappa is not defined are left out; None where kappa itself or most of the
    resamples are not. Where nobody disagrees every resample would be alike, which says nothing:
    there the lower bound is that of the accuracy (Wilson), taken beyond the same chance. They would
    be alike, too, where the judge always says the same (or all labels do), and kappa is 0: there
    the bounds are the worst and the best kappa of a judge who says the other thing as often as one
    may in vain have waited for it (Wilson's bound of none in n).
    """
    n = agreement.n
    if agreement.kappa is None or n < 2:
        return None
    if not agreement.pass_fail + agreement.fail_pass:
        return _of_full_agreement(agreement)
    if agreement.is_one_sided:
        return _of_one_sided(agreement)
    rounds = rounds or max(_FEWEST_ROUNDS, min(_ROUNDS, _DRAWS // n))
    generator = random.Random(seed)  # noqa: S311  a seeded simulation, not a secret
    cells = (agreement.pass_pass, agreement.pass_fail, agreement.fail_pass, agreement.fail_fail)
    found = []
    for _ in range(rounds):
        drawn = Counter(generator.choices(range(4), weights=cells, k=n))
        kappa = Agreement(*(drawn[cell] for cell in range(4))).kappa
        if kappa is not None:
            found.append(kappa)
    if len(found) * 2 < rounds:
        return None
    low, high = quantile(found, _LOW), quantile(found, _HIGH)
    return None if low is None or high is None else (low, high)


def _of_full_agreement(agreement: Agreement) -> tuple[float, float] | None:
    accuracy = wilson(agreement.n, agreement.n)
    if accuracy is None or accuracy.low is None:
        return None
    share = agreement.pass_pass / agreement.n
    by_chance = share**2 + (1 - share) ** 2
    return (accuracy.low - by_chance) / (1 - by_chance), 1.0


def _of_one_sided(agreement: Agreement) -> tuple[float, float] | None:
    never = wilson(0, agreement.n)
    if never is None or never.high is None:
        return None
    rare = never.high
    # kappa does not mind which side is the judge's, nor which word is passed
    judged = agreement.pass_pass + agreement.fail_pass
    one_side_is_the_judge = judged in (0, agreement.n)
    varying = agreement.pass_pass + agreement.pass_fail if one_side_is_the_judge else judged
    constant = judged if one_side_is_the_judge else agreement.pass_pass + agreement.pass_fail
    usual = (varying if constant else agreement.n - varying) / agreement.n
    by_chance = usual * (1 - rare) + (1 - usual) * rare
    best = usual + min(rare, 1 - usual) - max(0.0, rare - (1 - usual))
    worst = usual - min(rare, usual) + max(0.0, rare - usual)
    return (worst - by_chance) / (1 - by_chance), (best - by_chance) / (1 - by_chance)
