"""From runs to the points of a trend, and to the cells that flip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from pytest_arena.comparison.summary import summarize
from pytest_arena.results import RunResult
from pytest_arena.results.trend import CellFlips, ColumnPoint, RunPoint, Trend

MOST_RUNS = 50
MOST_FLIPS = 20
_LETTERS = {"passed": "P", "failed": "F", "error": "E"}


def point_of(run: RunResult) -> RunPoint:
    """Return what is kept of a run."""
    columns = {}
    for summary in summarize(run.cells):
        counts, p50 = summary.counts, summary.latency.p50
        columns[summary.provider] = ColumnPoint(
            passed=counts.passed,
            failed=counts.judged - counts.passed,
            error=counts.error,
            model=summary.model,
            p50_ms=p50.value if p50 else None,
            p50_low_ms=p50.low if p50 else None,
            p50_high_ms=p50.high if p50 else None,
            # a lower bound would look like a fall
            cost_per_case_usd=None if summary.spending.unknown else summary.spending.per_case_usd,
        )
    commit = run.info.git.get("commit")
    return RunPoint(
        run.info.run_id,
        run.info.started_at,
        columns,
        commit if isinstance(commit, str) else None,
        {c.id: _LETTERS[c.verdict] for c in run.cells if c.verdict in _LETTERS},
    )


def trend_of(points: Iterable[RunPoint], most: int = MOST_RUNS) -> Trend:
    """Return the newest runs in their order of time; of a run that is given twice, one."""
    known = {point.run_id: point for point in points}
    runs = sorted(known.values(), key=lambda point: (point.started_at, point.run_id))[-most:]
    letters: dict[str, str] = {}
    for point in runs:
        for cell_id, letter in point.verdicts.items():
            letters[cell_id] = letters.get(cell_id, "") + letter
    found = (CellFlips(cell_id, said, _flips(said)) for cell_id, said in letters.items())
    flips = sorted((cell for cell in found if cell.flips), key=lambda cell: (-cell.flips, cell.id))
    return Trend(tuple(replace(point, verdicts={}) for point in runs), tuple(flips[:MOST_FLIPS]))


def _flips(letters: str) -> int:
    judged = [letter for letter in letters if letter in "PF"]
    return sum(one != other for one, other in pairwise(judged))
