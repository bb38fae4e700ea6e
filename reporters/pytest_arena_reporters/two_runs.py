"""What the terminal and Markdown show of two runs, as texts: figures, differences and flips."""

from __future__ import annotations

from collections.abc import Callable

from pytest_arena.comparison.stats.intervals_and_tests import Estimate
from pytest_arena.comparison.summary import ProviderSummary
from pytest_arena.comparison.two_runs import Flip, ProviderChange, TwoRuns
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, RunResult
from pytest_arena_reporters import figures
from pytest_arena_reporters.failures import why

_Shown = Callable[[float | None], str]
_MINUS = "−"
ARROW = "→"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a provider: in both runs, and what the difference is."""

    label: str
    before: str
    after: str
    difference: str


def rows(change: ProviderChange) -> list[Row]:
    """Return the figures of a provider side by side."""
    found = [
        Row("pass rate", _rate(change.before), _rate(change.after), _rate_difference(change)),
        Row("failed", _failed(change.before), _failed(change.after), ""),
        Row("errors", _errors(change.before), _errors(change.after), ""),
        Row(
            "latency p50",
            figures.timing(change.before.latency.p50) if change.before else figures.NONE,
            figures.timing(change.after.latency.p50) if change.after else figures.NONE,
            _by_cell(change.latency_ms, figures.milliseconds),
        ),
        Row("cost a case", _cost(change.before), _cost(change.after), _money(change.cost_usd)),
    ]
    return [row for row in found if {row.before, row.after} - {figures.NONE}]


def groups(runs: TwoRuns) -> list[tuple[str, list[Flip]]]:
    """Return the cells that flipped, under a title for each direction, the worst first."""
    titles = {
        "worse": "passed before and failed",
        "error": "gained or lost a verdict",
        "better": "failed before and passed",
        "other": "ran in one run and was skipped in the other",
    }
    found = []
    for change, title in titles.items():
        flips = [flip for flip in runs.flips if flip.change == change]
        if flips:
            found.append((f"{figures.plural(len(flips), 'cell')} {title}", flips))
    return found


def side(run: RunResult) -> str:
    """Return which run this is: its commit, its time, its size."""
    commit = str(run.info.git.get("commit") or "")[:12]
    dirty = " (with changes)" if commit and run.info.git.get("dirty") else ""
    size = figures.plural(len(run.cells), "cell")
    ended = "" if run.finished_at and not run.interrupted else "not complete"
    return ", ".join(
        part for part in (f"{commit}{dirty}", run.info.started_at, size, ended) if part
    )


def remarks(runs: TwoRuns) -> list[str]:
    """Return what must be known beside the figures."""
    said = []
    if not runs.pairs:
        said.append("The runs have no cell in common, so nothing can be compared.")
    elif not runs.flips:
        said.append(f"No verdict of {figures.plural(len(runs.pairs), 'common cell')} changed.")
    if runs.incomparable:
        counts = "counts" if runs.incomparable == 1 else "count"
        said.append(
            f"{figures.plural(runs.incomparable, 'cell')} had other assertions or another judge, "
            f"and {counts} in no difference of pass rates."
        )
    for cells, what in ((runs.added, "after"), (runs.removed, "before")):
        if cells:
            said.append(f"Only {what}: {figures.plural(len(cells), 'cell')}, {_some(cells)}.")
    return said


def reason(flip: Flip) -> str:
    """Return why the cell has its new verdict, or had its old one, and what changed."""
    telling = flip.after if flip.after.verdict in ("failed", "error") else flip.before
    parts = [why(telling)] if telling.verdict in ("failed", "error") else []
    if flip.changed:
        parts.append(f"changed: {', '.join(flip.changed)}")
    return "; ".join(parts)


def _some(cells: tuple[Cell, ...], most: int = 3) -> str:
    names = [f"{cell.case} [{cell.column}]" for cell in cells[:most]]
    return ", ".join(names) + (", …" if len(cells) > most else "")


def _rate(summary: ProviderSummary | None) -> str:
    return figures.rate(summary.counts.pass_rate) if summary else figures.NONE


def _failed(summary: ProviderSummary | None) -> str:
    return f"{summary.counts.failed:,}" if summary else figures.NONE


def _errors(summary: ProviderSummary | None) -> str:
    return f"{summary.counts.error:,}" if summary else figures.NONE


def _cost(summary: ProviderSummary | None) -> str:
    return figures.case_cost(summary.spending) if summary else figures.NONE


def _rate_difference(change: ProviderChange) -> str:
    found = change.pass_rate
    if found is None:
        return ""
    return (
        f"{figures.difference(found.estimate)}, {figures.p_value(found.p_value)}, "
        f"on {figures.plural(found.estimate.n, 'cell')}"
    )


def _by_cell(estimate: Estimate | None, shown: _Shown) -> str:
    """Return the mean difference a cell with its interval, in the words of its unit."""
    if estimate is None:
        return ""
    if estimate.low is None or estimate.high is None:
        return f"mean {_signed(estimate.value, shown)} a cell"
    bounds = f"{_signed(estimate.low, shown)} to {_signed(estimate.high, shown)}"
    return f"mean {_signed(estimate.value, shown)} a cell ({bounds})"


def _money(estimate: Estimate | None) -> str:
    return _by_cell(estimate, figures.dollars)


def _signed(value: float, shown: _Shown) -> str:
    text = shown(abs(value))
    return f"{'+' if value > 0 else _MINUS if value < 0 else '±'}{text}"
