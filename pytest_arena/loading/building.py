"""Trees to models: validation, with every refusal a problem at its place."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pytest_arena.loading.explaining import explain
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.schema import ArenaModel

M = TypeVar("M", bound=ArenaModel)


def build_model(
    model: type[M],
    tree: YamlMap,
    problems: ProblemList,
    owner: str,
    values: dict[str, Any] | None = None,
) -> M | None:
    """Return a model of a mapping, or None after adding its problems.

    `values` stand in for the tree where parts of it are models already; the tree still says where
    things stand. `owner` names the mapping in messages. A number where a text is wanted becomes
    the text as it was written.
    """
    given: dict[str, Any] = tree if values is None else values
    try:
        built = model.model_validate(given)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        spelled = _with_spellings(given, tree, errors)
        if spelled is not None:
            return build_model(model, tree, problems, owner, spelled)
        for detail in errors:
            _add(detail, tree, model, owner, problems)
        return None
    if any(type(value) is bool for value in given.values()) and not _truths_kept(
        built, given, tree, model, owner, problems
    ):
        return None
    built._place = tree.place
    return built


def _add(
    detail: ErrorDetails, tree: YamlMap, model: type[M], owner: str, problems: ProblemList
) -> None:
    problem = explain(detail, tree, model, owner)
    place = problem.place or tree.place
    problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)


def _truths_kept(
    built: M,
    given: dict[str, Any],
    tree: YamlMap,
    model: type[M],
    owner: str,
    problems: ProblemList,
) -> bool:
    """Refuse true and false where pydantic took them for 1 and 0."""
    kept = True
    for name, field in model.model_fields.items():
        key = field.alias if field.alias in given else name
        value = getattr(built, name)
        if type(given.get(key)) is bool and type(value) in (int, float):
            detail = ErrorDetails(
                type="float_type" if type(value) is float else "int_type",
                loc=(str(key),),
                msg="",
                input=given[key],
            )
            _add(detail, tree, model, owner, problems)
            kept = False
    return kept


def _with_spellings(
    given: dict[str, Any], tree: YamlMap, errors: list[ErrorDetails]
) -> dict[str, Any] | None:
    """Return the values with numbers spelled as texts where texts are wanted, if that is all."""
    wanted = [
        error["loc"]
        for error in errors
        if error["type"] == "string_type" and type(error["input"]) in (int, float)
    ]
    spelled = dict(given)
    changed = False
    for location in wanted:
        text = _spelling(tree, location)
        if text is not None and location[-1:] != ("[key]",):
            changed = _put(spelled, location, text) or changed
    return spelled if changed else None


def _spelling(tree: Any, location: tuple[int | str, ...]) -> str | None:
    where = tree
    for step in location[:-1]:
        try:
            where = where[step]
        except (KeyError, IndexError, TypeError):
            return None
    last: Any = location[-1]
    if isinstance(where, YamlMap) and last in where:
        return where.spelling(last)
    if isinstance(where, YamlList) and isinstance(last, int) and last < len(where):
        return where.spelling(last)
    return None


def _put(values: Any, location: tuple[int | str, ...], text: str) -> bool:
    """Set a value deep inside, copying what is on the way: trees are shared by aliases."""
    for step in location[:-1]:
        try:
            values[step] = copy.copy(values[step])
            values = values[step]
        except (KeyError, IndexError, TypeError):
            return False
    values[location[-1]] = text
    return True
