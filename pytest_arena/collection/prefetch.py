"""Start calls well before their items run, so that many are in flight while pytest sees one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeGuard

import pytest

from pytest_arena.collection.items import ArenaFile, CellItem, providers_under_load
from pytest_arena.collection.node_ids import ArenaNames
from pytest_arena.engine.calling.pools import Pools, add_limits, limit_here
from pytest_arena.engine.calling.sharding import Share, deal
from pytest_arena.engine.engine import Engine, Work
from pytest_arena.loading.plans import Arena

LONGEST_WINDOW = 2000
REFILL = 4
"""A quarter of the window is free before more cells are started."""


class Prefetch:
    """The cells that this process will run next, whose calls are going already.

    Nothing is started across an ordinary test, so that no call is in flight while such a test
    patches what it likes; nor into items whose fixtures are not set up yet.
    """

    def __init__(
        self,
        items: Sequence[pytest.Item],
        *,
        names: ArenaNames,
        share: Share,
        knows_order: bool,
        window: int,
        arenas: Sequence[Arena],
        concurrency: int,
        is_finished: Callable[[CellItem], bool] = lambda _item: False,
    ) -> None:
        self._window = window
        self._is_finished = is_finished
        self._started: dict[CellItem, Work] = {}
        self._queue: list[CellItem] = []
        self._place: dict[CellItem, int] = {}
        self._ordinary_before: list[int] = []
        self._next = 0
        if knows_order:
            self._fill(items, names, share, arenas, concurrency)

    def _fill(
        self,
        items: Sequence[pytest.Item],
        names: ArenaNames,
        share: Share,
        arenas: Sequence[Arena],
        concurrency: int,
    ) -> None:
        # under xdist the scheduler deals by the same function, so both sides know without a message
        # whose cell is whose: by nothing but the files whose cells are run
        cells = [(index, names.cell(item.nodeid)) for index, item in enumerate(items)]
        pools = Pools()
        known = [
            (index, pools.of(item.plan.provider) if isinstance(item, CellItem) else name.column)
            for (index, name), item in zip(cells, items, strict=True)
            if name is not None
        ]
        files = {item.plan.file for item in items if isinstance(item, CellItem)}
        limits: dict[str, int] = {}
        for arena in arenas:
            if arena.file in files:
                add_limits(limits, (*arena.providers, *arena.judges))
        under_load = {spec.pool for spec in providers_under_load(items)}
        dealt = deal(
            known,
            lambda pool: limit_here(share.shard, limits, pool, under_load),
            concurrency,
            share.workers,
            under_load,
        )
        mine = set(dealt[share.slot])
        ordinary = 0
        for index, item in enumerate(items):
            if not isinstance(item, CellItem):
                ordinary += 1
            elif index in mine and item not in self._place:
                self._place[item] = len(self._queue)
                self._queue.append(item)
                self._ordinary_before.append(ordinary)

    def start(self, item: CellItem, following: pytest.Item | None, engine: Engine) -> Work:
        """Start an item's cell if that has not been done, and those of the items behind it."""
        wanted = [] if item in self._started else [item]
        wanted += [
            other
            for other in self._upcoming(item, following)
            if other not in self._started and wants_call(other) and not self._is_finished(other)
        ]
        if wanted:
            works = engine.start([other.plan for other in wanted])
            self._started.update(zip(wanted, works, strict=True))
        return self._started.pop(item)

    def has_started(self, item: pytest.Item) -> TypeGuard[CellItem]:
        """Return whether an item's cell was started and the item has not asked for it."""
        return item in self._started

    def forget(self, item: CellItem) -> Work:
        """Forget an item's cell, and return what was started for it."""
        return self._started.pop(item)

    def leftovers(self) -> list[tuple[CellItem, Work]]:
        """Return the cells that ran but whose items did not."""
        return [
            (item, work)
            for item, work in self._started.items()
            # a failed fixture or -x ended the run before their turn; what was paid for is kept
            if work.done() and not work.cancelled() and work.exception() is None
        ]

    def _upcoming(self, item: CellItem, following: pytest.Item | None) -> list[CellItem]:
        here = self._place.get(item)
        if here is None:
            if not isinstance(following, CellItem) or following is item:
                return []
            return [following] if _same_fixtures(item, following) else []
        first = max(self._next, here + 1)
        if first - here > self._window - self._window // REFILL:
            # waking the loop for every single item costs more than starting many at once
            return []
        last = min(here + 1 + self._window, len(self._queue))
        found = []
        for place in range(first, last):
            other = self._queue[place]
            # an ordinary test stands between: it may patch what calls depend on
            if self._ordinary_before[place] != self._ordinary_before[here]:
                break
            if not _same_fixtures(item, other):
                break
            found.append(other)
        self._next = first + len(found)
        return found


def wants_call(item: CellItem) -> bool:
    """Return whether an item will make calls, as far as its marks tell."""
    for mark in item.iter_markers():
        if mark.name in ("skip", "skipif"):
            return False
        if mark.name == "xfail" and mark.kwargs.get("run") is False:
            return False
    return True


def window_of(share_of_all: int, *, may_stop: bool) -> int:
    """Return how many cells to start ahead: few where a failure ends the run, since the others
    are paid for in vain; many elsewhere, since pytest waits for them in order."""
    if may_stop:
        return 2 * share_of_all
    return min(20 * share_of_all, LONGEST_WINDOW)


def _same_fixtures(item: CellItem, other: CellItem) -> bool:
    if item.parent is other.parent:
        return not holding_back(other.parent)
    return _scopes(other) <= _scopes(item)


def holding_back(file: ArenaFile) -> list[str]:
    """Return the fixtures that keep calls from starting before their item's own setup: autouse
    fixtures of a conftest file that are made anew for each item."""
    return [f.argname for f in file.conftest_fixtures if f.scope == "function"]


def _scopes(item: CellItem) -> set[tuple[str, str]]:
    """Return the fixtures of an item, each with the node for which it is made."""
    nodes = {"session": "", "package": str(item.path.parent), "module": str(item.path)}
    return {
        (fixture.argname, nodes.get(fixture.scope, item.nodeid))
        for fixture in item.parent.conftest_fixtures
    }
