"""All trials of one cell: run within the limits, and left out once they cannot matter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.client import Call, ProviderClient
from pytest_arena.engine.conversation import Conversation, CutShort, Holds
from pytest_arena.engine.early_stop import EarlyStop, may_stop_early
from pytest_arena.engine.trial_checks import (
    Executed,
    compare_on_loop,
    compared_on_loop,
    conclude_trial,
    judge_on_loop,
)
from pytest_arena.engine.turn_checks import TurnChecks, ends_early
from pytest_arena.errors import BudgetSpent, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CellPlan, LoadTestPlan
from pytest_arena.results.request_response import Request, Response
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.running.timed_loop import TimedLoop
from pytest_arena.tools import ToolEnvironment

if TYPE_CHECKING:
    from pytest_arena.engine.judge_client import JudgeClient
    from pytest_arena.engine.load_test.runner import LoadTestRun
    from pytest_arena.engine.shared_conversations import SharedConversations
    from pytest_arena.recording.call_journal import CallJournal
    from pytest_arena.recording.trial_calls import TrialCalls
    from pytest_arena.targets.agent import Toolboxes


@dataclass(frozen=True, slots=True)
class CellRun:
    """The trials of a cell that have run, and how many there should have been."""

    executed: list[Executed]
    wanted: int
    load: LoadTestRun | None = None
    """Of a load case: what came of its calls, of which `executed` are those to be judged."""
    over_all: Mapping[int, Finding] = field(default_factory=dict)
    """What was found of all trials already, by the assertion's place in the case."""
    over_budget: str | None = None
    """The budget that kept such an assertion from its call."""

    @property
    def unpaid(self) -> str | None:
        """The budget that ended a trial, or kept an assertion on all of them from its call."""
        return next((one.over_budget for one in self.executed if one.over_budget), self.over_budget)


class TrialRunner:
    """Runs the trials of cells; lives on the event loop.

    Checks that decide over further trials run one at a time in a thread of their own, so that
    neither the loop waits for them nor a user's function runs twice at once.
    """

    def __init__(
        self,
        client: ProviderClient,
        root: Path,
        tools: ToolEnvironment | None = None,
        journal: CallJournal | None = None,
    ) -> None:
        """`journal` keeps the calls of conversations, so that an interrupted run can go on."""
        self._client = client
        self._journal = journal
        self._tool_environment = tools or ToolEnvironment()
        self._toolboxes: Toolboxes | None = None
        self._root = root
        self._timed_loop = TimedLoop()
        self._unknown: dict[int, set[str]] = {}
        self._shared: SharedConversations | None = None
        self._checks = ThreadPoolExecutor(1, thread_name_prefix="arena-checks")

    def close(self) -> None:
        self._checks.shutdown()

    async def run(self, plan: CellPlan, count: int, *, first: int, early_stop: bool) -> CellRun:
        """Run `count` trials at once, and leave out those that could not change the outcome.

        They are numbered from `first`.
        """
        if plan.case.load is not None:
            run = await self._load(plan, plan.case.load)
        elif count == 1:
            run = CellRun([await self._trial(plan, first, None)], 1)
        else:
            run = await self._trials(plan, count, first, early_stop)
        return await self._compared(plan, run)

    async def _trials(self, plan: CellPlan, count: int, first: int, early_stop: bool) -> CellRun:
        stop = None
        if early_stop and may_stop_early(plan.case):
            stop = EarlyStop(count, plan.case.pass_threshold)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._counted(plan, first + number, stop))
                for number in range(count)
            ]
        done = [task.result() for task in tasks if not task.cancelled()]
        if len(done) < count and (stop is None or not stop.decided):
            # the run was stopped amid them
            raise asyncio.CancelledError
        return CellRun(done, count)

    async def _counted(self, plan: CellPlan, number: int, stop: EarlyStop | None) -> Executed:
        executed = await self._trial(plan, number, stop)
        if stop is None or executed.over_budget:
            return executed
        loop = asyncio.get_running_loop()
        trial = await loop.run_in_executor(self._checks, conclude_trial, plan, executed, self._root)
        stop.count(trial.verdict)
        return Executed(trial, concluded=True)

    async def _compared(self, plan: CellPlan, run: CellRun) -> CellRun:
        """Compare the answers of all trials where that takes calls, while others are in flight."""
        waiting = compared_on_loop(plan.case)
        if not waiting or run.unpaid is not None:
            return run
        trials = tuple(one.trial for one in run.executed)
        try:
            found = await compare_on_loop(
                plan, waiting, trials, self._root, self.judge_client(plan, 0)
            )
        except BudgetSpent as spent:
            return replace(run, over_budget=str(spent))
        return replace(run, over_all=found)

    async def _load(self, plan: CellPlan, load: LoadTestPlan) -> CellRun:
        from pytest_arena.engine.load_test.runner import LoadTestRun, VirtualUsers, most_judged

        if not await self._client.may_call(plan.provider, plan.file):
            return CellRun([], 0, LoadTestRun(load, only_replayed=True))

        async def talk(number: int, call: Call) -> Trial:
            return await self._talk(plan, number, call)

        most = most_judged(plan, self._root)
        await self._client.ready(plan.provider)
        async with self._client.exclusive_access(plan.provider).alone():
            run = await VirtualUsers(plan, load, talk, self._client, most_judged=most).run()
        # judged when the load is over: a judge may be the very provider that was under load
        judged = [self._judged(plan, Executed(trial)) for trial in run.sample]
        return CellRun(list(await asyncio.gather(*judged)), len(judged), run)

    async def _trial(self, plan: CellPlan, number: int, stop: EarlyStop | None) -> Executed:
        async def call(request: Request) -> Response:
            unwanted: Callable[[], bool] | None = None
            if stop is not None and request.turn == 0:
                unwanted = lambda: stop.decided  # noqa: E731
            return await self._call(plan, request, unwanted)

        try:
            if plan.rivals:
                executed = await self._talks().own(plan, number)
            else:
                executed = await self._checked_talk(plan, number, call)
        except CutShort as cut:
            return _cut(cut.trial, cut)
        return await self._judged(plan, executed)

    async def _call(
        self, plan: CellPlan, request: Request, unwanted: Callable[[], bool] | None = None
    ) -> Response:
        """Return the answer of a cell's provider, or of another one while that is down."""
        try:
            return await self._client.call(plan.provider, request, unwanted)
        except ProviderError as error:
            if not plan.fallbacks:
                raise
            from pytest_arena.engine.calling.fallbacks import DOWN, ask_others

            if error.kind not in DOWN:
                raise
            return await ask_others(self._client, plan, request, error)

    def _talks(self) -> SharedConversations:
        if self._shared is None:
            from pytest_arena.engine.shared_conversations import SharedConversations

            async def talk(plan: CellPlan, number: int) -> Executed:
                return await self._checked_talk(
                    plan, number, lambda request: self._call(plan, request)
                )

            self._shared = SharedConversations(talk)
        return self._shared

    async def give_up(self) -> None:
        """Cancel what runs for more than one cell, and let go of what tools and checks hold."""
        await self._timed_loop.stop()
        if self._shared is not None:
            await self._shared.give_up()
        if self._toolboxes is not None:
            await self._toolboxes.close()
        if self._journal is not None:
            self._journal.close()

    def _tools(self) -> Toolboxes:
        if self._toolboxes is None:
            from pytest_arena.targets.agent import Toolboxes

            self._toolboxes = Toolboxes(self._tool_environment)
        return self._toolboxes

    async def _checked_talk(self, plan: CellPlan, number: int, call: Call) -> Executed:
        """Run one dialogue of a case, which ends where a turn fails, and return it with what was
        found of its turns."""
        if not ends_early(plan.case, number % len(plan.case.dialogues)):
            return Executed(await self._talk(plan, number, call))
        checks = TurnChecks(plan, self._root, self._checks)

        async def holds(trial: Trial, turn: int) -> bool:
            return await checks.holds(trial, turn, lambda: self.judge_client(plan, number))

        trial = await self._talk(plan, number, call, holds)
        return Executed(trial, checks.findings, checks.failed_turn)

    async def _talk(
        self, plan: CellPlan, number: int, call: Call, holds: Holds | None = None
    ) -> Trial:
        """Run one dialogue of a case and return what was said; its calls are made by `call`.

        It ends with a turn that does not hold.
        """
        calls = await self._kept_calls(plan, number)
        conversation = Conversation(self._client, plan, number, call, self._tools, calls)
        return await conversation.run(holds)

    async def _kept_calls(self, plan: CellPlan, number: int) -> TrialCalls | None:
        if self._journal is None:
            return None
        from pytest_arena.engine.kept_answers import calls_of

        return await calls_of(self._journal, plan, number)

    async def _judged(self, plan: CellPlan, executed: Executed) -> Executed:
        trial = executed.trial
        number = trial.index * len(plan.case.dialogues) + trial.dialogue
        try:
            return await judge_on_loop(
                plan, executed, self._root, lambda: self.judge_client(plan, number)
            )
        except BudgetSpent as spent:
            return _cut(trial, spent)

    def judge_client(self, plan: CellPlan, number: int) -> JudgeClient:
        """Return what asks judges about one trial of a cell."""
        from pytest_arena.engine.judge_client import JudgeClient

        async def rival(name: str) -> Trial:
            return (await self._talks().rival(plan, name, number)).trial

        return JudgeClient(self._client, plan, number, self._unknown, rival, self._timed_loop)


def _cut(trial: Trial, spent: BudgetSpent) -> Executed:
    """Return a trial that a spent budget left without a verdict."""
    return Executed(replace(trial, verdict="skipped"), concluded=True, over_budget=str(spent))
