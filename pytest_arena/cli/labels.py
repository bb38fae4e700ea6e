"""What `arena calibrate` judges: labelled answers of a file, and one assertion of an arena."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_arena.engine.calibrate import Labelled
from pytest_arena.errors import ArenaFileError, Location, Problem, UsageError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.data_files import DataFile, read_rows
from pytest_arena.loading.plans import Arena, CasePlan, CellPlan, every_assertion
from pytest_arena.schema import Assertion, DataSpec

_OUTPUT = ("output", "answer", "response")
_LABEL = ("label", "expected", "verdict")
_PROMPT = ("prompt", "input", "question")
_PASS = frozenset({"pass", "passed", "1", "1.0", "true", "yes", "good"})
_FAIL = frozenset({"fail", "failed", "0", "0.0", "false", "no", "bad"})
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True)
class Chosen:
    """The assertion to calibrate and a cell that has it."""

    assertion: Assertion
    plan: CellPlan

    @property
    def named(self) -> str:
        place = self.assertion.place
        at = f" ({place.file}:{place.line})" if place else ""
        return f"{self.assertion.type}{at}"


def choose(arena: Arena, *, kind: str | None, case: str | None, line: int | None) -> Chosen:
    """Return the one assertion that fits; several or none are a `UsageError` that lists them."""
    every: dict[str, Chosen] = {}
    fitting: dict[str, Chosen] = {}
    for plan in arena.cells:
        for assertion in _judging(plan.case):
            # a label says whether it holds, whatever the arena makes of that
            plain = assertion.model_copy(update={"negate": False, "when": None})
            chosen = Chosen(plain, plan)
            identity = f"{chosen.named} {assertion.model_dump_json(exclude_unset=True)}"
            every.setdefault(identity, chosen)
            fits = (
                (kind is None or kind in (assertion.type, *assertion.aliases))
                and (case is None or case == plan.case.name)
                and (line is None or line == assertion.line)
            )
            if fits:
                fitting.setdefault(identity, chosen)
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    found = fitting or every
    names = [chosen.named for chosen in found.values()][:_MOST_LISTED]
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    what = f"{len(fitting)} assertions fit" if fitting else "no assertion fits"
    raise UsageError(
        Problem(
            what,
            expected=f"one of {', '.join(names)}{more}" if names else "an assertion in the file",
            fix="name one with --type, --case or --line",
        )
    )


def _judging(case: CasePlan) -> Iterator[Assertion]:
    """Yield the assertions that judge a single answer by themselves."""
    for assertion in every_assertion(case):
        compares = assertion.rivals or assertion.type == "preferred_over"
        if not (assertion.members or assertion.over_trials or compares):
            yield assertion


def read_labels(path: Path, assertion: Assertion) -> list[Labelled]:
    """Return the labelled answers of a file, all problems of which are told at once.

    Columns: `output` (or `answer`, `response`) and `label` (or `expected`, `verdict`: pass or
    fail); further `prompt` (or `input`, `question`), `context`, and `reference` where the
    assertion has one.
    """
    file = read_rows(DataSpec(file=path.name), path, path.parent, Location(path.name, 1, 1))
    columns = file.rows[0].keys()
    output, label = _column(path, columns, _OUTPUT), _column(path, columns, _LABEL)
    prompt = next((name for name in _PROMPT if name in columns), None)
    problems: list[Problem] = []
    labelled: list[Labelled] = []
    for number, row in enumerate(file.rows, start=1):
        meant = _meaning(row.get(label))
        if meant is None or row.get(output) is None:
            problems.append(_bad_row(file, number, row, label))
            continue
        labelled.append(
            Labelled(
                row=number,
                output=str(row[output]),
                label=meant,
                assertion=_with_reference(assertion, row),
                prompt=str(row.get(prompt) or "") if prompt else "",
                documents=_documents(row.get("context")),
            )
        )
    if problems:
        raise ArenaFileError(problems)
    return labelled


def _column(path: Path, columns: Any, names: tuple[str, ...]) -> str:
    found = next((name for name in names if name in columns), None)
    if found is None:
        raise UsageError(
            Problem(
                f"{path.name} has no column {names[0]!r}",
                expected=f"a column named {', '.join(names[:-1])} or {names[-1]}",
                fix=f"rename one of {', '.join(shorten(str(name), 40) for name in columns)}",
            )
        )
    return found


def _meaning(value: Any) -> bool | None:
    word = str(value).strip().casefold()
    return True if word in _PASS else False if word in _FAIL else None


def _bad_row(file: DataFile, number: int, row: dict[str, Any], label: str) -> Problem:
    place = file.place(number - 1, label)
    if _meaning(row.get(label)) is None:
        return Problem(
            f"row {number} has the label {shorten(str(row.get(label)), 40)!r}",
            place,
            expected="pass or fail (or 1 and 0, true and false, yes and no)",
        )
    return Problem(f"row {number} has no answer", place, expected="a text")


def _documents(value: Any) -> tuple[str, ...] | None:
    if value is None or value == "":
        return None
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _with_reference(assertion: Assertion, row: dict[str, Any]) -> Assertion:
    reference = row.get("reference")
    if not reference or "reference" not in type(assertion).model_fields:
        return assertion
    return assertion.model_copy(update={"reference": str(reference)})
