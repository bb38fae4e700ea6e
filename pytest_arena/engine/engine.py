"""The engine: cells go in, executed trials come out, with many calls in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pytest_arena.engine.calling.client import Answers, CallHooks, ProviderClient
from pytest_arena.engine.calling.concurrency import Limits
from pytest_arena.engine.calling.open_files import OpenFiles
from pytest_arena.engine.calling.pools import add_limits, limit_here
from pytest_arena.engine.calling.quotas import Quotas
from pytest_arena.engine.calling.sharding import Share
from pytest_arena.engine.event_loop import EventLoopThread
from pytest_arena.engine.trials import CellRun, TrialRunner
from pytest_arena.loading.plans import Arena, CellPlan
from pytest_arena.providers.base import Provider
from pytest_arena.running.interrupts import held, result_of, unbroken
from pytest_arena.schema import ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.engine.judge_client import JudgeClient
    from pytest_arena.recording.call_journal import CallJournal
    from pytest_arena.tools import ToolEnvironment

T = TypeVar("T")

Work = Future[CellRun]
"""What `Engine.start` returns: the trials of one cell, when they have run."""


class _Asked(NamedTuple):
    """A cell that was asked for: so many trials, the first of them with this number."""

    plan: CellPlan
    trials: int
    first: int
    work: Work


class Engine:
    """Runs cells on one event loop thread, within the limits of this process's share."""

    def __init__(
        self,
        *,
        concurrency: int,
        make_provider: Callable[[ProviderSpec], Provider],
        share: Share | None = None,
        hooks: CallHooks | None = None,
        root: Path | None = None,
        trials: int | None = None,
        early_stop: bool = True,
        answers: Answers | None = None,
        quotas: Quotas | None = None,
        hide: Callable[[str], str] = str,
        tools: ToolEnvironment | None = None,
        journal: CallJournal | None = None,
        files_of: Callable[[ProviderSpec], int] = lambda _spec: 0,
    ) -> None:
        """`files_of` tells how many files a call of a provider holds open."""
        self._share = share or Share()
        self._concurrency = concurrency
        self._limits: dict[str, int] = {}
        self._under_load: frozenset[str] = frozenset()
        self._together: frozenset[str] = frozenset()
        self._trials = trials
        self._early_stop = early_stop
        with held():
            self._thread = EventLoopThread()
        limits = Limits(self._share.of_all(concurrency), self._places_in)
        self._quotas = quotas or Quotas()
        self._open_files = OpenFiles(self._share.of_all(concurrency), files_of)
        self._places: Mapping[str, int] = {}
        self._client = ProviderClient(
            limits, make_provider, hooks, answers, self._quotas, hide, self._open_files
        )
        self._runner = TrialRunner(self._client, root or Path.cwd(), tools, journal)
        self._tasks: dict[Work, asyncio.Task[None]] = {}

    @property
    def closing(self) -> bool:
        """Whether no further call is started."""
        return self._client.closing

    @property
    def stopped(self) -> bool:
        """Whether the run was interrupted in the process that controls it: no call is started."""
        return self._quotas.stopped

    @property
    def in_flight(self) -> int:
        """How many calls of this process are in flight now, those to judges included."""
        return self._client.in_flight

    def learn(self, arena: Arena) -> None:
        """Learn a file's limits, rates and budgets."""
        self.limit((*arena.providers, *arena.judges))
        self._quotas.learn(arena)
        self._open_files.learn(arena, self._count_of)

    def fit_open_files(self) -> str | None:
        """Hold calls to the files that this process may open; return the sentence that says so,
        where they are fewer than were asked for."""
        fit = self._open_files.fit()
        self._places = fit.places
        return fit.note

    def count_with(self, file: str, arena_file: str) -> None:
        """Let the budget of an arena file hold for what a file of Python tests asks."""
        self._quotas.count_with(file, arena_file)

    def limit(self, specs: Sequence[ProviderSpec]) -> None:
        """Learn the providers' own limits; of entries that ask the same, the smallest holds."""
        add_limits(self._limits, specs)

    def keep_apart(self, under_load: Iterable[ProviderSpec], *, together: Collection[str]) -> None:
        """Learn which providers a load case has to itself for a while.

        Of the pools in `together`, this process makes all calls, or none.
        """
        loaded = list(under_load)
        self._client.under_load = frozenset(spec.endpoint for spec in loaded)
        self._under_load = frozenset(spec.pool for spec in loaded)
        self._together = frozenset(together)

    def start(self, plans: Sequence[CellPlan]) -> list[Work]:
        """Queue cells and return a future for each, in order; calls start as limits allow."""
        return self._queue([_Asked(plan, self._count_of(plan), 0, Future()) for plan in plans])

    def start_again(self, asked: Sequence[tuple[CellPlan, int]]) -> list[Work]:
        """Queue one further asking of each plan, all its prompts once, under the trial's index."""
        prompts = [len(plan.case.dialogues) for plan, _ in asked]
        return self._queue(
            [
                _Asked(plan, count, index * count, Future())
                for (plan, index), count in zip(asked, prompts, strict=True)
            ]
        )

    def _queue(self, asked: Sequence[_Asked]) -> list[Work]:
        if asked:
            # for nothing, waking the loop would cost more than all else of an item
            self._thread.post(lambda: self._begin(asked))
        return [one.work for one in asked]

    def _count_of(self, plan: CellPlan) -> int:
        return (self._trials or plan.case.trials) * len(plan.case.dialogues)

    def cancel(self, work: Work) -> None:
        """Give up one cell, its calls in flight included."""
        self._thread.post(lambda: self._cancel(work))

    def _cancel(self, work: Work) -> None:
        if work in self._tasks:
            self._tasks[work].cancel()

    def stop_calling(self) -> None:
        """Start no further call; what is in flight goes on."""
        self._client.closing = True

    @property
    def notes(self) -> list[str]:
        """What there is to say of the calls as a whole; complete once the engine is closed."""
        return self._client.notes

    def judge_client(self, plan: CellPlan, number: int) -> JudgeClient:
        """Return what asks judges about the trial of a cell with this number, on the loop."""
        return self._runner.judge_client(plan, number)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the engine's loop and wait for it, in another thread.

        Where Ctrl-C or a time limit breaks the waiting off, it is given up.
        """
        self._thread.turns.pytest.give()
        running = self.submit(work)
        try:
            return result_of(running)
        except BaseException:
            running.cancel()
            raise

    def result(self, work: Work, wait: Callable[[Work], CellRun] = result_of) -> CellRun:
        """Return what came of a cell, in the thread that handles cells one after another: it has
        its turn to compute until it asks for the next one. `wait` waits where need be."""
        turn = self._thread.turns.pytest
        if work.done():
            turn.share()
        else:
            turn.give()
        done = wait(work)
        turn.take()
        return done

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the engine's loop and return a future for any thread."""
        return self._thread.submit(work)

    def close(self) -> None:
        """Cancel what is in flight, free connections, stop the loop; Ctrl-C waits for that where it
        is held."""
        self.stop_calling()
        with unbroken():
            self.wait(self._shut_down())
            self._thread.stop()
        self._open_files.close()

    def _places_in(self, pool: str) -> int | None:
        """Return how many places of a pool are this process's; None where nothing limits them."""
        limit, most = self._own_places_in(pool), self._places.get(pool)
        return limit if most is None else min(most if limit is None else limit, most)

    def _own_places_in(self, pool: str) -> int | None:
        limit = limit_here(self._share.shard, self._limits, pool, self._under_load)
        if limit is None:
            return None
        if pool in self._together:
            return min(limit, self._concurrency)
        return self._share.of_pool(pool, limit, self._concurrency)

    def _begin(self, asked: Sequence[_Asked]) -> None:
        for one in asked:
            self._tasks[one.work] = self._thread.loop.create_task(self._cell(one))

    async def _shut_down(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._runner.give_up()
        self._runner.close()
        await self._client.close()

    async def _cell(self, asked: _Asked) -> None:
        try:
            asked.work.set_result(
                await self._runner.run(
                    asked.plan, asked.trials, first=asked.first, early_stop=self._early_stop
                )
            )
        except (asyncio.CancelledError, CancelledError):
            asked.work.cancel()
        except BaseException as error:  # noqa: BLE001
            # a bug of ours must reach the item that waits, whatever it is
            asked.work.set_exception(error)
        finally:
            del self._tasks[asked.work]
