"""What a JSON Schema may say: its keywords and formats, and those that are checked by our rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from functools import cache
from typing import Any

from pytest_arena.errors import suggest
from pytest_arena.json_schema.formats import known_formats
from pytest_arena.text.json_text import same_json
from pytest_arena.text.regex import check_pattern, pattern_of, search

_ANNOTATIONS = frozenset(
    (
        "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary",
        "$comment", "$defs", "definitions", "title", "description", "default", "examples",
        "deprecated", "readOnly", "writeOnly", "then", "else", "minContains", "maxContains",
        "contentEncoding", "contentMediaType", "contentSchema", "discriminator",
    )
)  # fmt: skip
"""Keywords that check nothing themselves; `discriminator` is what pydantic's schemas have."""
_OF_ONE = (
    "additionalProperties", "unevaluatedProperties", "propertyNames", "items", "additionalItems",
    "unevaluatedItems", "contains", "not", "if", "then", "else", "contentSchema",
)  # fmt: skip
_OF_MANY = ("allOf", "anyOf", "oneOf", "prefixItems", "items", "extends")
_BY_NAME = (
    "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies",
)  # fmt: skip


_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_MOST_ROUNDS = 8
"""Of one reference within itself at one value; dynamic ones may lead to others at their first."""
_followed_now: ContextVar[Counter[tuple[int, int]]] = ContextVar("followed")


class CircleError(Exception):
    """A schema's references lead in a circle, which no value ends."""


class UnknownKeywordError(ValueError):
    """What a schema says that nobody checks: where, what, and what may be meant."""

    def __init__(self, path: tuple[str, ...], problem: str, fix: str | None) -> None:
        super().__init__(f"at {'.'.join(path)}: {problem}" if path else problem)
        self.fix = fix


def refuse_unknown(schema: Any, draft: str, path: tuple[str, ...] = ()) -> None:
    """Raise for the first keyword or format of a schema that would be ignored.

    A pattern that does not compile is pydantic's error. Keys that begin with `x-` are allowed.
    """
    if not isinstance(schema, Mapping):
        return
    checked = validator_class(draft).VALIDATORS
    for key, value in schema.items():
        name = str(key)
        if name not in checked and name not in _ANNOTATIONS and not name.startswith("x-"):
            near = suggest(name, {*checked, *_ANNOTATIONS})
            raise UnknownKeywordError(path, f"unknown keyword {name!r}", near)
        if name == "format" and isinstance(value, str) and value not in known_formats():
            near = suggest(value, known_formats())
            raise UnknownKeywordError(path, f"unknown format {value!r}", near)
    _check_patterns(schema)
    for place, inner in _inner_schemas(schema):
        refuse_unknown(inner, draft, (*path, *place))


def check_patterns(schema: Any) -> None:
    """Compile each pattern of a schema; one that does not is pydantic's error."""
    if isinstance(schema, Mapping):
        _check_patterns(schema)
        for _, inner in _inner_schemas(schema):
            check_patterns(inner)


def _check_patterns(schema: Mapping[str, Any]) -> None:
    for pattern in (schema.get("pattern"), *(schema.get("patternProperties") or ())):
        if isinstance(pattern, str):
            check_pattern(pattern)


def _inner_schemas(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key in _OF_ONE:
        if key in schema:
            yield (key,), schema[key]
    for key in _OF_MANY:
        if isinstance(schema.get(key), list):
            yield from (((key, str(number)), one) for number, one in enumerate(schema[key]))
    for key in _BY_NAME:
        if isinstance(schema.get(key), Mapping):
            yield from (((key, str(name)), one) for name, one in schema[key].items())


@cache
def validator_class(draft: str) -> Any:
    """Return jsonschema's class for a draft (empty: 2020-12) with our own keywords in it."""
    from jsonschema import Draft202012Validator, validators

    keywords = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "const": _const,
        "enum": _enum,
    }
    base = validators.validator_for({"$schema": draft} if draft else {}, Draft202012Validator)
    keywords |= {name: _followed(base.VALIDATORS.get(name)) for name in _REFERENCES}
    extend: Any = validators.extend  # has no types in its stubs
    return extend(base, {name: own for name, own in keywords.items() if name in base.VALIDATORS})


@contextmanager
def following() -> Iterator[None]:
    """Watch over the references that are followed inside: circles are `CircleError`."""
    token = _followed_now.set(Counter())
    try:
        yield
    finally:
        _followed_now.reset(token)


def _followed(keyword: Any) -> Any:
    """Return a keyword that is a reference as one that does not go round without end."""

    def follow(validator: Any, reference: Any, instance: Any, schema: Any) -> Iterator[Any]:
        now = _followed_now.get(None)
        if now is None:
            yield from keyword(validator, reference, instance, schema) or ()
            return
        step = id(schema), id(instance)
        now[step] += 1
        try:
            if now[step] > _MOST_ROUNDS:
                raise CircleError
            yield from keyword(validator, reference, instance, schema) or ()
        finally:
            now[step] -= 1

    return follow


@cache
def format_checker() -> Any:
    """Return the checker of all formats that are known."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, holds in known_formats().items():
        checker.checks(name)(holds)
    return checker


# jsonschema searches with `re`, which no time limit can stop; these three keywords are its own
# rules with our bounded search.
def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and not search(pattern_of(pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _s: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for key, value in instance.items():
                if search(pattern_of(pattern), key):
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
        and not any(
            search(pattern_of(pattern), key) for pattern in schema.get("patternProperties", {})
        )
    ]
    if isinstance(allowed, Mapping):
        for key in extras:
            yield from validator.descend(instance[key], allowed, path=key)
    elif not allowed and extras:
        yield ValidationError(f"unexpected: {', '.join(repr(key) for key in extras)}")


def _multiple_of(_validator: Any, step: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """Count in decimal, as the numbers are written: 19.99 is a multiple of 0.01."""
    from jsonschema import ValidationError

    if isinstance(instance, bool) or not isinstance(instance, (int, float)):
        return
    try:
        fits = (Fraction(repr(instance)) / Fraction(repr(step))).denominator == 1
    except ValueError:  # the JSON had a number such as 1e999
        fits = False
    if not fits:
        yield ValidationError(f"{instance!r} is not a multiple of {step!r}")


def _const(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not same_json(instance, wanted):
        yield ValidationError(f"{wanted!r} was expected")


def _enum(_validator: Any, allowed: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not any(same_json(instance, wanted) for wanted in allowed):
        yield ValidationError(f"{instance!r} is not one of {allowed!r}")
