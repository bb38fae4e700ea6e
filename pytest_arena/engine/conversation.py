"""One dialogue of a cell: who answers in it, what each call of a model is sent, what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_arena.engine.calling.client import Call, ProviderClient
from pytest_arena.engine.trial_checks import needs_stream
from pytest_arena.errors import (
    BudgetSpent,
    ErrorKind,
    GuardrailError,
    ProviderError,
    TransformError,
)
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.new_ids import new_id
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.results.run_facts import now
from pytest_arena.results.trace_ids import traceparent, trial_span_id, turn_span_id
from pytest_arena.results.trial import Trial, TrialError
from pytest_arena.targets import DialogueRun, GoesOn
from pytest_arena.tools import ToolContext

if TYPE_CHECKING:
    from pytest_arena.engine.personas import DialoguePersonas
    from pytest_arena.recording.trial_calls import TrialCalls
    from pytest_arena.schema import Guardrail, ProviderSpec
    from pytest_arena.targets.agent import AgentRun, Toolboxes
    from pytest_arena.targets.agent.server_offer import ServerOffer
    from pytest_arena.targets.steps import StepsRun

Holds = Callable[[Trial, int], Awaitable[bool]]
"""Whether the assertions of a turn (from 0) hold of what has been said so far."""


class CutShort(BudgetSpent):
    """What had been said when the budget was spent."""

    def __init__(self, text: str, trial: Trial) -> None:
        super().__init__(text)
        self.trial = trial


class Conversation:
    """One dialogue of a case with one provider, by the trial's number; lives on the event loop.

    Calls of the cell's provider are made by `call`; `toolboxes` are asked for where an agent or a
    chain is at work; `calls` keeps what was said and done, so that an interrupted run can go on.
    """

    def __init__(
        self,
        client: ProviderClient,
        plan: CellPlan,
        number: int,
        call: Call,
        toolboxes: Callable[[], Toolboxes],
        calls: TrialCalls | None,
    ) -> None:
        case = plan.case
        self._client = client
        self._plan = plan
        self._number = number
        self._toolboxes = toolboxes
        self._calls = calls
        self._call = self._kept(plan.provider, call)
        self._index, self._place = divmod(number, len(case.dialogues))
        self._dialogue = case.dialogues[self._place]
        self._turns = sum(turn.most_answers for turn in self._dialogue)
        self._stream = needs_stream(case)
        self._session = case.session_id or (calls.session if calls else "") or new_id()
        if calls is not None:
            calls.session = self._session
        self._trace_id, self._started_at = new_id(), now()
        self._answered = 0

    async def run(self, holds: Holds | None) -> Trial:
        """Talk to the end, or to a turn that does not hold, and return what was said.

        A budget that is spent is a `CutShort`.
        """
        case, spec = self._plan.case, self._plan.provider
        if case.refused is not None:
            unsaid = DialogueRun(case, self._dialogue, self._ask)
            return self._trial(unsaid, TrialError(str(ErrorKind.CONFIGURATION), case.refused))
        at_work = self._at_work()
        offer = self._offer() if at_work is None else None
        with_tools = at_work or offer
        personas = self._personas()
        dialogue = DialogueRun(
            case,
            self._dialogue,
            self._ask if with_tools is None else with_tools.answer,
            personas.runs if personas is not None else None,
            self._further_guardrails(at_work),
        )

        async def goes_on(turn: int) -> bool:
            if holds is None:
                return True
            await self._transform(dialogue)
            return await holds(self._trial(dialogue), turn)

        try:
            failed = await _failure_of(dialogue, goes_on, self._transform)
        finally:
            await self._client.forget(spec, self._session)
            if personas is not None:
                await personas.close()
            if with_tools is not None:
                await with_tools.close()
        if at_work is not None and at_work.unfinished is not None:
            dialogue.add_unfinished(at_work.unfinished)
        if isinstance(failed, BudgetSpent):
            raise CutShort(str(failed), self._trial(dialogue)) from failed
        return self._trial(dialogue, failed)

    async def _transform(self, dialogue: DialogueRun) -> None:
        """Make of the answers what the provider's entry and the case want of them, in a thread."""
        ways = [one for one in (self._plan.provider.transform, self._plan.case.transform) if one]
        if not ways:
            return
        from pytest_arena.assertions.transforms import Surroundings, transformed_in_time

        case = self._plan.case
        for turn, response in dialogue.unseen_answers():
            root = self._plan.provider.root
            around = Surroundings(
                root,
                ((root / self._plan.file).parent,),
                self._trial(dialogue).at_turn(turn).last_prompt,
                case.variables,
                case.name,
                self._plan.provider.name,
            )
            made = response
            for how in ways:
                made = await asyncio.to_thread(transformed_in_time, made, how, around)
            response.transformed = made.transformed

    def _trial(self, dialogue: DialogueRun, error: TrialError | None = None) -> Trial:
        return dialogue.trial(
            self._index,
            self._place,
            error,
            started_at=self._started_at,
            trace_id=self._trace_id,
        )

    def _at_work(self) -> AgentRun | StepsRun | None:
        """Return who works at the turns with several calls of models and tools, if anybody does."""
        case = self._plan.case
        if self._plan.provider.asks_nobody or not case.works_in_steps:
            return None
        whole = traceparent(self._trace_id, trial_span_id(self._trace_id))
        about = ToolContext(
            case.name, self._number, self._session, case.variables, traceparent=whole
        )
        if case.chain is not None:
            from pytest_arena.targets.chain import ChainRun

            return ChainRun(case.chain, self._ask, self._toolboxes(), about, self._calls)
        if case.workflow is not None:
            from pytest_arena.loading.task_chain_plans import TaskChainPlan
            from pytest_arena.targets.task_chain import TaskChainRun
            from pytest_arena.targets.workflow import WorkflowRun

            if isinstance(case.workflow, TaskChainPlan):
                return TaskChainRun(case.workflow, self._ask, self._toolboxes(), about, self._calls)
            return WorkflowRun(case.workflow, self._ask, self._toolboxes(), about, self._calls)
        assert case.agent is not None  # noqa: S101 - one of them is there
        notes = [turn.notes for turn in self._dialogue]
        return self._toolboxes().agent(case.agent, self._ask, about, notes, self._calls)

    def _further_guardrails(
        self, at_work: AgentRun | StepsRun | None
    ) -> Callable[[], Sequence[Guardrail]]:
        """Return what gives the guardrails that hold beside the case's: those of a state."""
        if self._plan.case.workflow is None or at_work is None:
            return tuple
        return lambda: getattr(at_work, "guardrails", ())

    def _offer(self) -> ServerOffer | None:
        """Return what offers a bare model the tools of servers, where the case does."""
        offer, spec = self._plan.case.offer, self._plan.provider
        if offer is None or spec.system is not None or spec.asks_nobody:
            return None
        return self._toolboxes().offer(offer, self._ask, self._session)

    def _personas(self) -> DialoguePersonas | None:
        """Return the simulated users of the dialogue; None where all is scripted."""
        if not any(self._plan.case.personas):
            return None
        from pytest_arena.engine.personas import DialoguePersonas

        return DialoguePersonas(
            self._client, self._plan, self._number, self._session, self._toolboxes, self._calls
        )

    async def _ask(
        self,
        messages: list[Message],
        turn: int,
        step: int = 0,
        further: Sequence[Tool] = (),
        by: ProviderSpec | None = None,
        *,
        params: Mapping[str, Any] = MappingProxyType({}),
    ) -> tuple[Request, Response]:
        """Make one call of the cell's model, or of another one that a chain names; `params` go
        under those of case and provider."""
        case, asked = self._plan.case, by or self._plan.provider
        tools = case.tools_for(asked)
        if case.chain is not None or case.workflow is not None:
            # each of its steps or states has its own
            tools = [tool for tool in tools or () if tool not in case.tools] or None
        request = Request(
            messages=messages,
            params=_released({**params, **case.params_for(asked)}, messages),
            tools=[*(tools or ()), *further] if further else tools,
            files=case.files,
            timeout_s=case.timeout_s or asked.longest_s,
            stream=self._stream,
            file=self._plan.file,
            case=case.name,
            provider=asked.name,
            variant=self._plan.variant,
            trial=self._number,
            dialogues=len(case.dialogues),
            turn=turn,
            turns=self._turns,
            step=step,
            answered=self._answered,
            mock=case.mock,
            mock_responses=self._plan.mock_responses,
            session_id=case.session_id,
            session=self._session,
            variables=case.variables,
            traceparent=traceparent(self._trace_id, turn_span_id(self._trace_id, turn)),
            under_load=case.load is not None,
        )
        call = self._call if by is None else self._kept(by, partial(self._client.call, by))
        response = await call(request)
        self._answered += 1
        if not case.works_in_steps:
            # nothing goes back, so that nothing of it need be kept
            response.message = None
        return request, response

    def _kept(self, spec: ProviderSpec, call: Call) -> Call:
        """Return what makes calls and, where they are kept, none of them again."""
        if self._calls is None:
            return call
        from pytest_arena.engine.kept_answers import keeping

        return keeping(self._calls, spec, call)


def _released(params: dict[str, Any], messages: list[Message]) -> dict[str, Any]:
    """Return the params of a call without a `tool_choice` that wants a tool called, once one was:
    a model that must call a tool each time never answers."""
    choice = params.get("tool_choice")
    if choice in (None, "auto", "none") or not messages or messages[-1].get("role") != "tool":
        return params
    return {**params, "tool_choice": "auto"}


async def _failure_of(
    dialogue: DialogueRun, goes_on: GoesOn, transform: Callable[[DialogueRun], Awaitable[None]]
) -> TrialError | BudgetSpent | None:
    """Run a dialogue, and return what ended it before its last answer was ready to be judged."""
    try:
        await dialogue.run(goes_on)
        await transform(dialogue)
    except ProviderError as error:
        return TrialError(str(error.kind), error.message, error.attempts)
    except (GuardrailError, TransformError) as error:
        return TrialError(str(ErrorKind.CONFIGURATION), str(error))
    except BudgetSpent as spent:
        return spent
    return None
