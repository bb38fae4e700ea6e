"""What became of a run's cells since the baseline: by status, by provider, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from statistics import mean, median

from pytest_arena.comparison.gate.status import NOT_COMPARED, STATUSES
from pytest_arena.comparison.stats.intervals_and_tests import Estimate, paired_mean
from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, Gate, GateFinding, RunResult
from pytest_arena.results.cell import Took
from pytest_arena.results.run import FamilyShift
from pytest_arena.text.numbers import less_rounding

AS_BEFORE = ("still passing", "still failing")
"""The statuses of cells that did not change."""


@dataclass(frozen=True, slots=True)
class SinceBaseline:
    """What the gate found, in the order in which people want to know it.

    `failed`: something is worse, or the run fails since it cannot be told; `clear`: every cell was
    compared, and nothing is in doubt. `counts` has the statuses that ask for attention first,
    `by_provider` the mean change of the pass rate over the cells that were compared, from −1 to 1.
    """

    baseline: str
    headline: str
    reasons: tuple[str, ...]
    failed: bool
    clear: bool
    counts: tuple[tuple[str, int], ...]
    regressed: tuple[Cell, ...]
    removed: tuple[str, ...]
    by_provider: Mapping[str, Estimate] = field(default_factory=dict)
    took: Mapping[str, TookChange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TookChange:
    """What the trials of one column took in the baseline and take now, over the same cells.

    Latencies are medians of the cells' medians in milliseconds, costs means of their means in US
    dollars; None where no cell has both.
    """

    latency_ms: tuple[float, float] | None
    cost_usd: tuple[float, float] | None


def since_baseline(run: RunResult) -> SinceBaseline | None:
    """Return what changed since the baseline, or None where the run was not compared with one."""
    gate = run.gate
    if gate is None:
        return None
    found = Counter(cell.standing.status for cell in run.cells if cell.standing)
    if gate.removed:
        found["removed"] = len(gate.removed)
    compared = gate.compared or sum(n for s, n in found.items() if s not in NOT_COMPARED)
    failed = gate.suite_failed or found["regressed"] > 0 or (gate.failed and not found["error"])
    return SinceBaseline(
        baseline=gate.baseline,
        headline=_headline(gate, found, compared),
        reasons=(
            *_reasons(gate.suite, gate.suite_failed),
            *gate.moved,
            *(_shared_shift(shift) for shift in gate.families),
            *_scores(gate),
            *_price(gate),
        ),
        failed=failed,
        clear=not failed and _is_clear(gate, found, compared),
        counts=tuple((status, found[status]) for status in by_attention(found)),
        regressed=tuple(cell for cell in run.cells if is_regressed(cell)),
        removed=gate.removed,
        by_provider=_by_provider(run.cells),
        took=_took(run.cells),
    )


def by_attention(statuses: Mapping[str, int] | Sequence[str]) -> list[str]:
    """Return statuses without repetition, those that ask for attention first."""
    known: dict[str, int] = {status: place for place, status in enumerate(STATUSES)}
    return sorted(set(statuses), key=lambda status: (known.get(status, len(known)), status))


def is_regressed(cell: Cell) -> bool:
    return cell.standing is not None and cell.standing.status == "regressed"


def _headline(gate: Gate, found: Counter[str], compared: int) -> str:
    """Claim no more than was compared."""
    total = sum(found.values()) - found["removed"]
    against = f"against {gate.baseline}"
    if found["error"]:
        also = f"; {found['regressed']} regressed" if found["regressed"] else ""
        return f"Errors: {found['error']} of {_cells(total)} reached no verdict{also}, {against}"
    if found["regressed"]:
        return f"Regression: {found['regressed']} of {_cells(total)}, {against}"
    if gate.suite_failed:
        return f"Regression: the suite as a whole, {against}"
    if found["blind"]:
        return f"Cannot tell: {_cells(found['blind'])}, {against}"
    if not compared:
        nothing = f"Nothing was judged: no cell could be compared with {gate.baseline}"
        return nothing + _left_out(gate, found)
    least = gate.least_compared
    if least is not None and compared < less_rounding(least * gate.judged):
        return f"Too little was judged: {compared:,} of {gate.judged:,}, {against}"
    doubts = _doubts(gate, found, compared, total)
    if doubts:
        return f"No regression proven, but {' and '.join(doubts)}, {against}"
    held = f"No regression: {compared:,} of {_cells(total)} compared with {gate.baseline}"
    return held + _left_out(gate, found)


def _left_out(gate: Gate, found: Counter[str]) -> str:
    """Say how many cells of the baseline had no part in the run, and why."""
    said = []
    if gate.skipped:
        said.append(f"; {_cells(gate.skipped)} of it {_was(gate.skipped)} skipped")
    if gone := found["removed"]:
        said.append(f"; {_cells(gone)} of it {'is' if gone == 1 else 'are'} no more")
    return "".join(said)


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _is_clear(gate: Gate, found: Counter[str], compared: int) -> bool:
    total = sum(found.values()) - found["removed"]
    return compared > 0 and not found["blind"] and not _doubts(gate, found, compared, total)


def _doubts(gate: Gate, found: Counter[str], compared: int, total: int) -> list[str]:
    said = [
        f"{_cells(found[status])} {'is' if found[status] == 1 else 'are'} {status}"
        for status in ("suspected", "drifted")
        if found[status]
    ]
    if gate.moved:
        said.append("the suite lies below the baseline")
    if len(gate.families) == 1:
        said.append(f"the family {_named(gate.families[0])} fell as a whole")
    elif gate.families:
        said.append(f"{len(gate.families):,} families fell as a whole")
    if len(gate.scores) == 1:
        said.append(f"scores of {gate.scores[0].scored} fell")
    elif gate.scores:
        said.append(f"scores of {len({fall.scored for fall in gate.scores}):,} assertions fell")
    if compared < total:
        said.append(f"{compared:,} of {_cells(total)} were compared")
    return said


def _shared_shift(shift: FamilyShift) -> str:
    """Say that a family's cells fell together, which is one finding and not so many."""
    return (
        f"The family {_named(shift)} of {shift.file} fell as a whole: {shift.fell:,} of its "
        f"{_cells(shift.cells)}, by {shift.drop * 100:.1f} points (p = {shift.p_value:.2g})."
    )


def _named(shift: FamilyShift) -> str:
    return repr(shorten(shift.name, 60))


def _scores(gate: Gate) -> Iterator[str]:
    """Say which scores fell, and of which nothing is known."""
    for fall in gate.scores:
        interval = ""
        if fall.low is not None and fall.high is not None:
            interval = f"95 % interval {fall.low:.2f} to {fall.high:.2f}, "
        crossed = "and no threshold was crossed"
        if fall.crossed:
            crossed = f"and it holds less often in {_cells(fall.crossed)}"
        whose = "" if fall.ours else "; nothing of yours changed: the provider or the judge did"
        yield (
            f"Scores of {fall.scored} fell by {fall.drop:.2f} ({interval}p = {fall.p_value:.2g}) "
            f"over {fall.fell:,} of {_cells(fall.cells)}, {crossed}{whose}."
        )
    if gate.scores_unknown:
        yield (
            f"Whether scores fell in {_cells(gate.scores_unknown)} is not known: the baseline was "
            "written by an older version and keeps none. Update it."
        )


def _price(gate: Gate) -> tuple[str, ...]:
    """Say what telling change from chance took."""
    if not gate.calls:
        return ()
    calls = "1 call" if gate.calls == 1 else f"{gate.calls:,} calls"
    cost = f", ${gate.cost_usd:.4g}" if gate.cost_usd is not None else ""
    return (f"Telling change from chance took {calls} after the run{cost}.",)


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
            changes.setdefault(cell.column, []).append(change)
    means = {provider: paired_mean(own) for provider, own in changes.items()}
    return {provider: mean for provider, mean in means.items() if mean is not None}


def _took(cells: Sequence[Cell]) -> dict[str, TookChange]:
    columns: dict[str, list[tuple[Took, Took]]] = {}
    for cell in cells:
        standing = cell.standing
        if standing is None or standing.status in NOT_COMPARED:
            continue
        if standing.took_before is not None and standing.took is not None:
            pair = (standing.took_before, standing.took)
            columns.setdefault(cell.column, []).append(pair)
    return {
        name: TookChange(
            _both_sides(median, [(one.latency_ms, other.latency_ms) for one, other in pairs]),
            _both_sides(mean, [(one.cost_usd, other.cost_usd) for one, other in pairs]),
        )
        for name, pairs in columns.items()
    }


def _both_sides(
    middle: Callable[[Sequence[float]], float], pairs: Iterable[tuple[float | None, float | None]]
) -> tuple[float, float] | None:
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    if not known or not any(one or other for one, other in known):
        return None
    before, now = zip(*known, strict=True)
    return middle(before), middle(now)


def _change(standing: GateFinding) -> float | None:
    before, now = standing.before, standing.now
    if standing.status in NOT_COMPARED or not before or not now:
        return None
    if not before.judged or not now.judged:
        return None
    return now.passed / now.judged - before.passed / before.judged


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
