"""Rules that say what a JSON value must look like, and which value does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

Rule = Callable[[Any, str], None]
"""Look at a value, and raise `ShapeError` with the value's path if it is not as it must be."""


class ShapeError(Exception):
    """Say which value of a record is wrong, and what was expected there."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path, expected)
        self.path = path
        self.expected = expected


def _is(expected: str, holds: Callable[[Any], bool]) -> Rule:
    def check(value: Any, path: str) -> None:
        if not holds(value):
            raise ShapeError(path, expected)

    return check


def one_of(*words: str) -> Rule:
    """Return the rule of a value that is one of some words."""
    return _is("one of " + ", ".join(words), lambda value: value in words)


def each(rule: Rule) -> Rule:
    """Return the rule of a list, every entry of which keeps to a rule."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise ShapeError(path, "a list")
        for place, item in enumerate(value):
            rule(item, f"{path}[{place}]")

    return check


def or_null(rule: Rule) -> Rule:
    """Return a rule that lets null be."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            rule(value, path)

    return check


def record_of(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """Return the rule of an object with these keys; further ones are let be."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise ShapeError(path, "an object")
        for key, rule in required.items():
            if key not in value:
                raise ShapeError(_joined(path, key), "a value, but there is none")
            rule(value[key], _joined(path, key))
        for key, rule in optional.items():
            if key in value:
                rule(value[key], _joined(path, key))

    return check


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _number_holds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _count_holds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


text = _is("a text", lambda value: isinstance(value, str))
number = _is("a number", _number_holds)
amount = _is("a number of at least 0", lambda value: _number_holds(value) and value >= 0)
count = _is("a whole number of at least 0", _count_holds)
flag = _is("true or false", lambda value: isinstance(value, bool))
json_object = _is("an object", lambda value: isinstance(value, dict))
texts = _is(
    "an object of texts",
    lambda value: isinstance(value, dict) and all(isinstance(v, str) for v in value.values()),
)
amounts = _is(
    "an object of numbers of at least 0",
    lambda value: (
        isinstance(value, dict) and all(_number_holds(v) and v >= 0 for v in value.values())
    ),
)
counts = _is(
    "an object of whole numbers of at least 0",
    lambda value: isinstance(value, dict) and all(map(_count_holds, value.values())),
)
above_zero = _is("a number above 0", lambda value: _number_holds(value) and value > 0)
