"""How many cases and trials are needed to see a drop, from the results at hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell
from pytest_arena.comparison.baseline.summarize import baseline_of
from pytest_arena.comparison.stats.intervals_and_tests import cases_needed
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import RunResult

TRIALS = (1, 2, 3, 5, 8, 20)


@dataclass(frozen=True, slots=True)
class Need:
    """How many cases are needed with so many trials a case, and what the cases at hand show.

    `drop` is the smallest mean drop (0 to 1) that the cases at hand would show; None where even
    all of them failing would not be seen.
    """

    trials: int
    cases: int
    drop: float | None


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """What it takes to see a mean drop of the pass rate by `drop` (0 to 1).

    `between` is the variance of the drop between cases, `within` that of a trial inside a case;
    `basis` says where the first comes from, `remarks` what the figures do not rest on.
    """

    drop: float
    alpha: float
    power: float
    cases: int
    pass_rate: float
    between: float
    within: float
    basis: str
    needs: tuple[Need, ...]
    baseline_trials: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Spread:
    """The moments of the cases' pass rates that the formula needs."""

    mean: float
    square: float
    within: float
    measured: int


def plan_power(
    run: RunResult,
    baseline: Baseline | None = None,
    *,
    drop: float = 0.05,
    alpha: float = 0.05,
    power: float = 0.8,
    baseline_trials: int = 20,
    trials: Sequence[int] = TRIALS,
) -> PowerPlan | None:
    """Return how many cases show a drop, for several numbers of trials; Miller 2024, section 5.

    (z_{α/2} + z_β)²·(ω² + σ_A²/K_A + σ_B²/K_B)/δ². σ² comes from cases with several trials, ω²
    from the differences to a baseline where there is one; else it is that of a drop which comes
    from cases that break outright. None where no trial reached a verdict.
    """
    if not (0 < drop <= 1 and 0 < alpha < 1 and 0 < power < 1 and baseline_trials > 0):
        raise ValueError("drop, alpha and power are shares, baseline_trials at least 1")
    cells = [cell for _, cell in sorted(baseline_of(run).cells.items()) if cell.judged]
    if not cells:
        return None
    before = sorted(baseline.cells.items()) if baseline else []
    spread = _spread(cells, [*cells, *(cell for _, cell in before)])
    seen = _between_runs(cells, baseline, spread) if baseline else None
    cases = len({cell.key[:2] for cell in cells})

    def between(change: float) -> float:
        return _broken(spread, change) if seen is None else seen

    def needed(change: float, count: int) -> int:
        found = cases_needed(
            change,
            between=between(change),
            within_a=spread.within,
            within_b=spread.within,
            trials_a=baseline_trials,
            trials_b=count,
            alpha=alpha,
            power=power,
        )
        return found or 1

    def smallest(count: int) -> float | None:
        steps = (step / 1000 for step in range(1, 1001))
        return next((step for step in steps if needed(step, count) <= cases), None)

    return PowerPlan(
        drop=drop,
        alpha=alpha,
        power=power,
        cases=cases,
        pass_rate=spread.mean,
        between=between(drop),
        within=spread.within,
        basis=_basis(seen),
        needs=tuple(Need(n, needed(drop, n), smallest(n)) for n in sorted(set(trials))),
        baseline_trials=baseline_trials,
        remarks=_remarks(spread, len(cells), drop),
    )


def _spread(cells: Sequence[BaselineCell], every: Sequence[BaselineCell]) -> _Spread:
    """Return the moments of the cells; `every` cell with several trials tells their chance."""
    rates = [cell.passed / cell.judged for cell in cells]
    mean = sum(sorted(rates)) / len(rates)
    repeated = [cell for cell in every if cell.judged > 1 and not cell.deterministic]
    if not repeated:
        # one trial a case cannot tell its own chance from the case's: take all of it for chance
        return _Spread(mean, mean * mean, mean * (1 - mean), 0)
    own = [c.passed * c.failed / (c.judged * (c.judged - 1)) for c in repeated]
    within = sum(sorted(own)) / len(own)
    # the square of a rate is too large by the chance in it
    squares = [
        max(0.0, (c.passed / c.judged) ** 2 - within / c.judged if c.judged > 1 else mean * mean)
        for c in cells
    ]
    return _Spread(mean, sum(sorted(squares)) / len(squares), within, len(repeated))


def _broken(spread: _Spread, drop: float) -> float:
    """Return ω² if the drop comes from cases that pass no more: δ·E[p²]/E[p] − δ²."""
    mean_square = spread.square / spread.mean if spread.mean else 1.0
    return max(0.0, drop * min(1.0, mean_square) - drop * drop)


def _between_runs(
    cells: Sequence[BaselineCell], baseline: Baseline, spread: _Spread
) -> float | None:
    """Return ω² from the differences to the baseline, without the chance of the trials."""
    differences, chance = [], []
    for cell in cells:
        before = baseline.cells.get(cell.key)
        if before is not None and before.judged:
            differences.append(before.passed / before.judged - cell.passed / cell.judged)
            chance.append(spread.within / before.judged + spread.within / cell.judged)
    n = len(differences)
    if n < 10:
        return None
    mean = sum(sorted(differences)) / n
    variance = sum(sorted((d - mean) ** 2 for d in differences)) / (n - 1)
    return max(0.0, variance - sum(sorted(chance)) / n) or None


def _basis(seen: float | None) -> str:
    if seen is not None:
        return f"cases differ from the baseline by {sqrt(seen) * 100:.0f} points (one sd)"
    return "assuming that the drop comes from cases that break outright"


def _remarks(spread: _Spread, cells: int, drop: float) -> tuple[str, ...]:
    found = []
    if not spread.measured:
        found.append(
            "no case has several trials, so that all variance counts as chance: run with "
            "--arena-trials=3 for better figures"
        )
    elif spread.measured < 10:
        found.append(f"the chance within a case is known from {spread.measured} cells alone")
    if drop > spread.mean:
        found.append(f"the pass rate is {spread.mean * 100:.0f} %, so that it cannot drop so far")
    if cells < 30:
        found.append(f"{cells} cells are few: the figures are rough")
    return tuple(found)
