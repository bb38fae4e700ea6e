"""What reports say of a cell beside its baseline: counts, what changed, how many of a status."""

from __future__ import annotations

from pytest_arena.comparison.gate.summary import SinceBaseline
from pytest_arena.results import Cell, GateFinding
from pytest_arena.results.cell import Count
from pytest_arena_reporters import figures

ARROW = "→"


def tallies(standing: GateFinding) -> str:
    """Return the counts of trials: `passed 20 of 20 → 1 of 3 → 0 of 8 fresh, p < .001`."""
    parts = [_tally(standing.before), _tally(standing.now)]
    if standing.fresh:
        parts.append(f"{_tally(standing.fresh)} fresh")
    text = f"passed {f' {ARROW} '.join(parts)}"
    return text if standing.p_value is None else f"{text}, {figures.p_value(standing.p_value)}"


def what_changed(cell: Cell) -> str:
    """Return what is not as it was: `the prompt and the provider changed (model: a → b)`."""
    standing = cell.standing
    if standing is None or standing.before is None:
        return ""
    said = _changed(standing, known=bool(cell.hashes.get("prompt")))
    differences = "; ".join(standing.differences)
    if not (said and differences):
        return said or differences
    return f"{said} ({differences})" if standing.changed else f"{said}, but {differences}"


def _changed(standing: GateFinding, *, known: bool) -> str:
    if not standing.changed:
        return "prompt and provider are as they were" if known else ""
    names = [f"the {name}" for name in standing.changed]
    head = ", ".join(names[:-1])
    return f"{head} and {names[-1]} changed" if head else f"{names[-1]} changed"


def status_counts(found: SinceBaseline) -> str:
    """Return the cells by status: `2 regressed, 1 suspected, 36 still passing`."""
    return ", ".join(f"{count:,} {status_name(status, count)}" for status, count in found.counts)


def took(found: SinceBaseline) -> list[tuple[str, str]]:
    """Return each column's name and `latency 812 ms → 940 ms, cost a trial $0.001 → $0.002`."""
    said = []
    for name, change in found.took.items():
        parts = []
        if change.latency_ms:
            before, now = (figures.milliseconds(value) for value in change.latency_ms)
            parts.append(f"latency {before} {ARROW} {now}")
        if change.cost_usd:
            before, now = (figures.dollars(value) for value in change.cost_usd)
            parts.append(f"cost a trial {before} {ARROW} {now}")
        if parts:
            said.append((name, ", ".join(parts)))
    return said


def status_name(status: str, count: int) -> str:
    return "errors" if status == "error" and count != 1 else status


def _tally(count: Count | None) -> str:
    return f"{count.passed:,} of {count.judged:,}" if count else figures.NONE
