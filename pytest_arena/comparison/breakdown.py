"""Pass rates by tag and by assertion type, for each provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_arena.comparison.summary import Counts, count_verdicts
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, Finding

_WORST_FIRST = ("error", "failed", "passed")


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One group (a tag, or an assertion type) with the counts of each provider.

    The counts stand in the order of the providers; a provider without a cell has zero counts.
    """

    name: str
    counts: tuple[Counts, ...]


def by_tag(cells: Sequence[Cell]) -> tuple[Breakdown, ...]:
    """Count cells by tag, tags in alphabetical order; a cell counts under each of its tags."""
    tags: dict[str, dict[str, list[Cell]]] = {}
    for cell in cells:
        for tag in set(cell.tags):
            tags.setdefault(tag, {}).setdefault(cell.column, []).append(cell)
    providers = dict.fromkeys(cell.column for cell in cells)
    return tuple(
        Breakdown(tag, tuple(count_verdicts(own.get(name, ())) for name in providers))
        for tag, own in sorted(tags.items())
    )


def by_assertion(cells: Sequence[Cell]) -> tuple[Breakdown, ...]:
    """Count, by assertion type and by what files call `metric`, the cells in which all findings of
    the type, or of that name, held.

    A cell counts once a type: as an error or failed if any of its findings is, else as passed if
    any is; findings that were skipped or unsure alone count as skipped.
    """
    types: dict[str, dict[str, dict[str, int]]] = {}
    for cell in cells:
        for kind, verdict in assertion_verdicts(cell).items():
            counts = types.setdefault(kind, {}).setdefault(cell.column, {})
            counts[verdict] = counts.get(verdict, 0) + 1
    providers = dict.fromkeys(cell.column for cell in cells)
    return tuple(
        Breakdown(kind, tuple(Counts(**own.get(name, {})) for name in providers))
        for kind, own in sorted(types.items())
    )


def assertion_verdicts(cell: Cell) -> dict[str, str]:
    """Return what a cell's findings come to for each assertion type, and for each metric."""
    verdicts: dict[str, set[str]] = {}
    for finding in findings_of(cell):
        verdicts.setdefault(finding.type, set()).add(finding.verdict)
        for metric, verdict in _named(finding):
            verdicts.setdefault(metric, set()).add(verdict)
    return {
        kind: next((v for v in _WORST_FIRST if v in seen), "skipped")
        for kind, seen in verdicts.items()
    }


def _named(finding: Finding) -> Iterable[tuple[str, str]]:
    """Yield what files call by a name of their own, members of groups among it, with verdicts."""
    if finding.metric is not None:
        yield finding.metric, finding.verdict
    for member in finding.group:
        yield from _named(member)


def findings_of(cell: Cell) -> Iterable[Finding]:
    """Return all findings of a cell: those of its trials, then those over all trials."""
    for trial in cell.trials:
        yield from trial.assertions
    yield from cell.assertions
