"""Whose calls in flight are counted together: entries that limit those to the same endpoint."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.shards import Shard

if TYPE_CHECKING:
    from pytest_arena.schema import ProviderSpec


def add_limits(known: dict[str, int], specs: Iterable[ProviderSpec]) -> None:
    """Add the limits of entries to those of their pools; where they differ, the smallest holds."""
    for spec in specs:
        if spec.concurrency:
            pool = spec.pool
            known[pool] = min(known.get(pool, spec.concurrency), spec.concurrency)


class Pools:
    """The pools of entries, each worked out once: a run asks for that of every cell."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ProviderSpec, str]] = {}

    def of(self, spec: ProviderSpec) -> str:
        """Return the pool of an entry."""
        # the entry is kept here, so that its id stays its own
        if id(spec) not in self._known:
            self._known[id(spec)] = (spec, spec.pool)
        return self._known[id(spec)][1]


def limit_here(
    shard: Shard, limits: Mapping[str, int], pool: str, under_load: Collection[str]
) -> int | None:
    """Return how many calls of a pool may be in flight in all processes of this run; of one that is
    under load, this shard makes all of them."""
    limit = limits.get(pool)
    if limit is None or pool in under_load:
        return limit
    return shard.of_limit(pool, limit)
