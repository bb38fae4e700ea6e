"""The tool loop: ask the model, run what it calls, tell it what came of that, ask again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.loading.plans import NotePlan
from pytest_arena.real_time import real_time
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.targets.agent.health import Health
from pytest_arena.targets.agent.limits import LimitsUsed
from pytest_arena.targets.agent.tool_runs import ToolRuns
from pytest_arena.targets.agent.transcript import ids_in, is_run_already, with_ids
from pytest_arena.targets.agent.turn_record import TurnRecord
from pytest_arena.text.numbers import counted
from pytest_arena.tools import ToolContext
from pytest_arena.tools.mcp import ConversationTools
from pytest_arena.tools.state import state_as_json

Ask = Callable[[list[Message], int, int, Sequence[Tool]], Awaitable[tuple[Request, Response]]]
"""Ask the model once: the messages so far, the turn and the step in it (from 0), and the tools that
it is offered beside the case's give what was really sent and what came back."""


class AgentRun:
    """One agent in one dialogue; its limits, its state and its calls go on from turn to turn.

    What an interrupted turn had come to is left in `unfinished`, so that nothing it did is lost.
    """

    def __init__(
        self,
        plan: AgentPlan,
        ask: Ask,
        toolbox: ConversationTools,
        context: ToolContext,
        notes: Sequence[Sequence[NotePlan]] = (),
        calls: TrialCalls | None = None,
        clock: Callable[[], float] = real_time.perf_counter,
        calls_of: dict[str, int] | None = None,
    ) -> None:
        """`calls_of` counts the calls of each tool in the trial, where others make some, too."""
        self._plan = plan
        self._ask = ask
        self._toolbox = toolbox
        self._context = context
        self._notes = notes
        self._clock = clock
        self._used = LimitsUsed(plan.limits, clock)
        self._tools = ToolRuns(toolbox, self._used, context, clock, calls, calls_of)
        self._health = Health(plan.health)
        self._record: TurnRecord | None = None
        self._asked: Request | None = None

    async def answer(self, messages: list[Message], turn: int) -> tuple[Request, Response]:
        """Work at a turn of the user's; return the first request, and the turn as one response."""
        self._asked = None
        record = self._record = TurnRecord(self._clock)
        try:
            async with asyncio.timeout(self._used.seconds_left) as time_left:
                await self._work(messages, turn, record)
        except TimeoutError:
            if not time_left.expired():
                raise
            record.stop(self._used.late)
        self._record = None
        request = self._asked or Request(messages)
        return request, record.response(self.state)

    async def close(self) -> None:
        """Let the tools go of what is this dialogue's."""
        await self._toolbox.close()

    @property
    def unfinished(self) -> Response | None:
        """What a turn that was broken off had come to; None where there is nothing of it."""
        record = self._record
        return record.response(self.state) if record is not None and record.has_begun else None

    async def _work(self, messages: list[Message], turn: int, record: TurnRecord) -> None:
        self._health.begin_turn()
        self._used.begin_turn()
        notes = list(self._notes[turn]) if turn < len(self._notes) else []
        for step in range(self._plan.max_llm_turns):
            while notes and notes[0].after <= record.calls_made:
                record.tell(notes.pop(0).text)
            if why := self._used.refuses_model():
                record.stop(why)
                return
            offered = await self._toolbox.offered()
            began_ms = record.now_ms()
            said = [*messages, *record.transcript]
            request, response = await self._ask(said, turn, step, offered)
            self._asked = self._asked or request
            response = with_ids(response, set(ids_in([*messages, *record.transcript])))
            made = record.calls_made
            record.add_answer(response, began_ms)
            self._used.answered(response)
            self._tools.note_limits(record)
            if not _goes_on(response):
                record.add_calls(response.tool_calls, [began_ms] * len(response.tool_calls))
                if notes:
                    raise _never_told(notes[0], record.calls_made)
                signs = self._health.called(response.tool_calls)
                self._stops(signs + self._health.replied(response.output), record)
                return
            if why := await self._tools.run(response.tool_calls, record, turn, record.answers - 1):
                record.stop(why)
                return
            if self._stops(self._health.called(record.calls_since(made)), record):
                return
        self._never_answered(record)

    def _stops(self, signs: Sequence[str], record: TurnRecord) -> bool:
        """Note signs of trouble; return whether the first of them ends the turn."""
        if signs and self._health.ends:
            record.stop(signs[0])
            return True
        for sign in signs:
            record.note(sign)
        return False

    def _never_answered(self, record: TurnRecord) -> None:
        most = self._plan.max_llm_turns
        why = f"{self._plan.most_named}: no answer after {counted(most, 'call')} of the model"
        if self._plan.limits.on_exceeded is None:
            raise ProviderError(
                ErrorKind.AGENT,
                f"{why}\n  expected: an answer without calls of tools\n  fix: {self._plan.fix}",
            )
        record.stop(why)

    @property
    def state(self) -> Any:
        """What the tools keep, as JSON."""
        return state_as_json(self._context.state)


def _never_told(note: NotePlan, calls: int) -> ProviderError:
    return ProviderError(
        ErrorKind.AGENT,
        f"a note that comes after {counted(note.after, 'call')} of tools was never told: the agent "
        f"answered after {calls}\n"
        "  expected: an agent that is still at work, so that what it makes of it can be judged\n"
        "  fix: lower after:, or leave it out, so that the note comes with the next turn",
    )


def _goes_on(response: Response) -> bool:
    """Return whether the model waits for what comes of its calls.

    It does not where they were all run already, as by a mock that stands for a whole agent, unless
    it says so itself.
    """
    if not response.tool_calls:
        return False
    waits = not all(map(is_run_already, response.tool_calls))
    return waits or response.finish_reason == "tool_calls"
