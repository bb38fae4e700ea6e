"""Which of the collected items are this machine's, where a run is shared out among several."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, field, replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from pytest_arena.collection.asked_providers import asked_by
from pytest_arena.collection.items import CellItem
from pytest_arena.collection.python_tests.marks import uses_arena
from pytest_arena.collection.run_folders import start_of
from pytest_arena.engine.calling.pools import Pools, add_limits
from pytest_arena.engine.calling.shards import (
    Bounds,
    BudgetParts,
    Shard,
    Work,
    deal_to_shards,
    shares,
)
from pytest_arena.errors import Problem, UsageError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.object_store import is_url, local_copy, shown_url

if TYPE_CHECKING:
    from pytest_arena.loading.plans import Arena, CellPlan
    from pytest_arena.options import Settings
    from pytest_arena.schema import ProviderSpec

_OF_THIS_MACHINE = {"lf": "--lf", "stepwise": "--sw"}
"""Options of pytest that choose by what the machine remembers."""
_DURATIONS = "--arena-shard-durations"
"""The hashes of a cell that are the same on all machines which have the same files."""
_ORDINARY = 0.01
"""How long a test that calls nobody takes, measured by a call."""


@dataclass(frozen=True, slots=True)
class Deal:
    """What was dealt to the shards: a name that is the same for the same deal, the places of this
    shard's items among all, its parts of budgets, and the endpoints that it alone asks."""

    name: str = ""
    places: tuple[int, ...] = ()
    parts: BudgetParts = field(default_factory=BudgetParts)
    undivided: tuple[str, ...] = ()
    items: int = 0
    """How many there were to deal."""

    def record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Deal:
        parts = BudgetParts(**record["parts"])
        undivided = tuple(record["undivided"])
        return cls(record["name"], tuple(record["places"]), parts, undivided, record["items"])


class ShardSelection:
    """The deal of all collected items to the shards of a run; the other shards' are deselected.

    All machines deal alike, since nothing but ids, limits and the times of an earlier run decide.
    Ordinary tests are dealt too, so that each runs once.
    """

    def __init__(
        self, config: pytest.Config, settings: Settings, shard: Shard, arenas: Sequence[Arena]
    ) -> None:
        """`arenas` grow while files are collected. A file of times that cannot be read is a
        `UsageError`."""
        self._config = config
        self._settings = settings
        self._shard = shard
        self._arenas = arenas
        self._known = known_times(config, settings)
        self.deal = Deal()
        self.asked = asked_by(())
        """Whom the cells of all shards ask."""
        self._first: dict[str, int] = {}

    def look_at(self, items: Iterable[pytest.Item]) -> None:
        """Learn in what order pytest collected, before plug-ins shuffle: shards that a plug-in
        shuffles differently are merged all the same."""
        self._first = {item.nodeid: place for place, item in enumerate(items)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Deal what -k, -m and plug-ins have left, and keep this shard's."""
        self.asked = asked_by(items)
        loaded = {spec.endpoint for spec in self.asked.loaded}
        pools = _Pools(loaded)
        works = works_of(items, self._known, pools)
        together = {pools.alone(endpoint) for endpoint in loaded}
        dealt = deal_to_shards(works, self._shard, self._bounds(pools), together)
        here = self._shard.number - 1
        own = [item for item in items if dealt[item.nodeid] == here]
        places = tuple(self._first.get(item.nodeid, len(self._first)) for item in own)
        others = [item for item in items if dealt[item.nodeid] != here]
        name = _name(dealt, self._shard.count)
        parts = self._parts(items, dealt)
        undivided = tuple(sorted(loaded))
        self.deal = Deal(name, places, parts, undivided, len(items))
        if others:
            self._config.hook.pytest_deselected(items=others)
            items[:] = own

    def _bounds(self, pools: Pools) -> Bounds:
        """Return what the files limit; of entries that ask the same, the smallest holds."""
        limits: dict[str, int] = {}
        specs = [s for arena in self._arenas for s in (*arena.providers, *arena.judges)]
        add_limits(limits, specs)
        paced = {pools.of(spec) for spec in specs if spec.rate_limit is not None}
        return Bounds(self._settings.concurrency, limits, paced)

    def _parts(self, items: Sequence[pytest.Item], dealt: Mapping[str, int]) -> BudgetParts:
        here = self._shard.number - 1
        cells = [
            (item.plan, _calls(item.plan), dealt[item.nodeid] == here)
            for item in items
            if isinstance(item, CellItem)
        ]
        tests = [("", 1, dealt[item.nodeid] == here) for item in items if uses_arena(item)]
        run = shares([*(("", calls, is_own) for _, calls, is_own in cells), *tests])
        return BudgetParts(
            run.get("", 1 / self._shard.count),
            shares((plan.file, calls, is_own) for plan, calls, is_own in cells),
            shares((plan.provider.name, calls, is_own) for plan, calls, is_own in cells),
            shares(
                (f"{plan.file}::{plan.case.name}", calls, is_own)
                for plan, calls, is_own in cells
                if plan.case.budget is not None
            ),
        )


def refuse_local_choices(config: pytest.Config) -> None:
    """Refuse options that choose by what this machine remembers, as a `UsageError`: machines that
    choose differently deal differently."""
    for name, flag in _OF_THIS_MACHINE.items():
        if getattr(config.option, name, False):
            raise UsageError(
                Problem(
                    f"{flag} chooses tests by what this machine remembers, so that the parts of "
                    "--arena-shard would not fit together",
                    fix=f"leave {flag} out; -k and -m choose alike on every machine",
                )
            )


def known_times(config: pytest.Config, settings: Settings) -> dict[str, float]:
    """Return how long items took in the run that `--arena-shard-durations` names, in seconds by
    their node ids; a file that cannot be read is a `UsageError`."""
    given = settings.shard_durations
    if given is None:
        return {}
    with _results_of(given, start_of(config, "shard_durations")) as (path, name):
        return _times_in(path, name)


def _times_in(path: Path, name: str) -> dict[str, float]:
    from pytest_arena.errors import UserError
    from pytest_arena.results.cell import Cell
    from pytest_arena.results.reading import read_lines

    found: dict[str, float] = {}
    try:
        for _, value in read_lines(path, name=name):
            if isinstance(value, Cell):
                took = sum(trial.latency_ms or 0.0 for trial in value.trials) / 1000
                took = value.load.elapsed_s if value.load is not None else took
                item = value.test or value.id
                found[item] = found.get(item, 0.0) + took
    except UserError as error:
        first = error.problems[0]
        problem = replace(first, what=f"{_DURATIONS}: {first.what}")
        raise UsageError(problem) from error
    return {item: took for item, took in found.items() if took > 0}


@contextmanager
def _results_of(given: str, here: Path) -> Iterator[tuple[Path, str]]:
    """Give a results file, or that of a folder, and what messages call it; of a URL a copy that
    this process has alone."""
    from pytest_arena.places import RESULTS

    if not is_url(given):
        path = here / given
        # not that of `Path`, which raises where a name is too long
        is_folder = os.path.isdir(path)
        yield (path / RESULTS, str(Path(given, RESULTS))) if is_folder else (path, given)
        return
    is_file = shown_url(given).endswith(".jsonl")
    url = given if is_file else f"{given.rstrip('/')}/{RESULTS}"
    with TemporaryDirectory(prefix="arena-durations-") as folder:
        yield local_copy(url, Path(folder, RESULTS), _DURATIONS), shown_url(url)


class _Pools(Pools):
    """The pools of entries where endpoints are under load: all that ask one of these are in one."""

    def __init__(self, loaded: Collection[str]) -> None:
        super().__init__()
        self._loaded = loaded

    def of(self, spec: ProviderSpec) -> str:
        if self._loaded and spec.endpoint in self._loaded:
            return self.alone(spec.endpoint)
        return super().of(spec)

    def alone(self, endpoint: str) -> str:
        """Return the pool of an endpoint that is under load."""
        return f"[{endpoint}]"


def works_of(items: Iterable[pytest.Item], known: Mapping[str, float], pools: Pools) -> list[Work]:
    """Return what there is to deal. Of a cell that no earlier run knows, each call takes as long as
    is usual of its provider, else of all; an ordinary test takes next to nothing."""
    found = [_work(item, known, pools) for item in items]
    by_provider: dict[str | None, list[float]] = defaultdict(list)
    for work in found:
        if work.duration and work.calls:
            by_provider[work.provider].append(work.duration / work.calls)
    every = [one for those in by_provider.values() for one in those]
    usual = median(every) if every else 1.0
    by_call = {provider: median(those) for provider, those in by_provider.items()}
    return [
        work
        if work.duration
        else replace(
            work, duration=work.calls * by_call.get(work.provider, usual) or _ORDINARY * usual
        )
        for work in found
    ]


def _work(item: pytest.Item, known: Mapping[str, float], pools: Pools) -> Work:
    if isinstance(item, CellItem):
        plan = item.plan
        pool = pools.of(plan.provider)
        return Work(item.nodeid, pool, _calls(plan), known.get(item.nodeid, 0.0))
    return Work(item.nodeid, None, int(uses_arena(item)), known.get(item.nodeid, 0.0))


def _calls(plan: CellPlan) -> int:
    if plan.skip is not None:
        return 0
    turns = sum(len(dialogue) for dialogue in plan.case.dialogues) or 1
    return turns * plan.case.trials


def _name(dealt: Mapping[str, int], count: int) -> str:
    lines = [f"{index}/{count} {nodeid}" for nodeid, index in sorted(dealt.items())]
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]
