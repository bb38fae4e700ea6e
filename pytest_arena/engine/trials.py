"""All trials of one cell: run within the limits, and left out once they cannot matter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.client import Call, ProviderClient
from pytest_arena.engine.early_stop import EarlyStop, may_stop_early
from pytest_arena.engine.trial_checks import (
    Executed,
    compare_on_loop,
    compared_on_loop,
    conclude_trial,
    judge_on_loop,
    needs_stream,
)
from pytest_arena.engine.turn_checks import TurnChecks, ends_early
from pytest_arena.errors import BudgetSpent, ErrorKind, GuardrailError, ProviderError
from pytest_arena.loading.plans import CellPlan, LoadTestPlan
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.results.run_facts import now
from pytest_arena.results.trace_ids import (
    new_trace_id,
    traceparent,
    trial_span_id,
    turn_span_id,
)
from pytest_arena.results.trial import Finding, Trial, TrialError
from pytest_arena.targets import DialogueRun, GoesOn
from pytest_arena.tools import ToolContext, ToolEnvironment

if TYPE_CHECKING:
    from pytest_arena.engine.judge_client import JudgeClient
    from pytest_arena.engine.load_test.runner import LoadTestRun
    from pytest_arena.engine.personas import DialoguePersonas
    from pytest_arena.engine.shared_conversations import SharedConversations
    from pytest_arena.recording.call_journal import CallJournal
    from pytest_arena.recording.trial_calls import TrialCalls
    from pytest_arena.schema import ProviderSpec
    from pytest_arena.targets.agent import Toolboxes

DEFAULT_TIMEOUT_S = 60.0
Holds = Callable[[Trial, int], Awaitable[bool]]
"""Whether the assertions of a turn (from 0) hold of what has been said so far."""
_sessions = Random()  # noqa: S311 - names, not secrets
"""Its own, which no `random.seed()` of a test reaches; the system is asked once, not each time."""


def _new_session_id() -> str:
    return f"{_sessions.getrandbits(128):032x}"


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
        if len(done) < count and (stop is None or self._client.closing):
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
        async with self._client.exclusive_access(plan.provider.name).alone():
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
        except _CutShort as cut:
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
            return await ask_others(self._client, plan, request, error, DEFAULT_TIMEOUT_S)

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
        """Cancel what runs for more than one cell, and let go of what tools hold."""
        if self._shared is not None:
            await self._shared.give_up()
        if self._toolboxes is not None:
            await self._toolboxes.close()
        if self._journal is not None:
            self._journal.close()

    def _personas(
        self, plan: CellPlan, number: int, session: str, calls: TrialCalls | None
    ) -> DialoguePersonas | None:
        """Return the simulated users of a dialogue; None where all is scripted."""
        if not any(plan.case.personas):
            return None
        from pytest_arena.engine.personas import DialoguePersonas

        return DialoguePersonas(self._client, plan, number, session, self._tools, calls)

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
        case, spec = plan.case, plan.provider
        index, place = divmod(number, len(case.dialogues))
        stream = needs_stream(case)
        calls = await self._kept_calls(plan, number)
        session = case.session_id or (calls.session if calls else "") or _new_session_id()
        if calls is not None:
            calls.session = session
        call = _kept(calls, spec, call)
        trace_id, started_at = new_trace_id(), now()

        async def ask(
            messages: list[Message],
            turn: int,
            step: int = 0,
            further: Sequence[Tool] = (),
            by: ProviderSpec | None = None,
        ) -> tuple[Request, Response]:
            asked = by or spec
            tools = case.tools_for(asked)
            if case.chain is not None:
                # each of its steps has its own
                tools = [tool for tool in tools or () if tool not in case.tools] or None
            request = Request(
                messages=messages,
                params=case.params_for(asked),
                tools=[*(tools or ()), *further] if further else tools,
                files=case.files,
                timeout_s=case.timeout_s or asked.timeout or DEFAULT_TIMEOUT_S,
                stream=stream,
                file=plan.file,
                case=case.name,
                provider=asked.name,
                variant=plan.variant,
                trial=number,
                dialogues=len(case.dialogues),
                turn=turn,
                turns=sum(each.most_answers for each in case.dialogues[place]),
                step=step,
                mock=case.mock,
                mock_responses=plan.mock_responses,
                session_id=case.session_id,
                session=session,
                variables=case.variables,
                traceparent=traceparent(trace_id, turn_span_id(trace_id, turn)),
                under_load=case.load is not None,
            )
            if by is None:
                response = await call(request)
            else:
                other = partial(self._client.call, by)
                response = await _kept(calls, by, other)(request)
            if case.agent is None and case.chain is None:
                # nothing goes back, so that nothing of it need be kept
                response.message = None
            return request, response

        agent = offer = chain = None
        whole = traceparent(trace_id, trial_span_id(trace_id))
        about = ToolContext(case.name, number, session, case.variables, traceparent=whole)
        if case.chain is not None and not spec.asks_nobody:
            from pytest_arena.targets.chain import ChainRun

            chain = ChainRun(case.chain, ask, self._tools(), about, calls)
        elif case.agent is not None and not spec.asks_nobody:
            notes = [turn.notes for turn in case.dialogues[place]]
            agent = self._tools().agent(case.agent, ask, about, notes, calls)
        elif case.offer is not None and spec.system is None and not spec.asks_nobody:
            offer = self._tools().offer(case.offer, ask, session)
        with_tools = agent or chain or offer
        answer = ask if with_tools is None else with_tools.answer
        personas = self._personas(plan, number, session, calls)
        dialogue = DialogueRun(
            case, case.dialogues[place], answer, personas.runs if personas is not None else None
        )

        async def goes_on(turn: int) -> bool:
            return holds is None or await holds(dialogue.trial(index, place), turn)

        try:
            failed = await _failure_of(dialogue, goes_on)
        finally:
            await self._client.forget(spec, session)
            if personas is not None:
                await personas.close()
            if with_tools is not None:
                await with_tools.close()
        at_work = agent or chain
        if at_work is not None and at_work.unfinished is not None:
            dialogue.add_unfinished(at_work.unfinished)
        spent = failed if isinstance(failed, BudgetSpent) else None
        error = failed if isinstance(failed, TrialError) else None
        trial = replace(
            dialogue.trial(index, place, error), started_at=started_at, trace_id=trace_id
        )
        if spent is not None:
            raise _CutShort(str(spent), trial) from spent
        return trial

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

        return JudgeClient(self._client, plan, number, self._unknown, rival)


async def _failure_of(dialogue: DialogueRun, goes_on: GoesOn) -> TrialError | BudgetSpent | None:
    """Run a dialogue, and return what ended it before its last answer."""
    try:
        await dialogue.run(goes_on)
    except ProviderError as error:
        return TrialError(str(error.kind), error.message, error.attempts)
    except GuardrailError as error:
        return TrialError(str(ErrorKind.CONFIGURATION), str(error))
    except BudgetSpent as spent:
        return spent
    return None


def _kept(calls: TrialCalls | None, spec: ProviderSpec, call: Call) -> Call:
    """Return what makes the calls of a trial and, where they are kept, none of them again."""
    if calls is None:
        return call
    from pytest_arena.engine.kept_answers import keeping

    return keeping(calls, spec, call)


class _CutShort(BudgetSpent):
    """What had been said when the budget was spent."""

    def __init__(self, text: str, trial: Trial) -> None:
        super().__init__(text)
        self.trial = trial


def _cut(trial: Trial, spent: BudgetSpent) -> Executed:
    """Return a trial that a spent budget left without a verdict."""
    return Executed(replace(trial, verdict="skipped"), concluded=True, over_budget=str(spent))
