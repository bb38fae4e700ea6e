"""Problems of a case that came from a row of a data file, told at that row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Location, Problem
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.prompts.templates import names_in

if TYPE_CHECKING:
    from pytest_arena.loading.data_files import DataFile

MAX_ROWS = 100_000
"""The most rows that a file may have, and the most cases that are made of one."""


@dataclass(frozen=True, slots=True)
class DataRow:
    """One row of a data file, counted from 1."""

    file: DataFile
    number: int

    def place(self, column: str | None) -> Location:
        """Return where the row stands, or its value in a column."""
        return self.file.place(self.number - 1, column)


def of_row(problem: Problem, case: YamlMap, row: DataRow, variables: Mapping[str, Any]) -> Problem:
    """Return a problem at the row whose value a template put where the problem stands.

    One that no column is behind stays where it is.
    """
    template = _template_at(case, problem.place)
    if template is None:
        return problem
    columns = row.file.columns
    names = names_in(template, variables)
    used = [name for name in names if name in columns]
    if not used:
        unknown = [name for name in names if name not in variables]
        hidden = (row.file.hidden[name] for name in unknown if name in row.file.hidden)
        otherwise = replace(problem, fix=row.file.hint) if unknown and row.file.hint else problem
        return next(hidden, otherwise)
    missing = next((name for name in used if name not in variables), None)
    column = missing or used[0]
    fix = problem.fix
    if problem.expected == "a list":
        fix = f'make a list of the column: data: {{file: …, split: {{{column}: "|"}}}}'
    if missing is not None:
        fix = f"add it to the row, or give columns: {{{missing}: …}} under data: for rows without"
    return replace(
        problem,
        what=f"{problem.what} (row {row.number}, column {column!r}, for {problem.place})",
        place=row.place(column),
        fix=fix,
    )


def place_of_name(case: YamlMap, row: DataRow | None) -> Location:
    """Return where a case's name stands: in its row, where a column makes it."""
    place = case.value_place("name")
    name = case.get("name")
    if row is None or not isinstance(name, str):
        return place
    columns = row.file.columns
    used = [column for column in names_in(name, dict.fromkeys(columns)) if column in columns]
    return row.place(used[0]) if used else place


def _template_at(tree: YamlMap | YamlList, place: Location | None) -> str | None:
    """Return the text with templates that stands at a place of a tree."""
    for where, key, value in _texts(tree):
        if "{{" in value and where.value_place(key) == place:
            return value
    return None


def _texts(tree: YamlMap | YamlList) -> Iterator[tuple[Any, Any, str]]:
    entries: Any = tree.items() if isinstance(tree, YamlMap) else enumerate(tree)
    for key, value in entries:
        if isinstance(value, str):
            yield tree, key, value
        elif isinstance(value, (YamlMap, YamlList)):
            yield from _texts(value)
