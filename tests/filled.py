"""Dataclasses with every field filled, made from their declarations: a new field is in at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from random import Random
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_TEXTS = ("a", "é ☂", "two\nlines", '"quoted"', "<b>", "\\u0041", "=1+1", "𝄞", "NaN", "0")
_JSON = (None, True, 7, 1.5, "text", ["a", 1, None], {"k": {"deep": [1.25]}})


def filled(kind: type[T], seed: int, **given: Any) -> T:
    """Return a dataclass of which no field has its default, as far as that can be; `given` fields
    are as they are given."""
    return _Filler(Random(seed)).of(kind, (), given)


class _Filler:
    """Values for the annotations of fields."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def of(self, kind: type[T], around: tuple[Any, ...], given: Mapping[str, Any]) -> T:
        values = dict(given)
        around = (*around, kind)
        declared: Any = kind
        for name, hint, default in _fields_of(declared):
            if name in given:
                continue
            for _ in range(20):
                value = self._value(hint, around)
                if default is MISSING or value != default:
                    break
            values[name] = value
        return kind(**values)

    def _value(self, hint: Any, around: tuple[Any, ...]) -> Any:
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self._value(arguments[0], around)
        if origin is Literal:
            return self._random.choice(arguments)
        if origin in (Union, UnionType):
            kinds = [one for one in arguments if one is not NoneType]
            return self._value(self._random.choice(kinds), around)
        if origin is tuple:
            if around.count(arguments[0]) == 2:
                # a dataclass that may hold itself has an end
                return ()
            return tuple(
                self._value(arguments[0], around) for _ in range(self._random.choice((1, 2)))
            )
        if origin is not None and issubclass(origin, Mapping):
            return {
                self._random.choice(_TEXTS): self._value(arguments[1], around) for _ in range(2)
            }
        if is_dataclass(hint):
            return self.of(hint, around, {})  # type: ignore[arg-type]
        return self._plain(hint)

    def _plain(self, hint: Any) -> Any:
        if hint is bool:
            return self._random.random() < 0.5
        if hint is int:
            return self._random.randrange(1000)
        if hint is float:
            return round(self._random.uniform(0.001, 1000), 3)
        if hint is str:
            return self._random.choice(_TEXTS)
        if hint is Any:
            return self._random.choice(_JSON)
        raise TypeError(f"no value for {hint!r}: add one to tests/filled.py")


@cache
def _fields_of(kind: Any) -> list[tuple[str, Any, Any]]:
    """Return name, annotation and default of each field that is written."""
    hints = get_type_hints(kind, include_extras=True)
    return [
        (one.name, hints[one.name], one.default)
        for one in fields(kind)
        if not _is_excluded(hints[one.name])
    ]


def _is_excluded(hint: Any) -> bool:
    return any(getattr(fact, "exclude", None) for fact in getattr(hint, "__metadata__", ()))
