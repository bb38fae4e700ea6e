"""How limits and items are shared out among workers: pure functions, the same on both sides.

Every worker owns a slot. A pool (the entries that ask one endpoint within a limit, or an entry
without one) of limit L has L places, dealt to the slots in turn from a start that depends on its
name; its k-th item goes where place k mod L is. So a limit holds over all workers without any
traffic between them. All items of a pool that is under load go to one slot, since a load case runs
alone on its provider.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from pytest_arena.engine.calling.shards import WHOLE, Shard
from pytest_arena.light_dataclass import dataclass

if TYPE_CHECKING:
    from pytest_arena.engine.calling.quotas import Quotas


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of a run this process owns: slot 0 of 1 where there are no workers.

    `shared` is the file for what all processes on this machine count together, `portion` their
    part of the run's budgets and rates: less than 1 beside workers on other machines. All of that
    is of one `shard`, where a run is in parts.
    """

    slot: int = 0
    workers: int = 1
    shared: Path | None = None
    portion: float = 1.0
    shard: Shard = WHOLE

    def quotas(self) -> Quotas:
        """Return the budgets and rates, which are shared with the processes of this machine."""
        from pytest_arena.engine.calling.quotas import Quotas

        together = max(1, round(self.workers * self.portion))
        return Quotas(self.shared, portion=self.portion, processes=together, shard=self.shard)

    def active(self, concurrency: int) -> int:
        """Return how many workers make calls: no more than calls may be in flight."""
        return min(self.workers, concurrency)

    def of_all(self, concurrency: int) -> int:
        """Return this worker's part of the limit over all providers."""
        active = self.active(concurrency)
        if self.slot >= active:
            return 0
        return concurrency // active + (self.slot < concurrency % active)

    def of_pool(self, pool: str, limit: int, concurrency: int) -> int:
        """Return this worker's part of one pool's limit."""
        active = self.active(concurrency)
        if self.slot >= active:
            return 0
        limit = min(limit, concurrency)
        distance = (self.slot - _start(pool)) % active
        return limit // active + (distance < limit % active)


def slot_of(pool: str, nth: int, limit: int | None, concurrency: int, workers: int) -> int:
    """Return the slot that runs the n-th item (from 0) of a pool."""
    active = min(workers, concurrency)
    place = nth % min(limit or concurrency, concurrency)
    return (_start(pool) + place) % active


def deal(
    cells: Iterable[tuple[int, str]],
    limit_of: Callable[[str], int | None],
    concurrency: int,
    workers: int,
    under_load: Collection[str] = (),
) -> list[list[int]]:
    """Return for each slot the indices that it runs, in order; `cells` are (index, pool).

    The cells of a pool that is `under_load` stay together.
    """
    shares: list[list[int]] = [[] for _ in range(workers)]
    counts: Counter[str] = Counter()
    for index, pool in cells:
        nth = 0 if pool in under_load else counts[pool]
        slot = slot_of(pool, nth, limit_of(pool), concurrency, workers)
        counts[pool] += 1
        shares[slot].append(index)
    return shares


def _start(pool: str) -> int:
    # hash() differs between processes, crc32 does not
    return crc32(pool.encode())
