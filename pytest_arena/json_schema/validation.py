"""Whether a JSON Schema is one, and whether a value fits it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from pytest_arena.errors import ArenaError, shorten, suggest
from pytest_arena.json_schema.keywords import (
    CircleError,
    UnknownKeywordError,
    check_patterns,
    following,
    format_checker,
    refuse_unknown,
    validator_class,
)
from pytest_arena.text.regex import PatternTimeoutError

if TYPE_CHECKING:
    from jsonschema.exceptions import SchemaError, ValidationError

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_TOO_DEEP = "the JSON is nested too deeply for the schema"
_MOST_TOLD = 5
_MOST_FOUND = 100
"""A list of a million wrong rows is not looked at to its end."""


class SchemaUnusableError(ArenaError):
    """A schema that could not be applied: an unknown reference, a slow pattern, depth."""


def check_schema(schema: Any) -> Any:
    """Return a JSON Schema that is one; any other is a validation error that says where."""
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, (Mapping, bool)):
        raise _bad_schema(
            f"a schema is a mapping, not {shorten(repr(schema), 40)}",
            "write the schema itself here, like schema: {type: object, required: [status]}",
        )
    if isinstance(schema, Mapping) and not isinstance(schema.get("$schema", ""), str):
        raise _bad_schema("$schema is a text")
    try:
        validator_class(_draft(schema)).check_schema(schema)
        refuse_unknown(schema, _draft(schema))
    except SchemaError as error:
        raise _bad_schema(*_said(error)) from error
    except UnknownKeywordError as error:
        raise _bad_schema(str(error), error.fix) from error
    return schema


def schema_fault(schema: Any) -> str | None:
    """Return why nothing can be held against a schema that a stranger wrote; None where it can.

    As JSON Schema has it, keywords and formats that nobody knows say nothing, and are no fault.
    """
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, (Mapping, bool)):
        return f"it is no mapping, but {shorten(repr(schema), 40)}"
    try:
        validator_class(_draft(schema)).check_schema(schema)
        check_patterns(schema)
    except SchemaError as error:
        return _said(error)[0]
    except PydanticCustomError as error:
        return error.message()
    except RecursionError:
        return "it is nested too deeply"
    return None


def mismatches(value: Any, schema: Any) -> str | None:
    """Return what does not fit, in the order of the value's places, or None where all fits.

    Of many problems the first few are told, with how many more there are.
    """
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # A registry of our own: the default one would fetch remote references.
    draft = _draft(schema)
    if isinstance(schema, Mapping):
        # behind a reference to the whole, it would bring jsonschema's own class back
        schema = {key: value for key, value in schema.items() if key != "$schema"}
    validator = validator_class(draft)(schema, registry=Registry(), format_checker=format_checker())
    try:
        with following():
            errors = list(islice(validator.iter_errors(value), _MOST_FOUND))
    except CircleError:
        raise SchemaUnusableError("the schema's references lead in a circle") from None
    except PatternTimeoutError as timeout:
        raise SchemaUnusableError(str(timeout)) from timeout
    except RecursionError as deep:
        raise SchemaUnusableError(_TOO_DEEP) from deep
    except Unresolvable as unknown:
        raise SchemaUnusableError(
            f"the schema's reference {shorten(unknown.ref, 60)!r} leads nowhere; "
            "references are looked up in the schema itself only"
        ) from unknown
    except BaseException as panic:
        # what the package behind references makes of Python's own limit, where it meets it
        if type(panic).__name__ != "PanicException":
            raise
        raise SchemaUnusableError(_TOO_DEEP) from None
    return _told(value, errors) if errors else None


def _told(value: Any, errors: Sequence[ValidationError]) -> str:
    from jsonschema.exceptions import best_match

    # of alternatives none of which fits, the problem of the nearest one says most
    nearest = filter(None, (best_match([error]) for error in errors))
    ordered = sorted(nearest, key=lambda error: _place(value, error.absolute_path))
    told = [f"{_path(error.absolute_path)}{shorten(error.message)}" for error in ordered]
    once = list(dict.fromkeys(told))
    more = len(once) - _MOST_TOLD
    if more <= 0:
        return "; ".join(once)
    least = "at least " if len(errors) == _MOST_FOUND else ""
    return f"{'; '.join(once[:_MOST_TOLD])}; and {least}{more} more"


def _place(value: Any, path: Iterable[str | int]) -> tuple[int, ...]:
    """Return where a path leads in a value, as numbers in the order in which it is written."""
    place: list[int] = []
    for step in path:
        place.append(list(value).index(step) if isinstance(value, dict) else int(step))
        value = value[step]
    return tuple(place)


def _bad_schema(problem: str, fix: str | None = None) -> PydanticCustomError:
    return PydanticCustomError(
        "json_schema",
        "bad JSON Schema: {problem}",
        {
            "problem": problem,
            "expected": "a JSON Schema (draft 2020-12 unless $schema says so)",
            **({"fix": fix} if fix else {}),
        },
    )


def _said(error: SchemaError) -> tuple[str, str | None]:
    """Return what is wrong with a schema, and what is meant where that can be told."""
    *_, last = (None, *error.absolute_path)
    given = error.instance
    if last == "type" and isinstance(given, str):
        problem, fix = f"{given!r} is no type", suggest(given, _TYPES) or f"use {', '.join(_TYPES)}"
        return f"{_path(error.absolute_path)}{problem}", fix
    return f"{_path(error.absolute_path)}{shorten(error.message)}", None


def _draft(schema: Any) -> str:
    return str(schema.get("$schema", "")) if isinstance(schema, Mapping) else ""


def _path(parts: Any) -> str:
    shown = ".".join(str(part) for part in parts)
    return f"at {shorten(shown, 60)}: " if shown else ""
