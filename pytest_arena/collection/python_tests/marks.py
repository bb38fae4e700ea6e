"""What `@pytest.mark.arena(…)` says of a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from pytest_arena.errors import Location, Problem, UsageError, shorten, suggest
from pytest_arena.light_dataclass import dataclass

MARK = "arena"
_HOME = "pytest_arena.plugin"


def uses_arena(item: pytest.Item) -> bool:
    """Return whether a test asks for the fixture `arena`, itself or by another one."""
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return any(one.func.__module__ == _HOME for one in known.get("arena", ()))


def concerns_arena(item: pytest.Item) -> bool:
    """Return whether a test asks for the fixture, or has the mark itself with something to say.

    A bare mark is a name to select tests by, as a tag of a case may be.
    """
    if uses_arena(item):
        return True
    marks = item.own_markers if isinstance(item, pytest.Function) else ()
    return any(mark.name == MARK and (mark.args or mark.kwargs) for mark in marks)


@dataclass(frozen=True, slots=True)
class ArenaMark:
    """The settings of a test: those of its own mark before those of its class and its module.

    `file` is the arena file that it goes by, `provider` the column of its cells.
    """

    file: str | None = None
    provider: str | None = None
    trials: int | None = None
    pass_threshold: float | None = None

    @property
    def threshold(self) -> float:
        """The share of the trials that must pass."""
        return 1.0 if self.pass_threshold is None else self.pass_threshold

    @classmethod
    def of(cls, item: pytest.Item) -> ArenaMark:
        """Return what the marks of an item say; a mistake in one is a `UsageError`."""
        found: dict[str, Any] = {}
        for mark in item.iter_markers(MARK):
            if mark.args:
                problem = f"mark {MARK}: {shorten(repr(mark.args[0]))} has no name"
                raise UsageError(_problem(item, problem, fix=_SHAPE))
            for name, value in mark.kwargs.items():
                _check(item, name, value)
                found.setdefault(name, value)
        return cls(**found)


NAME_OF_COLUMN = "the name of a column, without '[', ']' and '::'"
_SHAPE = "write it like @pytest.mark.arena(trials=5, pass_threshold=0.8)"
_KNOWN = tuple(field.name for field in fields(ArenaMark))


def _check(item: pytest.Item, name: str, value: Any) -> None:
    if name not in _KNOWN:
        known = ", ".join(_KNOWN)
        fix = suggest(name, _KNOWN) or _SHAPE
        raise UsageError(
            _problem(item, f"mark {MARK}: unknown argument {name!r}", f"one of {known}", fix)
        )
    expected, fits = _EXPECTED[name]
    if not fits(value):
        given = f"mark {MARK}: {name} is {shorten(repr(value))}"
        raise UsageError(_problem(item, given, expected, _SHAPE if "trial" in expected else None))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_name(value: Any) -> bool:
    """Return whether a value may name a column."""
    return _is_text(value) and not any(part in value for part in ("[", "]", "::", "\n"))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


_EXPECTED: Mapping[str, tuple[str, Any]] = {
    "file": ("the name of an arena file, from the root directory or the test's folder", _is_text),
    "provider": (NAME_OF_COLUMN, is_name),
    "trials": ("a number of trials of at least 1", _is_count),
    "pass_threshold": ("the share of the trials that must pass, from 0 to 1", _is_share),
}


def _problem(
    item: pytest.Item, what: str, expected: str | None = None, fix: str | None = None
) -> Problem:
    file, line, _ = item.location
    return Problem(what, Location(file, (line or 0) + 1, 1), expected=expected, fix=fix)


def without_use(item: pytest.Item) -> Problem:
    """Return what is wrong with a mark on a test that has no use of it."""
    return _problem(
        item,
        f"mark {MARK} on a test that does not use the fixture of that name",
        fix=f"take {MARK} as an argument, or leave the mark out",
    )
