"""How a run is shared out among machines that tell each other nothing: pure functions.

Every machine finds out for itself which part is its own, so whatever decides is the same on all:
ids, what is known of how long cells take, and the limits in the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING
from zlib import crc32

from pytest_arena.light_dataclass import dataclass

if TYPE_CHECKING:
    from pytest_arena.options import Settings


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`-th of `count` parts of a run, of which `at_once` run at the same time and have
    the providers' limits together; the first of one where a run is not in parts."""

    number: int = 1
    count: int = 1
    at_once: int = 1

    def places(self, provider: str, limit: int) -> tuple[int, ...]:
        """Return how many calls to a provider each shard may have in flight, by its number; one
        without a place gets none of the provider's cells."""
        if limit >= self.at_once and self.at_once < self.count:
            return (limit // self.at_once,) * self.count
        start = crc32(provider.encode())
        least, more = divmod(limit, self.count) if limit >= self.at_once else (0, limit)
        distances = ((index - start) % self.count for index in range(self.count))
        return tuple(least + (distance < more) for distance in distances)

    def of_limit(self, provider: str, limit: int) -> int:
        """Return this shard's part of a limit on calls in flight; at least 1."""
        return max(1, self.places(provider, limit)[self.number - 1])

    def of_rate(self, provider: str, limit: int | None) -> float:
        """Return this shard's part of a provider's rate, whose limit on calls in flight is given:
        as much of it as of that one."""
        if limit is None:
            return 1 / self.at_once
        return min(1.0, self.of_limit(provider, limit) / limit)


WHOLE = Shard()
"""The only part of a run that is not shared out."""


def shard_of(settings: Settings) -> Shard:
    """Return the part of the cells that a run with these settings runs."""
    number, count = settings.shard_of
    return Shard(number, count, settings.shard_limits or count)


@dataclass(frozen=True, slots=True)
class Work:
    """An item to deal: its id, whom it asks, its calls, and how long it takes, in whatever unit."""

    id: str
    provider: str | None
    calls: int
    duration: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds how fast a shard works: calls in flight over all providers and to each, and the
    providers whose rate is limited."""

    concurrency: int
    limits: Mapping[str, int] = field(default_factory=dict)
    paced: Collection[str] = ()

    def places(self, provider: str | None, shard: Shard) -> tuple[int, ...]:
        """Return by how many calls at once each shard works off a provider's cells."""
        limit = self.limits.get(provider or "")
        if limit is not None:
            return tuple(min(one, self.concurrency) for one in shard.places(provider or "", limit))
        # what is paced takes its time however many calls wait: each shard gets the same of it
        return (1 if provider in self.paced else self.concurrency,) * shard.count


def deal_to_shards(
    works: Iterable[Work], shard: Shard, bounds: Bounds, together: Collection[str] = ()
) -> dict[str, int]:
    """Return the index of the shard for each id, by nothing but these: no order counts.

    The longest work comes first, and goes to the shard that will be done earliest, with all that
    it has or with what it has for the same provider, whichever is later. The work of a provider in
    `together` stays in one shard.
    """
    by_provider: dict[str | None, list[Work]] = defaultdict(list)
    for work in works:
        by_provider[work.provider].append(work)
    totals = [0.0] * shard.count
    dealt: dict[str, int] = {}
    places_of = {provider: bounds.places(provider, shard) for provider in by_provider}

    def order(provider: str | None) -> tuple[bool, float, str]:
        # what can be spread least goes first, so that the rest evens it out
        total = sum(sorted(work.duration for work in by_provider[provider]))
        return provider not in together, -total / sum(places_of[provider]), provider or ""

    for provider in sorted(by_provider, key=order):
        own = by_provider[provider]
        if provider in together:
            home = min(range(shard.count), key=lambda index: (totals[index], index))
            totals[home] += sum(work.duration for work in own)
            dealt |= dict.fromkeys((work.id for work in own), home)
        else:
            dealt |= _spread(own, places_of[provider], totals, bounds.concurrency)
    return dealt


def _spread(
    works: Iterable[Work], places: Sequence[int], totals: list[float], concurrency: int
) -> dict[str, int]:
    """Deal the work of one provider, and add it to the totals."""
    dealt: dict[str, int] = {}
    heap = [
        (total / concurrency, 0.0, index)
        for index, (total, place) in enumerate(zip(totals, places, strict=True))
        if place
    ]
    heapify(heap)
    for work in sorted(works, key=lambda one: (-one.duration, one.id)):
        _, load, index = heap[0]
        load += work.duration / places[index]
        totals[index] += work.duration
        dealt[work.id] = index
        heapreplace(heap, (max(load, totals[index] / concurrency), load, index))
    return dealt


@dataclass(frozen=True, slots=True)
class BudgetParts:
    """What part of each budget a shard owns: as large as its part of the calls that count in it.

    `rest` is that of the whole run, and of whatever is not known beforehand, as a judge's calls.
    """

    rest: float = 1.0
    files: Mapping[str, float] = field(default_factory=dict)
    providers: Mapping[str, float] = field(default_factory=dict)
    cases: Mapping[str, float] = field(default_factory=dict)
    """By `file::case`."""

    def of_file(self, file: str) -> float:
        return self.files.get(file, self.rest)

    def of_provider(self, provider: str) -> float:
        return self.providers.get(provider, self.rest)

    def of_case(self, file: str, case: str) -> float:
        return self.cases.get(f"{file}::{case}", self.rest)


def shares(calls: Iterable[tuple[str, int, bool]]) -> dict[str, float]:
    """Return for each name the part of its calls that is marked as one's own; nothing of those
    without calls, as where all cells are skipped."""
    whole: dict[str, int] = defaultdict(int)
    own: dict[str, int] = defaultdict(int)
    for name, number, is_own in calls:
        whole[name] += number
        own[name] += number if is_own else 0
    return {name: own[name] / number for name, number in whole.items() if number}
