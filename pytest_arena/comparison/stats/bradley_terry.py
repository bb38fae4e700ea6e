"""Bradley-Terry strengths from pairwise wins, and their intervals by bootstrap over cases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import exp, log
from statistics import stdev

from pytest_arena.light_dataclass import dataclass

ELO = 400 / log(10)
"""Elo points of one unit of log strength."""
_SEED = 20240229
_DRAWS = 120_000
_SOLVING = 400_000
_PRIOR = 0.5

Wins = list[list[float]]
Pattern = tuple[int, ...]
"""One case's outcome for each pair i < j in order: 1 i won, -1 j won, 0 tie, 2 not compared."""


@dataclass(frozen=True, slots=True)
class Strengths:
    """Log strengths (mean zero), and whether they were shrunk.

    Shrunk strengths come from data in which someone always wins or never meets the others: half
    a win each way was added.
    """

    values: tuple[float, ...]
    shrunk: bool


def bradley_terry(wins: Sequence[Sequence[float]]) -> Strengths:
    """Fit log strengths to a matrix of wins (row over column; a tie is half a win each).

    Newton's method on the likelihood of Bradley and Terry 1952.
    """
    matrix = [list(row) for row in wins]
    shrunk = not _connected(matrix)
    if shrunk:
        matrix = _with_prior(matrix)
    return Strengths(tuple(_fit(matrix, [0.0] * len(matrix))), shrunk)


def bootstrap_errors(
    patterns: Mapping[Pattern, int], fields: int, *, rounds: int | None = None
) -> list[float]:
    """Return each strength's standard error, from seeded resamples of the cases.

    Cases with the same outcome are counted together, so that the time hardly grows with them.
    Normal intervals from these errors need far fewer rounds than percentiles of the resamples.
    """
    kinds = sorted(patterns)
    cases = sum(patterns.values())
    if not cases or fields < 2:
        return [0.0] * fields
    rounds = rounds or max(30, min(200, _DRAWS // cases, _SOLVING // fields**3))
    generator = random.Random(_SEED)  # noqa: S311  a seeded simulation, not a secret
    shares = list(accumulate(patterns[kind] for kind in kinds))
    start = bradley_terry(wins_of(patterns, fields)).values
    fits: list[list[float]] = []
    for _ in range(rounds):
        drawn = Counter(generator.choices(range(len(kinds)), cum_weights=shares, k=cases))
        matrix = wins_of({kinds[i]: count for i, count in drawn.items()}, fields)
        if not _connected(matrix):
            matrix = _with_prior(matrix)
        fits.append(_fit(matrix, start, tolerance=1e-3))
    return [stdev(fit[i] for fit in fits) for i in range(fields)]


def wins_of(patterns: Mapping[Pattern, int], fields: int) -> Wins:
    """Return the matrix of wins of cases that are counted by their outcome."""
    matrix = [[0.0] * fields for _ in range(fields)]
    pairs = [(i, j) for i in range(fields) for j in range(i + 1, fields)]
    for pattern, count in patterns.items():
        half = count / 2
        for (i, j), outcome in zip(pairs, pattern, strict=True):
            if outcome == 1:
                matrix[i][j] += count
            elif outcome == -1:
                matrix[j][i] += count
            elif outcome == 0:
                matrix[i][j] += half
                matrix[j][i] += half
    return matrix


def _fit(wins: Wins, start: Sequence[float], tolerance: float = 1e-9) -> list[float]:
    values = list(start)
    size = len(values)
    for _ in range(100):
        gradient, information = _score(wins, values)
        step = _solve(information, gradient)
        longest = max((abs(s) for s in step), default=0.0)
        scale = min(1.0, 2.0 / longest) if longest else 1.0
        values = [value + scale * s for value, s in zip(values, step, strict=True)]
        mean = sum(values) / size if size else 0.0
        values = [value - mean for value in values]
        if longest < tolerance:
            break
    return values


def _score(wins: Wins, values: Sequence[float]) -> tuple[list[float], Wins]:
    """Return the gradient and the information; adding 1 everywhere pins the free mean."""
    size = len(values)
    gradient = [0.0] * size
    information = [[1.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1, size):
            games = wins[i][j] + wins[j][i]
            if not games:
                continue
            chance = 1 / (1 + exp(values[j] - values[i]))
            surplus = wins[i][j] - games * chance
            gradient[i] += surplus
            gradient[j] -= surplus
            weight = games * chance * (1 - chance)
            information[i][i] += weight
            information[j][j] += weight
            information[i][j] -= weight
            information[j][i] -= weight
    return gradient, information


def _solve(matrix: Wins, right: Sequence[float]) -> list[float]:
    """Solve a small linear system by elimination with pivoting."""
    size = len(right)
    rows = [[*matrix[i], right[i]] for i in range(size)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            if factor:
                for c in range(i, size + 1):
                    rows[r][c] -= factor * rows[i][c]
    solution = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(rows[i][c] * solution[c] for c in range(i + 1, size))
        solution[i] = (rows[i][size] - rest) / rows[i][i]
    return solution


def _connected(wins: Wins) -> bool:
    """Whether everyone reaches everyone by wins, without which strengths are infinite."""
    size = len(wins)
    return size < 2 or (
        len(_reached(wins, 0, lambda i, j: wins[i][j] > 0)) == size
        and len(_reached(wins, 0, lambda i, j: wins[j][i] > 0)) == size
    )


def _reached(wins: Wins, start: int, beats: Callable[[int, int], bool]) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        i = waiting.pop()
        for j in range(len(wins)):
            if j not in seen and beats(i, j):
                seen.add(j)
                waiting.append(j)
    return seen


def _with_prior(wins: Wins) -> Wins:
    size = len(wins)
    return [[wins[i][j] + (_PRIOR if i != j else 0.0) for j in range(size)] for i in range(size)]
