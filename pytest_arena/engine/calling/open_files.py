"""How many calls may be in flight with the files that this process may have open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from math import inf

from pytest_arena.engine.calling.pools import Pools
from pytest_arena.errors import ErrorKind, ProviderError, first_line
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import Arena, CellPlan
from pytest_arena.running.open_files import (
    SPARE_FILES,
    allow_files,
    files_open,
    no_file_left,
    ran_out_of_files,
)
from pytest_arena.schema import ProviderSpec

SPARE = 24
"""Files that are held for when no other is left: what finishes must be written all the same."""
RESERVE = 24 + SPARE
"""For all that is no call: journals, recordings, imports, look-ups of names, programs that start.
"""
CUTS_APART_S = 0.5
"""Calls that find no file left within it do so for the same reason."""
_OF_OPENING = frozenset(
    {
        ErrorKind.CERTIFICATE,
        ErrorKind.CONFIGURATION,
        ErrorKind.CONNECTION,
        ErrorKind.PROVIDER,
    }
)
"""What a failure looks like whose call never left, since no file could be opened for it."""


@dataclass(slots=True)
class OpenFiles:
    """The files that calls in flight hold open, held against those that this process may have.

    `at_once` is how many calls it may have in flight, `files_of` how many files one holds.
    """

    at_once: int
    files_of: Callable[[ProviderSpec], int]
    _pools: Pools = field(default_factory=Pools)
    _calls: dict[str, int] = field(default_factory=dict)
    """The most calls at once in each pool of places."""
    _files: dict[str, int] = field(default_factory=dict)
    _users: int = 0
    _of_load: int = 0
    """The users and the files of the largest load, which no limit of calls holds back."""
    _cut_at: float = -inf

    def learn(self, arena: Arena, trials_of: Callable[[CellPlan], int]) -> None:
        """Learn who is asked, and of whom there are only so many calls."""
        for plan in arena.cells:
            if plan.case.load is None:
                self._add(plan.provider, trials_of(plan))
                continue
            files = plan.case.load.users * self.files_of(plan.provider)
            if files > self._of_load:
                self._users, self._of_load = plan.case.load.users, files
        for spec in (*arena.judges, *(spec for plan in arena.cells for spec in plan.fallbacks)):
            self._add(spec, self.at_once)

    def fit(self) -> Fit:
        """Raise the process's limit where that helps, and return what it leaves room for."""
        held = self._most_held()
        if not held and not self._of_load:
            return Fit()
        beside = files_open() + RESERVE
        wanted = beside + max(held, self._of_load)
        allowed = allow_files(wanted)
        if allowed is not None and allowed > beside:
            SPARE_FILES.hold(SPARE)
        if allowed is None or allowed >= wanted:
            return Fit()
        left = allowed - beside
        if held <= left:
            asked = f"a load of {self._users:,} users needs"
            return Fit(note=_note(asked, wanted, allowed, "those beyond fail"))
        places = _places(self._calls, self._files, left)
        asked = f"{min(self.at_once, sum(self._calls.values())):,} calls in flight need"
        fewer = f"at most {min(self.at_once, sum(places.values())):,} at once"
        return Fit(places, _note(asked, wanted, allowed, fewer))

    def close(self) -> None:
        """Let go of the spare files, which nobody was in need of."""
        SPARE_FILES.give()
        SPARE_FILES.given()

    def cut(self, now: float, in_flight: int) -> int:
        """Return by how many calls fewer may be in flight after one found no file left, at this
        time: so many as hold what is not to be used up again."""
        if now - self._cut_at < CUTS_APART_S:
            return 0
        self._cut_at = now
        SPARE_FILES.give()
        return max(SPARE_FILES.given(), in_flight // 10, 1)

    def _add(self, spec: ProviderSpec, calls: int) -> None:
        files = self.files_of(spec)
        if files:
            pool = self._pools.of(spec)
            self._files[pool] = max(files, self._files.get(pool, 0))
            self._calls[pool] = min(self._calls.get(pool, 0) + calls, self.at_once)

    def _most_held(self) -> int:
        """Return the most files that calls can hold: those that hold the most go first."""
        free, held = self.at_once, 0
        for pool in sorted(self._calls, key=lambda pool: -self._files[pool]):
            calls = min(free, self._calls[pool])
            free -= calls
            held += calls * self._files[pool]
        return held


@dataclass(frozen=True, slots=True)
class Fit:
    """How many calls of each pool may be in flight, where that is fewer than were asked for,
    and the sentence that says so."""

    places: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None


def _note(asked: str, wanted: int, allowed: int, end: str) -> str:
    return (
        f"{asked} about {wanted:,} open files; this process may have {allowed:,}: {end} "
        f"(raise with `ulimit -n {wanted}`)"
    )


def _places(calls: dict[str, int], files: dict[str, int], left: int) -> dict[str, int]:
    """Deal the files that are left: as many calls to each pool as to any other that needs as many.

    Connections stay open for a while after their call, so that each pool has a part of its own.
    """
    low, high = 1, max(calls.values())
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(count, middle) * files[pool] for pool, count in calls.items()) <= left:
            low = middle
        else:
            high = middle - 1
    return {pool: min(count, low) for pool, count in calls.items()}


def of_open_files(error: ProviderError) -> bool:
    """Return whether a call failed since no file was left to open, whatever it looks like."""
    if error.kind is ErrorKind.OPEN_FILES:
        return True
    return error.kind in _OF_OPENING and ran_out_of_files(error)


def no_files(error: ProviderError) -> ProviderError:
    """Build the error of a call for which no file was left to open."""
    return ProviderError(ErrorKind.OPEN_FILES, no_file_left(first_line(error.message)))
