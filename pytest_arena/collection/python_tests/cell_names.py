"""How the cells of a test are called."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from pytest_arena.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class CellNames:
    """The name of a test, with the parameters that may name its column."""

    file: str
    test: str
    """The node id behind the file, with its parameters."""
    words: tuple[str, ...]
    """The parameters that are texts."""

    @classmethod
    def of(cls, item: pytest.Item) -> CellNames:
        """Return the name of an item."""
        file, _, test = item.nodeid.partition("::")
        callspec = getattr(item, "callspec", None)
        given = callspec.params.values() if callspec is not None else ()
        return cls(file, test, tuple(value for value in given if isinstance(value, str)))

    def column(self, providers: Iterable[str]) -> str | None:
        """Return the parameter that names a provider, where it is the only one."""
        known = set(providers)
        found = [word for word in self.words if word in known]
        return found[0] if len(found) == 1 else None

    def case(self, named: str, column: str) -> str:
        """Return the name of a case in a column.

        A parameter that is the column is no part of it: tests that differ in their provider alone
        are one case, whose columns are compared.
        """
        test = self.test
        if self.words.count(column) == 1:
            test = _without(test, column)
        return f"{test}::{named}" if named else test


def _without(test: str, word: str) -> str:
    """Return a test's name without one of the parameters between its brackets."""
    name, bracket, parameters = test.partition("[")
    if not bracket:
        return test
    found = list(re.finditer(rf"(?:^|(?<=-)){re.escape(word)}(?=-|$)", parameters[:-1]))
    if len(found) != 1:
        # called otherwise by its id, or not to be told from another one
        return test
    before, after = parameters[: found[0].start()], parameters[found[0].end() : -1]
    left = "-".join(part for part in (before.rstrip("-"), after.lstrip("-")) if part)
    return f"{name}[{left}]" if left else name
