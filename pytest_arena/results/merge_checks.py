"""What no run writes of a cell, so that a shard which says it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_arena.errors import Problem, UserError
from pytest_arena.results.cell import Cell
from pytest_arena.results.reading import ResultsFile

MOST_SHOWN = 5


def refuse_contradictions(files: Iterable[ResultsFile]) -> None:
    """Raise `UserError` where a cell contradicts itself."""
    problems = [problem for file in files for problem in _contradictions(file)]
    if problems:
        raise UserError(problems[:MOST_SHOWN])


def _contradictions(file: ResultsFile) -> Iterator[Problem]:
    """Give a problem for each cell of a file that contradicts itself."""
    for cell in file.run.cells:
        found = _of_id(cell) or _of_verdict(cell)
        if found is not None:
            what, expected = found
            yield Problem(
                f"{cell.id} {what}",
                file.place(cell.id),
                expected=expected,
                fix="take the file anew from the job that wrote it",
            )


def _of_id(cell: Cell) -> tuple[str, str] | None:
    name = f"{cell.file}::{cell.case}[{cell.column}]"
    # pytest gives files outside of its root directory other ids than their paths
    is_outside = Path(cell.file).is_absolute()
    same = cell.id.partition("::")[2] == name.partition("::")[2] if is_outside else cell.id == name
    if same:
        return None
    return f"is not the id of its case: that is {cell.case!r} of {cell.file} on {cell.column}", name


def _of_verdict(cell: Cell) -> tuple[str, str] | None:
    """Say what is wrong with a pass; what did not pass needs no proof."""
    if cell.verdict != "passed" or cell.load is not None:
        return None
    if not cell.trials:
        return "passed without a trial", "the trials that it passed in"
    if not any(trial.verdict == "passed" for trial in cell.trials):
        return "passed, but none of its trials did", "the verdict that its trials give"
    checked = bool(cell.assertions) or any(trial.assertions for trial in cell.trials)
    # a guardrail that did not fire leaves no finding
    if not checked and "guardrails" not in cell.hashes:
        return "passed, but nothing was checked", "the findings of its assertions"
    if _nothing_held(cell):
        return "passed, but none of its checks did", "the verdict that its findings give"
    return None


def _nothing_held(cell: Cell) -> bool:
    """Return whether checks counted, and none gave anything; a grade may reach a case's threshold
    where a check failed by its own."""
    passed = (trial for trial in cell.trials if trial.verdict == "passed")
    found = [*cell.assertions, *(one for trial in passed for one in trial.assertions)]
    counted = [one for one in found if one.weight > 0]
    return bool(counted) and all(
        one.verdict in ("failed", "error") and not one.score for one in counted
    )
