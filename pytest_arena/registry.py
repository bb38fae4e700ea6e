"""Names to classes: what an arena file may name, and what a plug-in may add."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from pytest_arena.errors import Location, Problem, UsageError, shorten, suggest

if TYPE_CHECKING:
    from pytest_arena.providers.base import Provider
    from pytest_arena.schema.assertion import Assertion
    from pytest_arena.schema.guardrail import Guardrail

T = TypeVar("T")


class Shipped(NamedTuple):
    """Name a class that is imported only when somebody asks for it.

    Making a class of pydantic's takes a millisecond, and an arena uses few of those that there
    are. `name` and `aliases` say the same as the class itself.
    """

    name: str
    where: str
    """`module:Class`."""
    aliases: tuple[str, ...] = ()

    def load(self) -> Any:
        """Import the class."""
        module, _, name = self.where.partition(":")
        return getattr(import_module(module), name)


class Names(Generic[T]):
    """The classes of one kind by name, with their aliases."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._classes: dict[str, type[T] | Shipped] = {}
        self._aliases: dict[str, str] = {}
        self._fallback: tuple[type[T] | Shipped, Callable[[], Iterable[str]]] | None = None

    def add(self, name: str, cls: type[T] | Shipped, aliases: Iterable[str] = ()) -> None:
        """Register a class; a name that another class holds already is a `UsageError`."""
        for word in (name, *aliases):
            holder = self._classes.get(self._aliases.get(word, word))
            if holder is not None and _named(holder) != _named(cls):
                raise UsageError(
                    Problem(
                        f"{self.kind} {word!r} is registered twice: by {_named(holder)} "
                        f"and by {_named(cls)}",
                        fix="give one of them another name",
                    )
                )
        self._classes[name] = cls
        self._aliases.update(dict.fromkeys(aliases, name))

    def ship(self, shipped: Iterable[Shipped]) -> None:
        """Register classes that are imported when they are asked for."""
        for one in shipped:
            self.add(one.name, one, one.aliases)

    def fall_back(self, cls: type[T] | Shipped, names: Callable[[], Iterable[str]]) -> None:
        """Let one class stand for many further names, which are asked for only when needed."""
        self._fallback = (cls, names)

    def get(self, name: str) -> type[T] | None:
        """Return the class of a name or alias, or None."""
        name = self._aliases.get(name, name)
        if name in self._classes:
            return self._loaded(name)
        if self._fallback and name in self._fallback[1]():
            return _loaded(self._fallback[0])
        return None

    def module_of(self, name: str) -> str | None:
        """Return the module of a registered name's class, which is not imported for that; None
        where no class has the name for its own."""
        found = self._classes.get(self._aliases.get(name, name))
        if isinstance(found, Shipped):
            return found.where.partition(":")[0]
        return found.__module__ if found is not None else None

    def suggest(self, name: str) -> str | None:
        """Return a fix that names the nearest known name, or None."""
        further = self._fallback[1]() if self._fallback else ()
        return suggest(name, [*self._classes, *self._aliases, *further])

    def add_all(self, other: Names[T]) -> None:
        """Register what another registry holds."""
        for name, cls in other._classes.items():
            self.add(name, cls, [a for a, of in other._aliases.items() if of == name])

    def add_missing(self, other: Names[T]) -> None:
        """Register what another registry holds under names that are not taken here."""
        for name, cls in other._classes.items():
            if name not in self._classes and name not in self._aliases:
                aliases = [a for a, of in other._aliases.items() if of == name]
                self.add(name, cls, [a for a in aliases if a not in self._classes])

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._classes))

    def items(self) -> list[tuple[str, type[T]]]:
        """Return all names, sorted, with their classes: imports every one of them."""
        return [(name, self._loaded(name)) for name in self]

    def _loaded(self, name: str) -> type[T]:
        found = self._classes[name] = _loaded(self._classes[name])
        return found


class Registry:
    """What plug-ins register; handed to `pytest_arena_register`."""

    def __init__(self) -> None:
        self.assertions: Names[Assertion] = Names("assertion type")
        self.guardrails: Names[Guardrail] = Names("guardrail type")
        self.providers: Names[Provider] = Names("provider")
        self.reporters: Names[Any] = Names("report format")

    def add_all(self, other: Registry) -> None:
        """Register what another registry holds."""
        self.assertions.add_all(other.assertions)
        self.guardrails.add_all(other.guardrails)
        self.providers.add_all(other.providers)
        self.reporters.add_all(other.reporters)

    def add_missing(self, other: Registry) -> None:
        """Register what another registry holds under names that are not taken here."""
        self.assertions.add_missing(other.assertions)
        self.guardrails.add_missing(other.guardrails)
        self.providers.add_missing(other.providers)
        self.reporters.add_missing(other.reporters)

    def assertion(self, cls: type[Assertion]) -> type[Assertion]:
        """Register an assertion class under its `type` and its `aliases`; usable as a decorator."""
        _check(cls, "an assertion", "type", ("check", "check_cell"))
        self.assertions.add(cls.type, cls, cls.aliases)
        return cls

    def guardrail(self, cls: type[Guardrail]) -> type[Guardrail]:
        """Register a guardrail class under its `type`; usable as a decorator."""
        _check(cls, "a guardrail", "type", ("find", "find_in"))
        self.guardrails.add(cls.type, cls, cls.aliases)
        return cls

    def provider(self, cls: type[Provider]) -> type[Provider]:
        """Register a provider class under its `type`; usable as a decorator."""
        _check(cls, "a provider", "type", ("complete",))
        self.providers.add(cls.type, cls, cls.aliases)
        return cls

    def reporter(self, cls: type[Any]) -> type[Any]:
        """Register a reporter class under its `format`; usable as a decorator."""
        _check(cls, "a reporter", "format", ("write",))
        self.reporters.add(cls.format, cls)
        return cls


def _check(cls: Any, kind: str, name: str, methods: tuple[str, ...]) -> None:
    """Refuse what is no class of that kind, and a class without the name that files call it by."""
    if not isinstance(cls, type):
        raise UsageError(
            Problem(
                f"{shorten(repr(cls))} is registered as {kind}, and is no class",
                expected=f"a class with {methods[0]}()",
                fix="register the class itself, not an instance or a name",
            )
        )
    if not any(hasattr(cls, method) for method in methods):
        raise UsageError(
            Problem(
                f"class {cls.__name__!r} is registered as {kind}, and has no {methods[0]}()",
                _place_of(cls),
                f"a class with {methods[0]}()",
                "register it as what it is, or write the method",
            )
        )
    given = getattr(cls, name, None)
    if not isinstance(given, str) or not given.strip():
        word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        raise UsageError(
            Problem(
                f"class {cls.__name__!r} is registered as {kind}, and has no {name!r}",
                _place_of(cls),
                "the name that it is called by, as a class variable",
                f'write {name}: ClassVar[str] = "{word}" into the class',
            )
        )


def _place_of(cls: type[object]) -> Location | None:
    try:
        file, line = inspect.getsourcefile(cls), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return None
    path = Path(file or "")
    here = Path.cwd()
    shown = path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name
    return Location(shown, line, 1)


def _loaded(cls: type[T] | Shipped) -> type[T]:
    return cast("type[T]", cls.load()) if isinstance(cls, Shipped) else cls


def _named(cls: type[object] | Shipped) -> str:
    if isinstance(cls, Shipped):
        return cls.where.replace(":", ".")
    return f"{cls.__module__}.{cls.__qualname__}"
