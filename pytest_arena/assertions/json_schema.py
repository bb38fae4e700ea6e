"""Assert that an answer's JSON fits a JSON Schema; never fetches one, never hangs on a pattern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.schema_keywords import (
    UnknownKeywordError,
    format_checker,
    refuse_unknown,
    validator_class,
)
from pytest_arena.errors import ArenaError, shorten
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.detectors.regex import PatternTimeoutError
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.text.json_text import (
    NotJsonError,
    UnreadableJsonError,
    json_choices,
)


class SchemaUnusableError(ArenaError):
    """A schema that could not be applied: an unknown reference, a slow pattern, depth."""


class JsonSchema(Assertion):
    """Holds when the answer is JSON that fits a JSON Schema.

        - type: json_schema
          extract: true
          schema:
            type: object
            required: [status]
            properties:
              status: {enum: [open, closed]}

    The draft is 2020-12 unless `$schema` names another; references are looked up in the schema
    itself only. `format` is checked (email, date, date-time, time, duration, uri, uuid, ipv4, …),
    `multipleOf` counts in decimal, and a keyword or a format that nobody knows is refused when the
    file is loaded. With `extract` the JSON in a fence marked `json` is taken, else of several
    values the first that fits; an answer without JSON fails, with `not`, too.

    Error: when the JSON is nested too deeply, when a reference leads nowhere, when a pattern of
    the schema needs more than a second.
    """

    type: ClassVar[str] = "json_schema"
    reads_text: ClassVar[bool] = True

    schema_: Any = Field(alias="schema")
    """The JSON Schema, as a mapping."""
    extract: bool = False
    """Take the JSON object or list in a code fence or in prose."""

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: Any) -> Any:
        return check_schema(schema)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        expected = "JSON that fits the schema"
        try:
            choices = json_choices(trial.output or "", extract=self.extract)
            problems = [first_mismatch(value, self.schema_) for value in choices]
        except NotJsonError as error:
            return Outcome.unseen(f"{error}: {quoted(trial.output or '')}", expected=expected)
        except (UnreadableJsonError, SchemaUnusableError) as error:
            return Outcome.error(str(error))
        fits = None in problems
        reason = "fits the schema" if fits else str(problems[0])
        return Outcome.of(fits, reason, expected=expected)


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
            f"the schema's reference {quoted(unknown.ref)} leads nowhere; "
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
