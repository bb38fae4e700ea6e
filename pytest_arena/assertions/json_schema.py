"""Assert that an answer's JSON fits a JSON Schema; never fetches one, never hangs on a pattern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.json_text import NotJsonError, UnreadableJsonError, parse_json
from pytest_arena.errors import ArenaError, shorten
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.detectors.regex import PatternTimeoutError, search
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome


class SchemaUnusableError(ArenaError):
    """Report that a schema could not be applied: an unknown reference, a slow pattern, depth."""


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
    itself only.

    Error: when the JSON is nested too deeply, when a reference leads nowhere, when a pattern of
    the schema needs more than a second.
    """

    type: ClassVar[str] = "json_schema"

    schema_: Any = Field(alias="schema")
    """The JSON Schema, as a mapping."""
    extract: bool = False
    """Take the first JSON object or list in prose or in a code fence."""

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: Any) -> Any:
        return check_schema(schema)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        expected = "JSON that fits the schema"
        try:
            value = parse_json(trial.output or "", extract=self.extract)
            problem = first_mismatch(value, self.schema_)
        except NotJsonError as error:
            return Outcome.of(False, f"{error}: {quoted(trial.output or '')}", expected=expected)
        except (UnreadableJsonError, SchemaUnusableError) as error:
            return Outcome.error(str(error))
        return Outcome.of(problem is None, problem or "fits the schema", expected=expected)


def check_schema(schema: Any) -> Any:
    """Return a JSON Schema that is one; any other is a validation error that says where."""
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, (Mapping, bool)):
        raise _bad_schema("a schema is a mapping")
    if isinstance(schema, Mapping) and not isinstance(schema.get("$schema", ""), str):
        raise _bad_schema("$schema is a text")
    try:
        _validator_class(_draft(schema)).check_schema(schema)
    except SchemaError as error:
        raise _bad_schema(f"{_path(error.absolute_path)}{shorten(error.message)}") from error
    return schema


def first_mismatch(value: Any, schema: Any) -> str | None:
    """Return what does not fit, the best match of all problems, or None where all fits."""
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # A registry of our own: the default one would fetch remote references.
    validator = _validator_class(_draft(schema))(schema, registry=Registry())
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


def _bad_schema(problem: str) -> PydanticCustomError:
    return PydanticCustomError(
        "json_schema",
        "bad JSON Schema: {problem}",
        {"problem": problem, "expected": "a JSON Schema (draft 2020-12 unless $schema says so)"},
    )


def _draft(schema: Any) -> str:
    return str(schema.get("$schema", "")) if isinstance(schema, Mapping) else ""


def _path(parts: Any) -> str:
    shown = ".".join(str(part) for part in parts)
    return f"at {shorten(shown, 60)}: " if shown else ""


@lru_cache(maxsize=16)
def _validator_class(draft: str) -> Any:
    from jsonschema import Draft202012Validator, validators

    keywords = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    base = validators.validator_for({"$schema": draft} if draft else {}, Draft202012Validator)
    extend: Any = validators.extend  # has no types in its stubs
    return extend(base, keywords)


# jsonschema searches with `re`, which no time limit can stop; these three keywords are its own
# rules with our bounded search.
def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _s: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for key, value in instance.items():
                if search(pattern, key):
                    yield from validator.descend(value, subschema, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, instance: Any, schema: Any
) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not isinstance(instance, dict):
        return
    extras = [
        key
        for key in instance
        if key not in schema.get("properties", {})
        and not any(search(pattern, key) for pattern in schema.get("patternProperties", {}))
    ]
    if isinstance(allowed, Mapping):
        for key in extras:
            yield from validator.descend(instance[key], allowed, path=key)
    elif not allowed and extras:
        yield ValidationError(f"unexpected: {', '.join(repr(key) for key in extras)}")
