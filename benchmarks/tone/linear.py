"""Ridge and logistic regression on standardized features, and their quality by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from data import Numbers
from scipy.optimize import minimize
from scipy.stats import rankdata


@dataclass(frozen=True)
class Line:
    """A fitted line: the sum of weights × features, plus the intercept."""

    weights: Numbers
    intercept: float

    def of(self, features: Numbers) -> Numbers:
        return features @ self.weights + self.intercept


Fit = Callable[[Numbers, Numbers, Numbers], Line]
"""From features, targets, and how much each row counts, to a line."""


def ridge(penalty: float, *, words: int = 0, word_penalty: float = 90.0) -> Fit:
    """Return least squares with a penalty on the weights of the standardized features.

    The last `words` columns say whether a word is there; they stay as they are, with a penalty of
    their own: rare words would count for too much otherwise.
    """

    def fit(features: Numbers, targets: Numbers, counts: Numbers) -> Line:
        mean, spread = _scale(features)
        penalties = np.full(features.shape[1], penalty)
        if words:
            spread[-words:], penalties[-words:] = 1.0, word_penalty
        scaled = (features - mean) / spread
        middle = float(np.average(targets, weights=counts))
        left = scaled.T @ (scaled * counts[:, None]) + np.diag(penalties)
        centre = np.average(scaled, axis=0, weights=counts)
        right = scaled.T @ (counts * (targets - middle))
        weights = np.linalg.solve(left, right) / spread
        return Line(weights, middle - float((mean + centre * spread) @ weights))

    return fit


def logistic(penalty: float) -> Fit:
    """Return logistic regression with a penalty on the weights of the standardized features."""

    def fit(features: Numbers, targets: Numbers, counts: Numbers) -> Line:
        mean, spread = _scale(features)
        scaled = (features - mean) / spread

        def loss(values: Numbers) -> tuple[float, Numbers]:
            weights, intercept = values[:-1], values[-1]
            sums = scaled @ weights + intercept
            off = counts * (sigmoid(sums) - targets)
            total = float(counts @ (np.logaddexp(0, sums) - targets * sums))
            slope = np.append(scaled.T @ off + penalty * weights, off.sum())
            return total + penalty / 2 * float(weights @ weights), slope

        start = np.zeros(features.shape[1] + 1)
        best = minimize(loss, start, jac=True, method="L-BFGS-B").x
        weights = best[:-1] / spread
        return Line(weights, float(best[-1] - mean @ weights))

    return fit


def with_signs(fit: Fit, signs: Numbers) -> Fit:
    """Return a fit in which no weight goes against its sign (+1, -1, or 0 for either).

    Such weights are taken out, and the rest is fitted again, until none is left.
    """

    def fit_again(features: Numbers, targets: Numbers, counts: Numbers) -> Line:
        kept = features.copy()
        while True:
            line = fit(kept, targets, counts)
            wrong = np.flatnonzero(line.weights[: len(signs)] * signs < -1e-9)
            if not len(wrong):
                return line
            kept[:, wrong] = 0.0

    return fit_again


def held_out(fit: Fit, features: Numbers, targets: Numbers, counts: Numbers) -> Numbers:
    """Return for each row what a line says that was fitted without its tenth of the rows."""
    said = np.zeros(len(targets))
    for tenth in folds(len(targets)):
        rest = np.setdiff1d(np.arange(len(targets)), tenth)
        said[tenth] = fit(features[rest], targets[rest], counts[rest]).of(features[tenth])
    return said


def folds(size: int, number: int = 10) -> Iterator[Numbers]:
    """Yield the places of each tenth of the rows, drawn with a fixed seed."""
    order = np.random.default_rng(0).permutation(size)
    yield from (np.sort(part) for part in np.array_split(order, number))


def sigmoid(values: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def area_under_curve(scores: Numbers, targets: Numbers) -> float:
    """Return the share of pairs, one of each kind, whose order the scores get right."""
    ranks = rankdata(scores)
    ones = int(targets.sum())
    total = float(ranks[targets == 1].sum()) - ones * (ones + 1) / 2
    return total / (ones * (len(targets) - ones))


def spearman(scores: Numbers, targets: Sequence[float] | Numbers) -> float:
    """Return the rank correlation."""
    return float(np.corrcoef(rankdata(scores), rankdata(targets))[0, 1])


def _scale(features: Numbers) -> tuple[Numbers, Numbers]:
    spread = features.std(axis=0)
    return features.mean(axis=0), np.where(spread == 0, 1.0, spread)
