"""Cells whose long texts are left where their lines stand, and read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, cast

from pytest_arena.results.cell import Cell

LONGEST_KEPT = 1000
"""The most characters of a field that a cell keeps; what has more is left on disk."""

Step = str | int
"""A field's name, or a place in a tuple: one step of the way from a cell to a record in it."""


def without_long_texts(cell: Cell, read: Callable[[], Cell]) -> Cell:
    """Return a cell that holds no long text; each is had of `read` whenever it is looked at.

    It equals the whole cell, and is changed, written and pickled as that is.
    """
    light: Cell = _lightened(cell, (), read)
    return light


def _lightened(value: Any, way: tuple[Step, ...], read: Callable[[], Cell]) -> Any:
    if isinstance(value, tuple):
        made = tuple(_lightened(one, (*way, place), read) for place, one in enumerate(value))
        return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed: dict[str, Any] = {}
    left = []
    for one in fields(value):
        held = getattr(value, one.name)
        if _holds_records(held):
            made = _lightened(held, (*way, one.name), read)
            if made is not held:
                changed[one.name] = made
        elif _is_longer(held, LONGEST_KEPT):
            left.append(one.name)
    if left:
        return _light(value, changed, left, way, read)
    return replace(value, **changed) if changed else value


def _holds_records(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_holds_records(one) for one in value)
    return is_dataclass(value)


def _is_longer(value: Any, most: int) -> bool:
    """Return whether a value holds texts of more than so many characters together."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            most -= len(one)
            if most < 0:
                return True
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, (list, tuple)):
            waiting += one
    return False


def _light(
    value: Any,
    changed: Mapping[str, Any],
    left: list[str],
    way: tuple[Step, ...],
    read: Callable[[], Cell],
) -> Any:
    kind = type(value)
    light = object.__new__(_light_kind(cast(Hashable, kind)))
    for one in fields(kind):
        if one.name not in left:
            held = changed[one.name] if one.name in changed else getattr(value, one.name)
            getattr(kind, one.name).__set__(light, held)

    def record() -> Any:
        found: Any = read()
        for step in way:
            found = found[step] if isinstance(step, int) else getattr(found, step)
        return found

    object.__setattr__(light, "_record_on_disk", record)
    return light


@cache
def _light_kind(kind: Any) -> type[Any]:
    """Return the kind of records that know where those of their fields are that they do not hold.

    It bears the name of the whole kind, under which reports know what its fields mean.
    """

    def equal(self: Any, other: object) -> Any:
        if not isinstance(other, kind):
            return NotImplemented
        return all(
            getattr(self, one.name) == getattr(other, one.name)
            for one in fields(kind)
            if one.compare
        )

    def reduced(self: Any) -> Any:
        return _whole, (kind, {one.name: getattr(self, one.name) for one in fields(kind)})

    body: dict[str, Any] = {
        "__slots__": ("_record_on_disk",),
        "__doc__": f"A {kind.__name__} whose long texts are on disk.",
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__eq__": equal,
        "__hash__": kind.__hash__,
        "__reduce__": reduced,
        **{one.name: _property(kind, one.name) for one in fields(kind)},
    }
    return type(kind.__name__, (kind,), body)


def _property(kind: type[Any], name: str) -> Any:
    slot = getattr(kind, name)

    def held(self: Any) -> Any:
        try:
            return slot.__get__(self, kind)
        except AttributeError:
            return getattr(self._record_on_disk(), name)

    return property(held, slot.__set__)


def _whole(kind: type[Any], values: Mapping[str, Any]) -> Any:
    made = object.__new__(kind)
    for name, value in values.items():
        getattr(kind, name).__set__(made, value)
    return made
