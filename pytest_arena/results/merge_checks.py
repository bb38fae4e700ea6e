"""What no run writes of a cell, so that a shard which says it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pytest_arena.errors import Problem, UserError
from pytest_arena.results.cell import Cell
from pytest_arena.results.reading import ResultsFile
from pytest_arena.results.trial import Trial

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
    """Say what is wrong with a verdict that costs nothing: a pass, a skip, and a failure, which
    was expected, or which the run may excuse."""
    match cell.verdict:
        case "passed":
            return _of_assertions(cell) or (None if cell.load is not None else _of_pass(cell))
        case "skipped":
            return None if cell.load is not None else _of_skip(cell)
        case "failed":
            return None if cell.load is not None else _of_failure(cell)
    return None


def _of_assertions(cell: Cell) -> tuple[str, str] | None:
    """Say which of the checks over all trials kept a cell from passing."""
    for finding in cell.assertions:
        if finding.weight > 0 and finding.verdict in ("failed", "error"):
            what = f"passed, but its {finding.type} over all trials is {finding.verdict}"
            return what, "the verdict that its findings give"
    return None


def _of_pass(cell: Cell) -> tuple[str, str] | None:
    if not cell.trials:
        return "passed without a trial", "the trials that it passed in"
    passed = [trial for trial in cell.trials if trial.verdict == "passed"]
    if not passed:
        return "passed, but none of its trials did", "the verdict that its trials give"
    for trial in passed:
        if trial.error is not None:
            return f"has a trial that passed with an error ({trial.error.kind})", "one of the two"
    if not _is_checked(cell):
        return "passed, but nothing was checked", "the findings of its assertions"
    if _nothing_held(cell, passed):
        return "passed, but none of its checks did", "the verdict that its findings give"
    return None


def _is_checked(cell: Cell) -> bool:
    """Return whether something that counts was found, or may have looked and found nothing."""
    found = [*cell.assertions, *(one for trial in cell.trials for one in trial.assertions)]
    if any(finding.weight > 0 for finding in found):
        return True
    # a guardrail that did not fire leaves no finding, and states of a workflow have their own
    answers = (response for trial in cell.trials for response in trial.responses)
    has_states = any(step.kind == "state" for answer in answers for step in answer.steps)
    return "guardrails" in cell.hashes or has_states


def _nothing_held(cell: Cell, passed: Sequence[Trial]) -> bool:
    """Return whether checks counted, and none gave anything; a grade may reach a case's threshold
    where a check failed by its own."""
    found = [*cell.assertions, *(one for trial in passed for one in trial.assertions)]
    counted = [one for one in found if one.weight > 0]
    if cell.test is not None:
        # a Python test passes by its own word, whatever its checks skipped
        counted = [one for one in counted if one.verdict != "skipped"]
    return bool(counted) and all(
        one.verdict in ("failed", "error", "skipped") and not one.score for one in counted
    )


def _of_skip(cell: Cell) -> tuple[str, str] | None:
    # a Python test may skip itself without a word, and after it had failed before
    if cell.test is not None:
        return None
    if not cell.trials and cell.reason is None and cell.over_budget is None:
        return "was skipped without a reason", "the reason that it was skipped for"
    verdicts = {trial.verdict for trial in cell.trials}
    if "failed" not in verdicts:
        return None
    # a budget that ended leaves what could not be decided, and here there was nothing else to come
    if cell.over_budget is None or (verdicts == {"failed"} and not cell.trials_not_run):
        return "was skipped, but a trial of it failed", "the verdict that its trials give"
    return None


def _of_failure(cell: Cell) -> tuple[str, str] | None:
    if not cell.trials and cell.xfail is None:
        # it is red as it is
        return None
    failed = any(trial.verdict == "failed" for trial in cell.trials)
    if failed or any(one.verdict == "failed" and one.weight > 0 for one in cell.assertions):
        return None
    return "failed, but none of its trials did", "the verdict that its trials give"
