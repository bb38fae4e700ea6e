"""What became of a run's cells since the baseline: by status, by provider, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_arena.comparison.gate.status import STATUSES
from pytest_arena.comparison.stats.intervals_and_tests import Estimate, paired_mean
from pytest_arena.results import Cell, GateFinding, RunResult

AS_BEFORE = ("still passing", "still failing")
"""The statuses of cells that did not change."""
_NOT_COMPARED = ("error", "insufficient data", "incomparable", "new", "removed")


@dataclass(frozen=True, slots=True)
class SinceBaseline:
    """What the gate found, in the order in which people want to know it.

    `failed`: something is worse; `compared`: some cell could be compared at all. `counts` has the
    statuses that ask for attention first, `by_provider` the mean change of the
    pass rate over the cells that were compared, from −1 to 1.
    """

    baseline: str
    headline: str
    reasons: tuple[str, ...]
    failed: bool
    compared: bool
    counts: tuple[tuple[str, int], ...]
    regressed: tuple[Cell, ...]
    removed: tuple[str, ...]
    by_provider: Mapping[str, Estimate] = field(default_factory=dict)


def since_baseline(run: RunResult) -> SinceBaseline | None:
    """Return what changed since the baseline, or None where the run was not compared with one."""
    gate = run.gate
    if gate is None:
        return None
    found = Counter(cell.standing.status for cell in run.cells if cell.standing)
    if gate.removed:
        found["removed"] = len(gate.removed)
    compared = any(status not in _NOT_COMPARED for status in found)
    return SinceBaseline(
        baseline=gate.baseline,
        headline=_headline(gate.baseline, found, gate.suite_failed, compared),
        reasons=_reasons(gate.suite, gate.suite_failed),
        failed=gate.suite_failed or found["regressed"] > 0,
        compared=compared,
        counts=tuple((status, found[status]) for status in by_attention(found)),
        regressed=tuple(cell for cell in run.cells if is_regressed(cell)),
        removed=gate.removed,
        by_provider=_by_provider(run.cells),
    )


def by_attention(statuses: Mapping[str, int] | Sequence[str]) -> list[str]:
    """Return statuses without repetition, those that ask for attention first."""
    known: dict[str, int] = {status: place for place, status in enumerate(STATUSES)}
    return sorted(set(statuses), key=lambda status: (known.get(status, len(known)), status))


def is_regressed(cell: Cell) -> bool:
    return cell.standing is not None and cell.standing.status == "regressed"


def _headline(baseline: str, found: Counter[str], suite_failed: bool, compared: bool) -> str:
    """Claim no more than was compared."""
    if found["regressed"]:
        return f"{_cells(found['regressed'])} regressed against {baseline}"
    if suite_failed:
        return f"The suite as a whole is worse than {baseline}"
    if not compared:
        return f"No cell could be compared with {baseline}"
    headline = f"No regression against {baseline}"
    suspected, unjudged = found["suspected"], found["error"]
    if suspected:
        headline += f", {_cells(suspected)} {'is' if suspected == 1 else 'are'} suspected"
    if unjudged:
        headline += f"{' and' if suspected else ','} {_cells(unjudged)} reached no verdict"
    return headline


def _reasons(suite: str | None, suite_failed: bool) -> tuple[str, ...]:
    if not suite:
        return ()
    said = suite[0].upper() + suite[1:] + ("" if suite.endswith(".") else ".")
    if suite_failed:
        return (f"The suite as a whole is worse by more than chance: {said[0].lower()}{said[1:]}",)
    return (said,)


def _by_provider(cells: Sequence[Cell]) -> dict[str, Estimate]:
    changes: dict[str, list[float]] = {}
    for cell in cells:
        change = _change(cell.standing) if cell.standing else None
        if change is not None:
            changes.setdefault(cell.provider, []).append(change)
    means = {provider: paired_mean(own) for provider, own in changes.items()}
    return {provider: mean for provider, mean in means.items() if mean is not None}


def _change(standing: GateFinding) -> float | None:
    before, now = standing.before, standing.now
    if standing.status in _NOT_COMPARED or not before or not now:
        return None
    if not before.judged or not now.judged:
        return None
    return now.passed / now.judged - before.passed / before.judged


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
