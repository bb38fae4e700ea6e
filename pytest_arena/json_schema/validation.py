"""Whether a JSON Schema is one, and whether a value fits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from pytest_arena.errors import ArenaError, shorten
from pytest_arena.json_schema.keywords import (
    UnknownKeywordError,
    format_checker,
    refuse_unknown,
    validator_class,
)
from pytest_arena.text.regex import PatternTimeoutError


class SchemaUnusableError(ArenaError):
    """A schema that could not be applied: an unknown reference, a slow pattern, depth."""


def check_schema(schema: Any) -> Any:
    """Return a JSON Schema that is one; any other is a validation error that says where."""
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, (Mapping, bool)):
        raise _bad_schema("a schema is a mapping")
    if isinstance(schema, Mapping) and not isinstance(schema.get("$schema", ""), str):
        raise _bad_schema("$schema is a text")
    try:
        validator_class(_draft(schema)).check_schema(schema)
        refuse_unknown(schema, _draft(schema))
    except SchemaError as error:
        raise _bad_schema(f"{_path(error.absolute_path)}{shorten(error.message)}") from error
    except UnknownKeywordError as error:
        raise _bad_schema(str(error), error.fix) from error
    return schema


def first_mismatch(value: Any, schema: Any) -> str | None:
    """Return what does not fit, the best match of all problems, or None where all fits."""
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # A registry of our own: the default one would fetch remote references.
    draft = _draft(schema)
    validator = validator_class(draft)(schema, registry=Registry(), format_checker=format_checker())
    try:
        error = best_match(validator.iter_errors(value))
    except PatternTimeoutError as timeout:
        raise SchemaUnusableError(str(timeout)) from timeout
    except RecursionError as deep:
        raise SchemaUnusableError("the JSON is nested too deeply for the schema") from deep
    except Unresolvable as unknown:
        raise SchemaUnusableError(
            f"the schema's reference {shorten(unknown.ref, 60)!r} leads nowhere; "
            "references are looked up in the schema itself only"
        ) from unknown
    return None if error is None else f"{_path(error.absolute_path)}{shorten(error.message)}"


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


def _draft(schema: Any) -> str:
    return str(schema.get("$schema", "")) if isinstance(schema, Mapping) else ""


def _path(parts: Any) -> str:
    shown = ".".join(str(part) for part in parts)
    return f"at {shorten(shown, 60)}: " if shown else ""
