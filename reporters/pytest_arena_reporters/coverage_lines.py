"""What a run exercised of what its files have, in words: how much of each kind, and what never."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_arena.comparison.coverage import KINDS, FileCoverage, KindCoverage
from pytest_arena.light_dataclass import dataclass
from pytest_arena_reporters import figures

MOST_NAMES = 5
_DONE = {
    "prompts": ("prompt", "used"),
    "tools": ("tool", "called"),
    "steps": ("step", "reached"),
    "states": ("state", "entered"),
    "transitions": ("transition", "taken"),
    "variables": ("variable", "varied"),
    "values": ("matrix value", "tried"),
}
"""What one of a kind is called, and what a cell does with it."""


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One kind of one file: `3 of 5 tools called`, and the names of the others."""

    counted: str
    never: str


def rows(
    coverage: Iterable[FileCoverage], most: int = MOST_NAMES
) -> Iterator[tuple[str, CoverageRow]]:
    """Give the kinds of each file, with at most so many names of what was never exercised."""
    for file in coverage:
        for kind in file.kinds:
            yield file.file, CoverageRow(_counted(kind.kind, [kind]), _named(kind.never, most))


def sentence(coverage: Sequence[FileCoverage]) -> str:
    """Return the coverage of all files together; empty where they have nothing to exercise."""
    if not coverage:
        return ""
    told = []
    for kind in KINDS:
        own = [one for file in coverage for one in file.kinds if one.kind == kind]
        never = [name for one in own for name in one.never]
        if own:
            named = f" (never: {_named(never, MOST_NAMES)})" if never else ""
            told.append(_counted(kind, own) + named)
    part = of_a_part(coverage)
    return f"Coverage: {'; '.join(told)}." + (f" {part}" if part else "")


def of_a_part(coverage: Iterable[FileCoverage]) -> str:
    """Say that not all cells ran, which might have exercised more; empty where they did."""
    parts = [file for file in coverage if file.is_part]
    if not parts:
        return ""
    ran, cells = sum(one.ran for one in parts), sum(one.cells for one in parts)
    return f"Only {ran:,} of {figures.plural(cells, 'cell')} ran."


def _counted(kind: str, own: Iterable[KindCoverage]) -> str:
    own = list(own)
    noun, done = _DONE[kind]
    tried, whole = sum(one.tried for one in own), sum(one.all for one in own)
    return f"{tried:,} of {figures.plural(whole, noun)} {done}"


def _named(never: Sequence[str], most: int) -> str:
    more = len(never) - most
    return ", ".join(never[:most]) + (f" and {more:,} more" if more > 0 else "")
