"""The values of a pack's variables: given, by default, or missing, and whether they are allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.problems import ProblemList
from pytest_arena.prompts.templates import as_text
from pytest_arena.schema.pack import PackVariable, VariableRules
from pytest_arena.text.regex import search

_NUMBERS = ("number", "integer", "float", "int")
_TRUTHS = {"true": True, "false": False}


def values_of(
    declared: tuple[PackVariable, ...],
    given: Mapping[str, Any],
    owner: str,
    place: Location,
    problems: ProblemList,
) -> dict[str, Any]:
    """Return the variables of a prompt: what is given, with the defaults of what is not.

    One that is required and not given, and a value that its declaration forbids, are problems at
    `place`, where the prompt is asked for.
    """
    values = dict(given)
    for variable in declared:
        name, value = variable.name, given.get(variable.name)
        if value is None or value == "":
            value = variable.default
            if value is None and variable.required:
                problems.add(
                    f"{owner} requires the variable {shorten(name)!r}, which nobody gives",
                    place,
                    expected=f"a {variable.type} under variables:",
                    fix=f"write variables: {{{name}: …}}",
                )
            values[name] = value
        if value is None:
            continue
        expected = _wanted(value, variable)
        if expected is not None:
            problems.add(
                f"variable {shorten(name)!r} of {owner} cannot be {shorten(as_text(value), 60)!r}",
                place,
                expected=expected,
                fix=f"change {name} under variables:, or what {variable.place} says of it",
            )
    return values


def _wanted(value: Any, variable: PackVariable) -> str | None:
    """Return what a value should be, None where it is right."""
    kind = variable.type.lower()
    if kind in _NUMBERS:
        number = _number(value)
        if number is None or (kind in ("integer", "int") and not number.is_integer()):
            return f"a{'n integer' if kind in ('integer', 'int') else ' number'}"
    elif kind in ("boolean", "bool"):
        if not isinstance(value, bool) and str(value).lower() not in _TRUTHS:
            return "true or false"
    elif kind in ("array", "list") and not isinstance(_parsed(value), list):
        return "a list"
    elif kind in ("object", "map") and not isinstance(_parsed(value), dict):
        return "a mapping"
    return _ruled_out(value, variable.validation) if variable.validation is not None else None


def _ruled_out(value: Any, rules: VariableRules) -> str | None:
    text, number = as_text(value), _number(value)
    if rules.enum is not None and text not in [as_text(one) for one in rules.enum]:
        return f"one of {shorten(', '.join(as_text(one) for one in rules.enum), 200)}"
    if rules.pattern is not None and search(rules.pattern, text) is None:
        return f"a text that matches {rules.pattern}"
    if rules.min_length is not None and len(text) < rules.min_length:
        return f"at least {rules.min_length} characters, and it has {len(text)}"
    if rules.max_length is not None and len(text) > rules.max_length:
        return f"at most {rules.max_length} characters, and it has {len(text)}"
    if rules.minimum is not None and (number is None or number < rules.minimum):
        return f"a number from {rules.minimum:g} on"
    if rules.maximum is not None and (number is None or number > rules.maximum):
        return f"a number up to {rules.maximum:g}"
    return None


def _number(value: Any) -> float | None:
    """Return a number, also one that a table has as a text."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _parsed(value: Any) -> Any:
    """Return a value, read as JSON where a table has it as a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
