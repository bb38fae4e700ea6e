"""How much of what an arena file has was exercised by its cells, and what never was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import get_args

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results import Cell, RunResult
from pytest_arena.results.exercised import Kind, exercised

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class KindCoverage:
    """How many things of a kind a file has, and which of them no cell exercised."""

    kind: Kind
    all: int
    never: tuple[str, ...]

    @property
    def tried(self) -> int:
        return self.all - len(self.never)


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """What the cells of a file that ran exercised; `ran` of its `cells` are in the run and were
    not skipped."""

    file: str
    ran: int
    cells: int
    kinds: tuple[KindCoverage, ...]

    @property
    def is_part(self) -> bool:
        """Whether cells of the file did not run, which might have exercised more."""
        return self.ran < self.cells


def coverage_of(run: RunResult) -> tuple[FileCoverage, ...]:
    """Return the coverage of each arena file that had something to exercise, and cells that ran."""
    cells: dict[str, list[Cell]] = {}
    for cell in run.cells:
        cells.setdefault(cell.file, []).append(cell)
    found = (coverage_of_cells(run, file, own) for file, own in cells.items())
    return tuple(one for one in found if one.kinds and one.ran)


def coverage_of_cells(run: RunResult, file: str, cells: Sequence[Cell]) -> FileCoverage:
    """Return what these cells exercised of all that their file has."""
    whole = _inventory(run, file)
    tried: dict[str, set[str]] = {}
    for kind, name in (each for cell in cells for each in exercised(cell)) if whole.named else ():
        tried.setdefault(kind, set()).add(name)
    return FileCoverage(
        file,
        ran=sum(cell.verdict != "skipped" for cell in cells),
        cells=whole.cells,
        kinds=tuple(
            KindCoverage(kind, len(names), _without(names, tried.get(kind, set())))
            for kind in KINDS
            if (names := whole.named.get(kind))
        ),
    )


def part_sentence(run: RunResult) -> str | None:
    """Say how many of how many cells a run of a part has; None where it has all of its files'."""
    part, tests = part_of(run), _tests_in(run)
    said = []
    if part is not None:
        said.append(f"{part[0]:,} of {part[1]:,} cells{' of arena files' if tests else ''} ran")
    if tests is not None:
        said.append(tests)
    if not said:
        return None
    shard = run.info.options.get("shard")
    what = f"Shard {shard}" if isinstance(shard, str) else "A part"
    return f"{what}: {', '.join(said)}."


def _tests_in(run: RunResult) -> str | None:
    """Say how many of the collected Python tests with cells a run of a part has."""
    given = run.info.options.get("python_tests")
    if not isinstance(given, Mapping):
        return None
    ran, collected = given.get("ran"), given.get("collected")
    if not isinstance(ran, int) or not isinstance(collected, int):
        return None
    if ran == collected:
        # by their ids, of which pytest collects no others
        return f"{ran:,} Python test{'' if ran == 1 else 's'} asked for by name ran"
    return f"{ran:,} of {collected:,} Python tests ran"


def part_of(run: RunResult) -> tuple[int, int] | None:
    """Return how many cells a run of a part has, and how many its files have; None of a whole."""
    given = run.info.options.get("arenas")
    arenas = given if isinstance(given, (list, tuple)) else ()
    files = {one.get("file") for one in arenas if isinstance(one, Mapping)}
    whole = sum(_inventory(run, file).cells for file in files if isinstance(file, str))
    there = sum(cell.file in files for cell in run.cells)
    return (there, whole) if there < whole else None


def _without(names: Iterable[str], tried: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in tried)


@dataclass(slots=True)
class _Whole:
    """What a file has, by all that the processes and the shards of a run say of it."""

    cells: int = 0
    named: dict[str, dict[str, None]] = field(default_factory=dict)


def _inventory(run: RunResult, file: str) -> _Whole:
    whole = _Whole()
    for written in _written(run, file):
        cells = written.get("cells")
        whole.cells = max(whole.cells, cells if isinstance(cells, int) else 0)
        for kind in KINDS:
            names = written.get(kind)
            if isinstance(names, (list, tuple)):
                known = whole.named.setdefault(kind, {})
                known.update(dict.fromkeys(name for name in names if isinstance(name, str)))
    return whole


def _written(run: RunResult, file: str) -> Iterator[Mapping[str, object]]:
    given = run.info.options.get("arenas")
    for arena in given if isinstance(given, (list, tuple)) else ():
        if isinstance(arena, Mapping) and arena.get("file") == file:
            inventory = arena.get("inventory")
            if isinstance(inventory, Mapping):
                yield inventory
