"""How large the calls to a provider are: what the ended ones say of those that are in flight."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from math import log
from typing import Literal

from pytest_arena.engine.calling.shared_state import WIDTH, SharedTable
from pytest_arena.light_dataclass import dataclass

Unit = Literal["tokens", "dollars"]
"""Of an answer's output, and of all that a call of an application costs."""
UNSEEN = log(100)
"""What has not come in n calls comes in fewer than ln(100) / n of all, by 99 of 100 chances (with
95 chances it is the rule of three: Hanley and Lippman-Hand, JAMA 249, 1983)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What all processes know of a provider's calls, in one unit."""

    answers: int = 0
    largest: float = 0.0
    """The largest of the answers."""
    longest_s: float = 0.0
    """The longest that one of them took."""
    in_flight: int = 0
    outlasting: int = 0
    """Those in flight that take longer than any that has ended."""

    def most(self, bound: float, age_s: float = 0.0) -> float:
        """Return the size that a call may have which began so long ago; never above the bound.

        What has ended says nothing of a call that outlasts it. Of others, it says the less the
        more calls are in flight for each that has ended; and each may still become one of those
        that outlast all, as often as such were seen or, by chance, not seen.
        """
        if not self.answers or age_s > self.longest_s:
            return bound
        share = 1.0 + self.in_flight / self.answers
        rare = (UNSEEN + 2.0 * self.outlasting) / (self.answers + self.outlasting)
        return min(bound, max(self.largest * share, self.largest + rare * bound))


SizeOf = Callable[[str, Unit], Known]
"""Tells of any provider what is known of its calls."""


class CallSizes:
    """The sizes of calls by provider, over all processes; used inside the table's `change`.

    Each process writes a row for each provider and unit (answers, the largest, the longest time),
    and one of its calls in flight: how many, and when the oldest seven began.
    """

    def __init__(self, table: SharedTable, process: int, clock: Callable[[], float]) -> None:
        self._table = table
        self._process = process
        self._clock = clock
        self._starts: dict[str, list[float]] = defaultdict(list)

    def start(self, provider: str) -> float:
        """Count a call as in flight from now on, and return this time."""
        now = self._clock()
        insort(self._starts[provider], now)
        self._write_in_flight(provider)
        return now

    def end(self, provider: str, started: float) -> None:
        """Count a call as ended; outside `change`, too."""
        starts = self._starts[provider]
        del starts[bisect_left(starts, started)]
        self._write_in_flight(provider)

    def hear(self, provider: str, unit: Unit, size: float, started: float) -> None:
        """Learn from an answer to a call that began at a time."""
        name = _row_of(provider, unit)
        answers, largest, longest_s, *_ = self._table.rows(name).get(self._process, (0.0,) * 3)
        took_s = self._clock() - started
        numbers = (answers + 1, max(largest, size), max(longest_s, took_s))
        self._table.write(name, self._process, numbers)

    def known(self) -> SizeOf:
        """Return what tells of any provider what is known now; each is looked up once."""
        return cache(self._known)

    def _known(self, provider: str, unit: Unit) -> Known:
        ended = self._table.rows(_row_of(provider, unit)).values()
        longest_s = max((row[2] for row in ended), default=0.0)
        before = self._clock() - longest_s
        in_flight, outlasting = 0, 0
        for process, (count, *oldest) in self._table.rows(_row_of(provider, "calls")).items():
            if count and (process == self._process or self._table.lives(process)):
                in_flight += round(count)
                outlasting += sum(start < before for start in oldest[: round(count)])
        answers = round(sum(row[0] for row in ended))
        largest = max((row[1] for row in ended), default=0.0)
        return Known(answers, largest, longest_s, in_flight, outlasting)

    def _write_in_flight(self, provider: str) -> None:
        starts = self._starts[provider]
        numbers = (float(len(starts)), *starts[: WIDTH - 1])
        self._table.write(_row_of(provider, "calls"), self._process, numbers)


def _row_of(provider: str, what: str) -> str:
    return f"{what} of provider {provider}"
