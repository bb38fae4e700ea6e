"""Which parts of a run its shards are (`--arena-shard K/N`), and which of them are missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_arena.errors import Location, Problem, UserError
from pytest_arena.results.cell import Cell
from pytest_arena.results.reading import ResultsFile
from pytest_arena.results.run import RunResult

_OF_PARTS = ("shard", "shard_deal", "shard_places", "python_tests")
_PART = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)")


def missing_parts(files: Sequence[ResultsFile]) -> list[str]:
    """Return what to say of parts that no file holds; nothing where no run was in parts.

    Raises `UserError` where the files are parts of different deals: cells would be missing, or
    there twice, and nobody would know.
    """
    parts = [(file, part) for file in files if (part := _part_of(file.run)) is not None]
    if not parts:
        return []
    first, (_, count) = parts[0]
    dealt = next((file for file, _ in parts if _knows_deal(file.run)), first)
    problems = [
        problem
        for file, (_, other) in parts[1:]
        if (
            problem := _of_another_number(first, count, file, other)
            or _dealt_otherwise(dealt, file)
        )
    ]
    if problems:
        raise UserError(problems)
    there = {number for _, (number, _) in parts}
    lost = [f"{number}/{count}" for number in range(1, count + 1) if number not in there]
    if not lost:
        return []
    shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5:,} more" if len(lost) > 5 else "")
    verb = "is" if len(lost) == 1 else "are"
    return [f"{len(there):,} of {count:,} shards were given: {shown} {verb} missing"]


def of_other_contents(files: Sequence[ResultsFile]) -> list[str]:
    """Return what to say of runs of whose arena files the cases asked or checked other things than
    in the first run that has the file.

    They are merged all the same, since a prompt may have the day of its run.
    """
    known: dict[object, tuple[str, object]] = {}
    others: dict[str, list[str]] = {}
    for file in files:
        for arena in file.run.info.options.get("arenas") or ():
            contents = arena.get("contents")
            if contents is None:
                continue
            first, before = known.setdefault(arena.get("file"), (file.path, contents))
            if contents != before and file.path not in others.setdefault(first, []):
                others[first].append(file.path)
    return [
        f"{paths[0]}{f' and {len(paths) - 1:,} more' if len(paths) > 1 else ''}: prompts or "
        f"assertions were not those of {first}, as where files changed between the two"
        for first, paths in others.items()
        if paths
    ]


def number_of_shards(runs: Iterable[RunResult]) -> int:
    """Return of how many shards these are; one that is there twice counts once."""
    return len({_part_of(run) or run.info.run_id for run in runs})


def without_parts(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a part without what tells it from others."""
    kept = {name: value for name, value in options.items() if name not in _OF_PARTS}
    if "arenas" in kept:
        kept["arenas"] = [
            {name: value for name, value in arena.items() if name != "contents"}
            for arena in kept["arenas"] or ()
        ]
    return kept


def python_tests_of(runs: Sequence[RunResult]) -> dict[str, object] | None:
    """Return how many of how many Python tests the parts of a run ran together; None where that is
    all, and none were asked for by name, or where they are no parts of one run."""
    parts = {_part_of(run): run for run in runs}
    written = [_tests_of(run) for run in parts.values()]
    known = [one for one in written if one is not None]
    if None in parts or not known:
        return None
    collected = max(count for _, count, _ in known)
    ran = 0
    for run, one in zip(parts.values(), written, strict=True):
        # one that says nothing ran all of them, unless it broke off
        there = len({cell.test for cell in run.cells} - {None})
        ran += one[0] if one is not None else there if _broke_off(run) else collected
    by_name = any(named for _, _, named in known)
    if ran >= collected and not by_name:
        return None
    found = {"ran": min(ran, collected), "collected": collected}
    return {**found, "by_name": True} if by_name else {**found}


def _tests_of(run: RunResult) -> tuple[int, int, bool] | None:
    given = run.info.options.get("python_tests")
    given = given if isinstance(given, Mapping) else {}
    ran, collected = given.get("ran"), given.get("collected")
    if not isinstance(ran, int) or not isinstance(collected, int):
        return None
    return ran, collected, given.get("by_name") is True


def by_place(runs: Sequence[RunResult]) -> tuple[Cell, ...] | None:
    """Return the cells of all shards where a whole run would have them; None where not every shard
    says what place its cells have."""
    placed: list[tuple[int, Cell]] = []
    for run in runs:
        places = run.info.options.get("shard_places")
        if not isinstance(places, (list, tuple)) or len(places) != len(run.cells):
            return None
        if not all(isinstance(place, int) and place >= 0 for place in places):
            return None
        placed += zip(places, run.cells, strict=True)
    placed.sort(key=lambda pair: pair[0])
    # a copy of a shard has the same cells
    return tuple({cell.id: cell for _, cell in placed}.values())


def _part_of(run: RunResult) -> tuple[int, int] | None:
    given = run.info.options.get("shard")
    found = _PART.fullmatch(given) if isinstance(given, str) else None
    return (int(found[1]), int(found[2])) if found is not None else None


def _broke_off(run: RunResult) -> bool:
    """Whether a run had no time to say what it knows when it ends."""
    return run.finished_at is None or run.interrupted or run.broke_off


def _knows_deal(run: RunResult) -> bool:
    """Whether a run says how its cells were dealt, or would have."""
    return "shard_deal" in run.info.options or not _broke_off(run)


def _of_another_number(
    first: ResultsFile, count: int, file: ResultsFile, other: int
) -> Problem | None:
    if other == count:
        return None
    return Problem(
        f"one of {other:,} shards, where {first.path} is one of {count:,}",
        Location(file.path, 1, 1),
        expected="shards of one run",
        fix="run all of them with the same N in --arena-shard K/N",
    )


def _dealt_otherwise(first: ResultsFile, file: ResultsFile) -> Problem | None:
    deals = [one.run.info.options.get("shard_deal") for one in (first, file)]
    if not _knows_deal(file.run) or deals[0] == deals[1]:
        return None
    return Problem(
        f"its cells were dealt otherwise than those of {first.path}",
        Location(file.path, 1, 1),
        expected="shards that all began with the same cells",
        fix="give each the same files, -k and -m, and the same --arena-shard-durations",
    )
