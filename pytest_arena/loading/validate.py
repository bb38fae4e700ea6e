"""Trees to models: validation, with every refusal a problem at its place."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from pydantic import AliasChoices, AliasPath, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import Filled, YamlList, YamlMap
from pytest_arena.loading.unknown_keys import means_key
from pytest_arena.loading.validation_messages import explain
from pytest_arena.schema import ArenaModel, Assertion
from pytest_arena.schema.base import NOTHING_GIVEN

_SAID = frozenset({"prompt", "prompts", "user", "content", "system", "text"})
"""Keys of what is said, by either side: there a list reads as JSON, as it does inside a text."""
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
    the text as it was written, and so does what a template left with its type, but for a list or
    a mapping in an assertion: no answer is compared with JSON that nobody wrote.
    """
    given: dict[str, Any] = tree if values is None else values
    try:
        built = model.model_validate(given)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        spelled = _with_spellings(given, tree, errors, lists=not issubclass(model, Assertion))
        if spelled is not None:
            return build_model(model, tree, problems, owner, spelled)
        for detail in _told_once(errors):
            _add(detail, tree, model, owner, problems)
        return None
    mistaken = _mistaken_truths(built, given)
    if mistaken:
        for detail in mistaken:
            _add(detail, tree, model, owner, problems)
        return None
    built._place = tree.place
    return built


def _add(
    detail: ErrorDetails, tree: YamlMap, model: type[M], owner: str, problems: ProblemList
) -> None:
    problem = explain(detail, tree, model, owner)
    place = problem.place or tree.place
    problems.add(problem.what, place, expected=problem.expected, fix=problem.fix)


def _told_once(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a key is missing where an unknown one beside it stands for it."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    return [
        error
        for error in errors
        if error["type"] != "missing"
        or not any(
            other[:-1] == error["loc"][:-1] and means_key(other[-1], str(error["loc"][-1]))
            for other in unknown
        )
    ]


def _mistaken_truths(
    built: ArenaModel, given: dict[str, Any], way: tuple[int | str, ...] = ()
) -> list[ErrorDetails]:
    """Return where true and false were given, and pydantic took them for 1 and 0."""
    found: list[ErrorDetails] = []
    for key, raw in given.items():
        kind = type(raw)
        if kind is not bool and kind is not YamlMap and kind is not YamlList:
            continue
        value = _value_of(built, key)
        if kind is not bool:
            found += _further_in(value, raw, (*way, key))
        elif type(value) in (int, float):
            wanted = "float_type" if type(value) is float else "int_type"
            found.append(ErrorDetails(type=wanted, loc=(*way, key), msg="", input=raw))
    return found


def _value_of(built: ArenaModel, key: str) -> Any:
    fields = type(built).model_fields
    if key in fields:
        return getattr(built, key)
    named = (name for name, field in fields.items() if key in aliases_of(field))
    return getattr(built, next(named))


def aliases_of(field: FieldInfo) -> list[str | AliasPath | None]:
    """Return the further names under which a field may be written."""
    choices = field.validation_alias
    return [field.alias, *(choices.choices if isinstance(choices, AliasChoices) else ())]


def _further_in(
    built: Any, raw: YamlMap | YamlList, way: tuple[int | str, ...]
) -> list[ErrorDetails]:
    if isinstance(built, ArenaModel):
        return _mistaken_truths(built, raw, way) if isinstance(raw, YamlMap) else []
    entries: Any = built.items() if isinstance(built, dict) else ()
    if isinstance(built, tuple):
        entries = enumerate(built)
    found: list[ErrorDetails] = []
    for key, inner in entries:
        # Only models are looked into: what has no model keeps its values as they are.
        known = key in raw if isinstance(raw, YamlMap) else key < len(raw)
        if (
            known
            and isinstance(inner, (ArenaModel, tuple))
            and isinstance(raw[key], (YamlMap, YamlList))
        ):
            found += _further_in(inner, raw[key], (*way, key))
    return found


def _with_spellings(
    given: dict[str, Any], tree: YamlMap, errors: list[ErrorDetails], *, lists: bool
) -> dict[str, Any] | None:
    """Return the values with numbers spelled as texts where texts are wanted, and with what
    templates left with its type where that does not fit (lists and mappings: with `lists`)."""
    spelled = dict(given)
    changed = False
    for error in errors:
        location, value = error["loc"], error["input"]
        text = _spelling(tree, location) if location else None
        if text is None or isinstance(value, str) or location[-1] == "[key]":
            continue
        if isinstance(text, Filled):
            said = next((step for step in reversed(location) if isinstance(step, str)), "")
            fits = error["type"] != NOTHING_GIVEN and (
                not isinstance(value, (dict, list)) or (lists and said in _SAID)
            )
        else:
            fits = error["type"] == "string_type" and type(value) in (int, float)
        if fits:
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
