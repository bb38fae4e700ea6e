"""The `params` of an assertion of PromptArena: what was asked for, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.dialects.promptarena.go_regex import UnreadableError, from_go
from pytest_arena.loading.dialects.promptarena.made import literal
from pytest_arena.loading.tree import YamlMap, plain


class UnusableError(Exception):
    """Params with which an assertion can do nothing: what is expected, of them or elsewhere."""

    def __init__(self, expected: str, fix: str | None = None) -> None:
        super().__init__(expected)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Given:
    """A value and the place that problems with it are shown at."""

    value: Any
    mark: int


class Params:
    """Params under the names that PromptArena has for them; those that nobody asks for have no
    effect."""

    def __init__(self, tree: YamlMap | None, known: Iterable[str], mark: int) -> None:
        """`known` are the variables of the scenario; `mark` is where the assertion stands."""
        self.tree = tree
        self._plain = plain(tree) if tree is not None else {}
        self._known = frozenset(known)
        self.mark = mark
        self.asked: set[str] = {"message", "description"}

    def get(self, *keys: str) -> Given | None:
        """Return what stands under the first of these keys that has something."""
        self.asked.update(keys)
        for key in keys:
            if self._plain.get(key) is not None and self.tree is not None:
                return Given(literal(self._plain[key], self._known), self.tree.marks[key])
        return None

    def need(self, *keys: str, expected: str) -> Given:
        """Return the same; nothing is unusable."""
        found = self.get(*keys)
        if found is None or found.value in ("", [], {}):
            raise UnusableError(f"{keys[0]}: {expected}")
        return found

    def texts(self, *keys: str) -> Given:
        """Return the texts under these keys, a single one as a list."""
        found = self.need(*keys, expected="a list of texts")
        listed = found.value if isinstance(found.value, list) else [found.value]
        return Given([one if isinstance(one, str) else str(one) for one in listed], found.mark)

    def maybe_texts(self, *keys: str) -> Given | None:
        """Return the same where something stands there."""
        return self.texts(*keys) if self.get(*keys) is not None else None

    def count(self, *keys: str) -> Given | None:
        """Return a whole number from 1 on; zero is unusable, as a limit that limits nothing."""
        found = self.get(*keys)
        if found is None:
            return None
        number = found.value
        if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 1:
            raise UnusableError(f"{keys[0]}: a number from 1 on")
        return Given(int(number), found.mark)

    def flag(self, *keys: str, default: bool = False) -> bool:
        """Return whether something is switched on."""
        found = self.get(*keys)
        return default if found is None else bool(found.value)

    def pattern(self, *keys: str) -> Given:
        """Return a regular expression of Go's, for Python."""
        return pattern_of(self.need(*keys, expected="a regular expression"), keys[0])


def pattern_of(given: Given, key: str) -> Given:
    """Return a regular expression of Go's, for Python."""
    try:
        return Given(from_go(str(given.value)), given.mark)
    except UnreadableError as error:
        raise UnusableError(f"{key}: a regular expression without {error}") from None
