"""The problems found while a file is loaded, gathered so that all are shown at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten

_MOST = 100
_LONGEST_LIST = 220
_NEAREST = 8
_ALIKE = 0.65


def one_of(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return what was expected instead of a word, by the alphabet where that is many.

    Of a long list, only what is like the word, if anything is.
    """
    names = list(known)
    if not names:
        return otherwise
    listed = ", ".join(shorten(name, 60) for name in names)
    if len(listed) <= _LONGEST_LIST:
        return f"one of {listed}"
    near = get_close_matches(word, names, n=_NEAREST, cutoff=_ALIKE)
    shown = ", ".join(shorten(name, 60) for name in sorted(near or names))
    return f"one of {shown}, …" if near else f"one of {shown}"


class ProblemList:
    """The problems found so far; the same problem at the same place is kept once.

    A mistake in a case with 10,000 data rows is one mistake, not 10,000.
    """

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._settled: frozenset[Problem] = frozenset()
        self._retell: Callable[[Problem], Problem] | None = None

    def __len__(self) -> int:
        return len(self._problems)

    @property
    def texts(self) -> list[str]:
        """What is wrong, without places and fixes, in the order in which it was found."""
        return [problem.what for problem in self._problems]

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def add(
        self, what: str, place: Location, *, expected: str | None = None, fix: str | None = None
    ) -> None:
        """Keep a problem."""
        problem = Problem(what, place, expected, fix)
        if self._retell:
            problem = self._retell(problem)
        if problem not in self._settled:
            self._problems[problem] = None

    def leave_out(self, settled: Iterable[Problem]) -> None:
        """Keep none of these, which were told before and dealt with."""
        self._settled = frozenset(settled)

    @contextmanager
    def retold(self, retell: Callable[[Problem], Problem]) -> Iterator[None]:
        """Keep what this makes of each problem that is added meanwhile."""
        self._retell = retell
        try:
            yield
        finally:
            self._retell = None

    def raise_if_any(self) -> None:
        """Raise all problems as one `ArenaFileError`; beyond the first 100, only their number."""
        if not self._problems:
            return
        ordered = ArenaFileError(self._problems).problems
        if len(ordered) > _MOST:
            last = ordered[-1].place
            more = f"and {len(ordered) - _MOST} more problems"
            ordered = (*ordered[:_MOST], Problem(more, last, fix="mend those above first"))
        raise ArenaFileError(ordered)
