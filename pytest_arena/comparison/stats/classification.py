"""Accuracy, precision, recall and F1 of labels, with intervals, in the standard library alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import sqrt

from pytest_arena.comparison.stats.intervals_and_tests import Z95, Estimate, wilson
from pytest_arena.comparison.stats.student_t import student_t95
from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer: the label that is right, the one that it gave, and the unit that it is of.

    Observations of one unit (of one case) are no independent evidence.
    """

    label: str
    predicted: str
    unit: Hashable


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """The figures of one label; `precision` is None where it was never predicted."""

    label: str
    support: int
    precision: Estimate | None
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class Classification:
    """The figures of all labels together.

    `precision`, `recall` and `f1` are macro means, over the labels that are right somewhere; a
    precision that is not defined counts as 0. `counts` is the confusion matrix, by the right label
    and the predicted one.
    """

    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    f1: Estimate
    labels: tuple[LabelFigures, ...]
    counts: Mapping[tuple[str, str], int]


def classify(observations: Sequence[Observation]) -> Classification | None:
    """Return the figures of observations; None where there are none.

    Shares have Wilson's interval, for as many observations as they are worth: their number
    divided by the design effect, the variance by units over the one by observations (Korn and
    Graubard 1998). F1 is a function of the share TP / (TP + FP + FN), and has that share's
    interval (Lam, Gopal and Qian 2023). A mean over labels joins their intervals by the
    correlations of the estimates (Zou and Donner 2008).
    """
    if not observations:
        return None
    should: dict[str, list[Observation]] = {}
    did: dict[str, list[Observation]] = {}
    for one in observations:
        should.setdefault(one.label, []).append(one)
        did.setdefault(one.predicted, []).append(one)
    names = sorted(should)
    precisions = [_Share(did.get(name, ())) for name in names]
    recalls = [_Share(should[name]) for name in names]
    wrongly = {name: [one for one in did.get(name, ()) if one.label != name] for name in names}
    overlaps = [_Share([*should[name], *wrongly[name]]) for name in names]
    n = len(observations)
    return Classification(
        accuracy=_Share(observations).estimate,
        precision=_mean(precisions, [share.estimate for share in precisions], n),
        recall=_mean(recalls, [share.estimate for share in recalls], n),
        f1=_mean(overlaps, [_f1(share.estimate) for share in overlaps], n),
        labels=tuple(
            LabelFigures(
                name,
                recall.n,
                precision.estimate if precision.n else None,
                recall.estimate,
                _f1(overlap.estimate),
            )
            for name, precision, recall, overlap in zip(
                names, precisions, recalls, overlaps, strict=True
            )
        ),
        counts=Counter((one.label, one.predicted) for one in observations),
    )


class _Share:
    """The share of some observations that are right."""

    def __init__(self, observations: Sequence[Observation]) -> None:
        self.n = len(observations)
        self.right = sum(one.label == one.predicted for one in observations)
        self.value = self.right / self.n if self.n else 0.0
        self.by_unit: dict[Hashable, float] = {}
        """What each unit adds to the estimate's error."""
        for one in observations:
            error = ((one.label == one.predicted) - self.value) / self.n
            self.by_unit[one.unit] = self.by_unit.get(one.unit, 0.0) + error

    @cached_property
    def variance(self) -> float:
        return sum(sorted(error * error for error in self.by_unit.values()))

    @cached_property
    def estimate(self) -> Estimate:
        """The share with its interval; of nothing at all, anything may be true."""
        units = len(self.by_unit)
        worth, z = float(self.n), Z95
        if 0 < units < self.n:
            alone = self.value * (1 - self.value) / self.n
            # where all are alike, nothing tells how alike those of one unit are
            worth = self.n / max(1.0, self.variance / alone) if alone else float(units)
            z = student_t95(units - 1) if units > 1 else Z95
            worth = worth if units > 1 else 1.0
        found = wilson(self.value * worth, worth, z)
        return replace(found, value=self.value, n=self.n) if found else Estimate(0.0, 0.0, 1.0, 0)


def _f1(overlap: Estimate) -> Estimate:
    """Return F1 of the share TP / (TP + FP + FN)."""

    def f1(share: float | None) -> float:
        return 0.0 if share is None else 2 * share / (1 + share)

    return Estimate(f1(overlap.value), f1(overlap.low), f1(overlap.high), overlap.n)


def _mean(shares: Sequence[_Share], estimates: Sequence[Estimate], n: int) -> Estimate:
    """Return the mean of estimates; `shares` are what they are functions of."""
    count = len(estimates)
    mean = sum(sorted(one.value for one in estimates)) / count
    down = [one.value - (one.low or 0.0) for one in estimates]
    up = [(1.0 if one.high is None else one.high) - one.value for one in estimates]
    below, above = sum(d * d for d in sorted(down)), sum(u * u for u in sorted(up))
    for (i, j), covariance in sorted(_covariances(shares).items()):
        spread = sqrt(shares[i].variance * shares[j].variance)
        if spread:
            below += 2 * covariance / spread * down[i] * down[j]
            above += 2 * covariance / spread * up[i] * up[j]
    low = mean - sqrt(max(0.0, below)) / count
    high = mean + sqrt(max(0.0, above)) / count
    return Estimate(mean, max(0.0, low), min(1.0, high), n)


def _covariances(shares: Sequence[_Share]) -> dict[tuple[int, int], float]:
    """Return the covariances of the shares that units have in common."""
    by_unit: dict[Hashable, list[tuple[int, float]]] = {}
    for place, share in enumerate(shares):
        for unit, error in share.by_unit.items():
            by_unit.setdefault(unit, []).append((place, error))
    found: dict[tuple[int, int], float] = {}
    for errors in by_unit.values():
        for index, (i, first) in enumerate(errors):
            for j, second in errors[index + 1 :]:
                found[i, j] = found.get((i, j), 0.0) + first * second
    return found
