"""The gate's verdict: which cells are worse than the baseline, beyond what chance does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pytest_arena.comparison.baseline.model import Baseline, BaselineCell
from pytest_arena.comparison.baseline.summarize import summarize_cell
from pytest_arena.comparison.baseline.update import Collected
from pytest_arena.comparison.gate.cells import CellPair, GateCell, Rules, pairs_of
from pytest_arena.comparison.gate.changes import prompt_diff, renamed_from
from pytest_arena.comparison.gate.screening import confirmed, screened
from pytest_arena.comparison.gate.status import STATUSES, Status
from pytest_arena.comparison.stats.exact_tests import fisher_worse, sign_flip_worse
from pytest_arena.comparison.stats.intervals_and_tests import holm
from pytest_arena.results import RunResult, Trial

__all__ = [
    "STATUSES",
    "GateCell",
    "GateResult",
    "Rules",
    "Status",
    "SuiteTest",
    "assess",
    "suspects",
]


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """The paired test over all cases: is the suite as a whole worse than before?

    `drop` is the mean fall of the pass rate over `cases`, from −1 to 1 (below 0: better);
    `worse` and `better` count the cases whose rate fell and rose.
    """

    cases: int
    worse: int
    better: int
    drop: float
    p_value: float
    significant: bool

    @property
    def reason(self) -> str:
        """Say in a sentence what was found."""
        points = f"{abs(self.drop) * 100:.1f} points"
        way = "below" if self.drop > 0 else "above"
        against = f"over {self.cases} cases the pass rate is {points} {way} the baseline's"
        if not self.drop:
            against = f"over {self.cases} cases the pass rate is that of the baseline"
        return f"{against} ({self.worse} worse, {self.better} better; p = {self.p_value:.3g})"


@dataclass(frozen=True, slots=True)
class GateResult:
    """The statuses of all cells, sorted by file, case and provider, and the suite's test.

    `suite` is None where no cell can be compared by statistics.
    """

    cells: tuple[GateCell, ...]
    suite: SuiteTest | None
    rules: Rules
    baseline: str

    @property
    def failed(self) -> bool:
        """Whether `--arena-fail-on regression` fails the run."""
        worse = self.suite is not None and self.suite.significant
        return worse or any(cell.fails for cell in self.cells)

    @property
    def counts(self) -> dict[Status, int]:
        """Count the cells by status; statuses without a cell are left out."""
        found = Counter(cell.status for cell in self.cells)
        return {status: found[status] for status in STATUSES if found[status]}

    def of(self, *statuses: Status) -> tuple[GateCell, ...]:
        """Return the cells with one of these statuses."""
        return tuple(cell for cell in self.cells if cell.status in statuses)


def suspects(run: RunResult, baseline: Baseline, rules: Rules | None = None) -> list[str]:
    """Return the ids of the cells that need fresh trials, sorted.

    These are cells whose pass rate lies at least `min_effect` under the baseline's, and that
    `confirm_trials` fresh trials could show to be worse. The trials of the run chose them, so
    they must not be counted again. The cells must hold all their trials (no early stop).
    """
    rules = rules or Rules()
    found = screened(pairs_of(run, baseline), rules)
    return sorted(pair.cell.id for pair, result in found if result is None)


def assess(
    run: RunResult,
    baseline: Baseline,
    rules: Rules | None = None,
    *,
    fresh: Mapping[str, Sequence[Trial]] | None = None,
    collected: Collected | None = None,
) -> GateResult:
    """Compare a run with a baseline.

    `fresh` holds the confirmation trials of suspects by cell id; only they decide whether a
    suspect has regressed (Fisher's exact test, Holm over the suspects, at alpha/2). The other
    half of alpha goes to one paired test over the cases. A suspect without fresh trials stays
    `suspected`. `collected` tells which cells are no more; without it none counts as `removed`.
    """
    rules = rules or Rules()
    found = screened(pairs_of(run, baseline), rules)
    tested = [pair for pair, result in found if result is None]
    done = {cell.key: cell for cell in _confirm(tested, fresh or {}, rules)}
    cells = [_explained(result or done[pair.key], pair, baseline) for pair, result in found]
    gone = [cell for cell in baseline.cells.values() if collected and collected.lacks(cell)]
    cells = [renamed_from(cell, gone) for cell in cells]
    cells += [GateCell.removed(cell) for cell in gone]
    return GateResult(
        cells=tuple(sorted(cells, key=lambda cell: cell.key)),
        suite=_suite([pair for pair, _ in found], rules),
        rules=rules,
        baseline=baseline.name,
    )


def _explained(cell: GateCell, pair: CellPair, baseline: Baseline) -> GateCell:
    if "prompt" not in cell.changed:
        return cell
    return replace(cell, prompt_diff=prompt_diff(baseline, pair))


def _confirm(
    tested: Sequence[CellPair], fresh: Mapping[str, Sequence[Trial]], rules: Rules
) -> list[GateCell]:
    asked: list[tuple[CellPair, BaselineCell | None]] = []
    for pair in tested:
        trials = fresh.get(pair.cell.id, ())
        asked.append((pair, summarize_cell(pair.cell, trials) if trials else None))
    judged = [(pair, new) for pair, new in asked if new is not None and new.judged]
    p_values = [
        fisher_worse(pair.before.passed, pair.before.judged, new.passed, new.judged)
        for pair, new in judged
        if pair.before
    ]
    adjusted = dict(zip((pair.key for pair, _ in judged), holm(p_values), strict=True))
    plain = dict(zip((pair.key for pair, _ in judged), p_values, strict=True))
    return [
        confirmed(pair, new, plain.get(pair.key), adjusted.get(pair.key), rules)
        for pair, new in asked
    ]


def _suite(pairs: Sequence[CellPair], rules: Rules) -> SuiteTest | None:
    """Test the mean fall of the pass rate; the unit is the case, over all its providers."""
    drops: dict[tuple[str, str], list[Fraction]] = {}
    for pair in pairs:
        drop = pair.drop if pair.by_statistics else None
        if drop is not None:
            drops.setdefault(pair.key[:2], []).append(drop)
    means = [sum(own, Fraction()) / len(own) for _, own in sorted(drops.items())]
    if not means:
        return None
    p_value = sign_flip_worse(means)
    return SuiteTest(
        cases=len(means),
        worse=sum(mean > 0 for mean in means),
        better=sum(mean < 0 for mean in means),
        drop=float(sum(means, Fraction()) / len(means)),
        p_value=p_value,
        significant=p_value <= rules.alpha / 2,
    )
