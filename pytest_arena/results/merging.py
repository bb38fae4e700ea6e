"""Several results files into one run: the shards of a CI matrix, each with a part of the cells."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_arena.errors import Location, Problem, UserError
from pytest_arena.results.cell import Cell
from pytest_arena.results.failing_cells import fail_on_of, fails_run
from pytest_arena.results.merge_order import in_one_order
from pytest_arena.results.reading import ResultsFile
from pytest_arena.results.run import RunInfo, RunResult
from pytest_arena.results.shard_parts import (
    by_place,
    number_of_shards,
    of_other_contents,
    python_tests_of,
    without_parts,
)

MOST_CONFLICTS = 5


def merge(files: Sequence[ResultsFile], *, missing: Sequence[str] = ()) -> RunResult:
    """Join runs into one, its cells in the order of collection; one file stays as it is.

    Raises `UserError` where two files hold different results for a cell, or come from different
    commits or versions. `missing` says in words which files there should have been: with one of
    them, or with a file whose run did not end well, the run counts as interrupted, and its notes
    say why. They also name the files of runs with failures that are no cell's, and of such that
    asked or checked other things.
    """
    distinct = [
        file for i, file in enumerate(files) if file.run not in [other.run for other in files[:i]]
    ]
    problems = [*_differing_facts(distinct), *_conflicts(distinct)]
    if problems:
        raise UserError(problems)
    if len(distinct) == 1 and not missing:
        return _marked(distinct[0])
    runs = [file.run for file in distinct]
    ends = [run.finished_at for run in runs]
    losses = [*missing, *(loss for file in distinct if (loss := loss_of(file)))]
    others = [said for file in distinct if (said := failures_beside(file))]
    differing = of_other_contents(distinct)
    notes = [*losses, *others, *differing, *(note for run in runs for note in run.notes)]
    merged = RunResult(
        info=_info(runs),
        cells=by_place(runs) or _in_order(distinct),
        finished_at=None if None in ends else max(end for end in ends if end is not None),
        interrupted=bool(losses),
        notes=tuple(dict.fromkeys(notes)),
        other_failures=_sum([run.other_failures for run in runs]),
    )
    return replace(merged, exit_code=2 if losses else code_of_parts(map(code_of, runs)))


def loss_of(file: ResultsFile) -> str | None:
    """Return what to say of a file that may lack cells of its run, or None."""
    run = file.run
    if run.finished_at is None:
        return f"{file.path}: the run was killed; the cells that it had not finished are missing"
    if run.interrupted:
        return f"{file.path}: the run was interrupted; the cells that it did not reach are missing"
    if run.cells and run.broke_off:
        return f"{file.path}: the run ended with exit code {run.exit_code}; cells may be missing"
    return None


def failures_beside(file: ResultsFile) -> str | None:
    """Return what to say of failures that no cell of a run has, or None; the notes of a merged run
    say it of its shards."""
    said = file.run.said_of_others
    if said is None or "shards" in file.run.info.options:
        return None
    return f"{file.path}: {said}; the output of its pytest tells more"


def code_of(run: RunResult) -> int:
    """Return the exit code that a run deserves, which is never 0 where a verdict is missing.

    2: not all of it ran; 1: a cell failed, reached no verdict or was cut short by a budget, as the
    cells themselves say, a gate is broken, or pytest said so of the run; 5: there is no cell, or
    all were skipped, and nothing failed; 0: all held.
    """
    if run.interrupted or run.finished_at is None:
        return 2
    if not run.cells:
        return 1 if run.exit_code == 1 else 5
    if run.broke_off:
        return 2
    unpaid = fail_on_of(run.info.options) != "none" and any(cell.over_budget for cell in run.cells)
    failed = any(fails_run(cell, run.info.options) for cell in run.cells)
    if run.exit_code == 1 or unpaid or failed or any(limit.fails for limit in run.limits):
        return 1
    return 0 if run.has_verdict else 5


def code_of_parts(codes: Iterable[int]) -> int:
    """Return the exit code of a whole: a part may well verify nothing (5), but not all of them."""
    return max((code for code in codes if code != 5), default=5)


def _marked(file: ResultsFile) -> RunResult:
    loss = loss_of(file)
    said = [text for text in (loss, failures_beside(file)) if text is not None]
    notes = tuple(dict.fromkeys([*said, *file.run.notes]))
    return replace(file.run, interrupted=file.run.interrupted or loss is not None, notes=notes)


def _sum(counts: Sequence[int | None]) -> int | None:
    """Return the sum of what is known; None where it is nothing, and not all are known."""
    return sum(count or 0 for count in counts) or (None if None in counts else 0)


def _differing_facts(files: Sequence[ResultsFile]) -> list[Problem]:
    """Refuse shards that are no parts of one run: of other code, or written by another version."""
    problems = []
    first = files[0]
    ids = {first.run.info.run_id: first}
    for file in files[1:]:
        same = ids.setdefault(file.run.info.run_id, file)
        if same is not file:
            problem = Problem(
                f"the same run as {same.path}, but not the same results",
                Location(file.path, 1, 1),
                expected="one file a run",
                fix="leave the older of the two out",
            )
            problems.append(problem)
        for what, one, other in (
            ("commit", _commit(first), _commit(file)),
            ("version", first.run.info.plugin_version, file.run.info.plugin_version),
        ):
            if one != other:
                problem = Problem(
                    f"another {what} than in {first.path}: {other or 'none'}",
                    Location(file.path, 1, 1),
                    expected=one or f"no {what}",
                    fix="merge shards of one commit and one version of pytest-arena; "
                    "arena compare is for two runs",
                )
                problems.append(problem)
    return problems


def _commit(file: ResultsFile) -> str:
    return str(file.run.info.git.get("commit") or "")


def _conflicts(files: Sequence[ResultsFile]) -> list[Problem]:
    seen: dict[tuple[str, str, str], tuple[ResultsFile, Cell]] = {}
    problems = []
    for file in files:
        for cell in file.run.cells:
            place = (cell.file, cell.case, cell.column)
            other, known = seen.setdefault(place, (file, cell))
            if known != cell:
                verdicts = f"{known.verdict} and {cell.verdict}"
                problem = Problem(
                    f"{cell.id} has another result at {other.place(known.id)}"
                    + (f" ({verdicts})" if known.verdict != cell.verdict else ""),
                    file.place(cell.id),
                    expected="each cell in one shard",
                    fix="give each shard cells of its own, or leave one of the files out",
                )
                problems.append(problem)
    return _few(problems)


def _few(problems: list[Problem]) -> list[Problem]:
    """Keep so many that a person reads them; the last one says how many there are besides."""
    if len(problems) <= MOST_CONFLICTS:
        return problems
    kept = problems[:MOST_CONFLICTS]
    more = len(problems) - MOST_CONFLICTS
    last = replace(kept[-1], fix=f"{kept[-1].fix} ({more:,} more cells differ)")
    return [*kept[:-1], last]


def _info(runs: Sequence[RunResult]) -> RunInfo:
    infos, tests = [run.info for run in runs], python_tests_of(runs)
    ids = sorted(info.run_id for info in infos)
    branches = {info.git.get("branch") for info in infos}
    git = dict(infos[0].git)
    if git:
        git["dirty"] = any(info.git.get("dirty") for info in infos)
        git["branch"] = branches.pop() if len(branches) == 1 else None
    return RunInfo(
        run_id=hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12],
        started_at=min(info.started_at for info in infos),
        plugin_version=infos[0].plugin_version,
        git={name: value for name, value in git.items() if value is not None},
        options={
            **_agreed([without_parts(info.options) for info in infos]),
            **({} if tests is None else {"python_tests": tests}),
            "shards": number_of_shards(runs),
        },
        versions={
            name: value if isinstance(value, str) else ", ".join(value)
            for name, value in _agreed([info.versions for info in infos]).items()
        },
    )


def _agreed(facts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what all say, and all of what they say where they differ."""
    names = dict.fromkeys(name for one in facts for name in one)
    found: dict[str, Any] = {}
    for name in names:
        values = [one[name] for one in facts if name in one]
        if all(value == values[0] for value in values):
            found[name] = values[0]
        else:
            flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
            found[name] = [v for i, v in enumerate(flat) if v not in flat[:i]]
    return found


def _in_order(files: Sequence[ResultsFile]) -> tuple[Cell, ...]:
    """Put cells as one run would have collected them.

    Files stand by name, as pytest finds them, cases by line, columns as the shards name them;
    whatever order a shard itself shows goes before that.
    """
    shards = [file.run.cells for file in files]
    names = in_one_order(
        [_unique(cell.file for cell in cells) for cells in shards], rank=lambda name: _parts(name)
    )
    found: list[Cell] = []
    for name in names:
        parts = [[cell for cell in cells if cell.file == name] for cells in shards]
        found += _in_file_order(parts)
    return tuple(found)


def _in_file_order(shards: Sequence[Sequence[Cell]]) -> list[Cell]:
    lines: dict[str, int] = {}
    by_place: dict[tuple[str, str], Cell] = {}
    for cell in (cell for cells in shards for cell in cells):
        by_place.setdefault((cell.case, cell.column), cell)
        # the lines of an included case count in another file; such a case follows what it followed
        lines.setdefault(cell.case, (cell.line or 0) if cell.defined_in is None else 0)
    cases = in_one_order(
        [_unique(cell.case for cell in cells) for cells in shards], rank=lambda case: lines[case]
    )
    columns = in_one_order(
        [_unique(cell.column for cell in cells) for cells in shards], rank=lambda column: 0
    )
    places = ((case, column) for case in cases for column in columns)
    return [by_place[place] for place in places if place in by_place]


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _parts(name: str) -> tuple[str, ...]:
    return tuple(name.split("/"))
