"""`dataclass` as the standard library has it, made in a third of its time.

The standard library compiles every method of every class, most of which are never called: a frozen
class takes 0.8 ms, and a run starts with two hundred of them in each of its processes. Here
`__init__` alone is compiled; the other methods are functions that know the names of the fields.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, slots: bool, frozen: bool = False) -> Callable[[type], type]:
        """Make a class a dataclass, as `dataclasses.dataclass` does; it may have no `InitVar`."""

        def make(cls: type) -> type:
            if any(map(dataclasses.is_dataclass, cls.__bases__)) or _METHODS & cls.__dict__.keys():
                return dataclasses.dataclass(slots=slots, frozen=frozen)(cls)
            made = dataclasses.dataclass(slots=slots, init=False, repr=False, eq=False)(cls)
            made.__init__ = _init(made, frozen=frozen)
            made.__repr__ = _repr
            made.__eq__, made.__hash__ = _comparing(made)
            if frozen:
                made.__setattr__, made.__delattr__ = _refusing(made)
                made.__getstate__, made.__setstate__ = _state, _restore
            else:
                made.__hash__ = None
            known = made.__dataclass_params__
            known.init = known.repr = known.eq = True
            known.frozen = frozen
            return made

        return make


_METHODS = {"__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__getstate__"}
"""Where a class writes one of them itself, the standard library knows best what is left."""

_ABSENT = object()
"""Stands in a parameter for what the factory of its field gives."""


def _init(cls: type[Any], *, frozen: bool) -> Callable[..., None]:
    """Return the `__init__` of a class, compiled in its module."""
    fields = dataclasses.fields(cls)
    known: dict[str, Any] = {"_ABSENT": _ABSENT}
    positional, named, body = ["self"], ["*"], []
    for field in fields:
        name = field.name
        value, parameter, default = name, name, f"_default_{name}"
        if field.default_factory is not dataclasses.MISSING:
            known[default] = field.default_factory
            parameter = f"{name}=_ABSENT"
            value = (
                f"{default}() if {name} is _ABSENT else {name}" if field.init else f"{default}()"
            )
        elif field.default is not dataclasses.MISSING:
            known[default] = field.default
            parameter = f"{name}={default}"
            value = name if field.init else default
        elif not field.init:
            continue
        if field.init:
            (named if field.kw_only else positional).append(parameter)
        if frozen:
            # straight into its slot, in two thirds of the time that `object.__setattr__` takes
            known[f"_set_{name}"] = getattr(cls, name).__set__
            body.append(f"_set_{name}(self, {value})")
        else:
            body.append(f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    text = (
        f"def made({', '.join(known)}):\n"
        f" def __init__({', '.join(positional + named[len(named) == 1 :])}):\n  "
        + "\n  ".join(body or ["pass"])
        + "\n return __init__"
    )
    namespace: dict[str, Any] = {}
    exec(text, sys.modules[cls.__module__].__dict__, namespace)  # noqa: S102  # of names alone
    init: Callable[..., None] = namespace["made"](**known)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {one.name: one.type for one in fields if one.init} | {"return": None}
    return init


def _comparing(cls: type[Any]) -> tuple[Callable[..., Any], Callable[..., int]]:
    """Return the `__eq__` and the `__hash__` of a class."""
    names = [one.name for one in dataclasses.fields(cls) if one.compare]
    values = _values_of(names)

    def equal(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    def hashed(self: Any) -> int:
        return hash(values(self))

    return equal, hashed


def _values_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of these fields."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _refusing(cls: type[Any]) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return the `__setattr__` and the `__delattr__` of a frozen class."""
    names = frozenset(one.name for one in dataclasses.fields(cls))

    def refuse_setting(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def refuse_deleting(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return refuse_setting, refuse_deleting


@recursive_repr()
def _repr(self: Any) -> str:
    shown = [
        f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr
    ]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _state(self: Any) -> list[Any]:
    """Return what a frozen record is pickled as."""
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
