"""The scheduler under xdist: cells go to the worker of their slot, ordinary tests anywhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

import pytest
from xdist.report import report_collection_diff
from xdist.scheduler import LoadScheduling

from pytest_arena.engine.calling.pools import limit_here
from pytest_arena.engine.calling.sharding import deal
from pytest_arena.engine.calling.shards import WHOLE, Shard
from pytest_arena.light_dataclass import dataclass

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from pytest_arena.collection.node_ids import ArenaNames, NodeId

AHEAD = 4
"""Items that are sent to a worker beyond the running one: under -x all that was sent still runs."""
LONGEST_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Demands:
    """What files say of how their cells may be dealt: limits of pools, and the load cases."""

    limits: Mapping[str, int] = field(default_factory=dict)
    loads: frozenset[tuple[str, str, str]] = frozenset()
    """File, case and column of each cell of a load case."""
    pools: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The pool of each column that is not named as its pool is, by file and column."""
    shard: Shard = WHOLE

    def limit_of(self, pool: str, under_load: Collection[str]) -> int | None:
        """Return how many calls of a pool this run may have in flight."""
        return limit_here(self.shard, self.limits, pool, under_load)

    def pool_of(self, cell: NodeId) -> str:
        """Return the pool of a cell's provider, whose limit all columns in it share."""
        return self.pools.get((cell.file, cell.column), cell.column)

    def under_load(self, cells: Iterable[NodeId]) -> frozenset[str]:
        """Return the pools whose cells must stay together, if these cells are run."""
        return frozenset(
            self.pool_of(cell)
            for cell in cells
            if (cell.file, cell.case, cell.column) in self.loads
        )


DemandsOf = Callable[[Sequence[str]], Demands]


class Slots:
    """A slot for each worker; a replacement inherits the dead worker's."""

    def __init__(self) -> None:
        self.workers = 0
        self._of: dict[object, int] = {}
        self._free: list[int] = []

    def open(self, workers: int) -> None:
        self.workers = workers
        self._free = list(range(workers))

    def take(self, node: object) -> int:
        self._of[node] = self._free.pop(0)
        return self._of[node]

    def give_back(self, node: object) -> None:
        self._free.append(self._of[node])

    def __getitem__(self, node: object) -> int:
        return self._of[node]


class MixedScheduling:
    """A scheduler that gives cells out by slot, and ordinary tests to whichever worker has room.

    Each worker gets its cells and the ordinary tests in the order of collection. A suite without
    cells is left to xdist's own scheduler. Implements xdist's `Scheduling` protocol.
    """

    def __init__(
        self,
        config: pytest.Config,
        log: Producer,
        *,
        names: ArenaNames,
        slots: Slots,
        concurrency: int,
        demands_of: DemandsOf,
    ) -> None:
        self.config = config
        self._names = names
        self._slots = slots
        self._concurrency = concurrency
        self._demands_of = demands_of
        self._plain: LoadScheduling | None = LoadScheduling(config, log)
        self._collection: list[str] | None = None
        self._ids: dict[WorkerController, list[str]] = {}
        self._sent: dict[WorkerController, deque[int]] = {}
        self._cells: list[deque[int]] = [deque() for _ in range(slots.workers)]
        self._slot_by_index: dict[int, int] = {}
        self._ordinary: deque[int] = deque()
        self._started: set[str] = set()
        self._reported: dict[WorkerController, str] = {}

    @property
    def nodes(self) -> list[WorkerController]:
        return list(self._sent)

    @property
    def collection_is_completed(self) -> bool:
        return self._collection is not None or len(self._ids) >= self._slots.workers

    @property
    def has_pending(self) -> bool:
        if self._collection is None:
            return False
        if self._plain is not None:
            return bool(self._plain.has_pending)
        return self._has_unsent or any(self._sent.values())

    @property
    def tests_finished(self) -> bool:
        if not self.collection_is_completed:
            return False
        if self._collection is None:
            # the workers collected different tests, which has been reported: nothing will run
            return True
        if self._plain is not None:
            return bool(self._plain.tests_finished)
        return not self._has_unsent and all(len(sent) < 2 for sent in self._sent.values())

    @property
    def _has_unsent(self) -> bool:
        return bool(self._ordinary) or any(self._cells)

    def add_node(self, node: WorkerController) -> None:
        self._sent[node] = deque()
        if self._plain is not None:
            self._plain.add_node(node)

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        if self._collection is None:
            # xdist's own scheduler hears of those that are there once all have collected: it counts
            # the dead, too
            self._ids[node] = list(collection)
            return
        if self._plain is not None:
            self._plain.add_node_collection(node, collection)
        if list(collection) != self._collection:
            # a replacement that collected something else would run the wrong tests: no work
            return
        self._ids[node] = list(collection)

    def schedule(self) -> None:
        if self._collection is None:
            if not self._all_collected_the_same():
                return
            self._collection = next(iter(self._ids.values()))
            self._deal(self._collection)
            if self._plain is not None:
                for node, ids in self._ids.items():
                    self._plain.add_node_collection(node, ids)
        if self._plain is not None:
            self._plain.schedule()
            return
        for node in self.nodes:
            self._fill(node)

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        if self._plain is not None:
            self._plain.mark_test_complete(node, item_index, duration)
            return
        self._sent[node].remove(item_index)
        self._fill(node)

    def hear_of_start(self, nodeid: str) -> None:
        """Learn that a worker has begun a test."""
        self._started.add(nodeid)

    def hear_of_end(self, node: WorkerController, nodeid: str) -> None:
        """Learn that a worker has reported the last phase of a test, which it is done with then,
        though xdist hears that later."""
        self._started.discard(nodeid)
        self._reported[node] = nodeid

    def mark_test_pending(self, item: str) -> None:
        if self._plain is not None:
            self._plain.mark_test_pending(item)
            return
        index = self._known.index(item)
        if self._names.cell(item) is None:
            self._ordinary.appendleft(index)
        else:
            self._cells[self._slot_by_index[index]].appendleft(index)
        for node in self.nodes:
            self._fill(node)

    def remove_pending_tests_from_node(
        self, node: WorkerController, indices: Sequence[int]
    ) -> None:
        # only schedulers that steal tests are asked this
        raise NotImplementedError

    def remove_node(self, node: WorkerController) -> str | None:
        sent = self._sent.pop(node)
        self._ids.pop(node, None)
        if self._plain is not None:
            crash_item: str | None = self._plain.remove_node(node)
            return crash_item
        crashed = self._take_crashed(node, sent)
        for index in reversed(sent):
            cell = self._names.cell(self._known[index]) is not None
            (self._cells[self._slots[node]] if cell else self._ordinary).appendleft(index)
        for other in self.nodes:
            self._fill(other)
        return crashed

    def _take_crashed(self, node: WorkerController, sent: deque[int]) -> str | None:
        """Take the test that ran when a worker died, and what it had reported, from those that it
        was sent."""
        reported = self._reported.pop(node, None)
        # xdist sends in order, so the first that is not done is the one that ran
        if sent and self._known[sent[0]] == reported:
            sent.popleft()
            if sent and self._known[sent[0]] not in self._started:
                return None
        return self._known[sent.popleft()] if sent else None

    @property
    def _known(self) -> list[str]:
        if self._collection is None:
            raise RuntimeError("asked for tests before any were collected")
        return self._collection

    def _all_collected_the_same(self) -> bool:
        (first, ids), *others = self._ids.items()
        for node, other in others:
            text = report_collection_diff(ids, other, first.gateway.id, node.gateway.id)
            if text:
                report = pytest.CollectReport(node.gateway.id, "failed", text, [])
                self.config.hook.pytest_collectreport(report=report)
                return False
        return True

    def _deal(self, ids: Sequence[str]) -> None:
        cells = [
            (index, name)
            for index, nodeid in enumerate(ids)
            if (name := self._names.cell(nodeid)) is not None
        ]
        if not cells:
            return
        self._plain = None
        demands = self._demands_of(list(dict.fromkeys(name.file for _, name in cells)))
        under_load = demands.under_load(name for _, name in cells)
        dealt = deal(
            [(index, demands.pool_of(name)) for index, name in cells],
            lambda pool: demands.limit_of(pool, under_load),
            self._concurrency,
            self._slots.workers,
            under_load,
        )
        self._cells = [deque(share) for share in dealt]
        self._slot_by_index = {index: slot for slot, share in enumerate(dealt) for index in share}
        known = set(self._slot_by_index)
        self._ordinary = deque(index for index in range(len(ids)) if index not in known)

    def _fill(self, node: WorkerController) -> None:
        if node.shutting_down or node not in self._ids:
            return
        cells, sent = self._cells[self._slots[node]], self._sent[node]
        batch: list[int] = []
        room = self._room()
        # a message for every single item would keep both sides busy with messages
        free = room if len(sent) <= room // 2 else 0
        while len(sent) + len(batch) < free and (cells or self._ordinary):
            # the order of collection is kept within a worker, as fixtures of modules want it
            from_cells = bool(cells) and (not self._ordinary or cells[0] < self._ordinary[0])
            batch.append((cells if from_cells else self._ordinary).popleft())
        if batch:
            sent.extend(batch)
            node.send_runtest_some(batch)
        # a worker that is told to shut down still runs what was sent
        if not cells and not self._ordinary:
            node.shutdown()

    def _room(self) -> int:
        """Return how many items a worker may have before it."""
        if self.config.option.maxfail:
            return AHEAD + 1
        if not self._ordinary:
            return LONGEST_CHUNK
        # ordinary tests go in chunks, as xdist does it, for the sake of their fixtures
        share = len(self._ordinary) // (2 * self._slots.workers)
        return max(AHEAD + 1, min(share, LONGEST_CHUNK))
