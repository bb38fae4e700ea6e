"""The calls of tools that models ask for in one dialogue: which are made, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from pytest_arena.errors import ProviderError
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.results.request_response import ToolCall
from pytest_arena.results.trace_ids import tool_traceparent
from pytest_arena.targets.agent.kept_tools import Ended, KeptTools
from pytest_arena.targets.agent.limits import LimitsUsed
from pytest_arena.targets.agent.transcript import is_run_already, with_result
from pytest_arena.targets.agent.turn_record import TurnRecord
from pytest_arena.tools import ToolContext, ToolResult
from pytest_arena.tools.mcp import ConversationTools


class ToolRuns:
    """What runs the calls of a model's answers with the tools of one dialogue, within limits."""

    def __init__(
        self,
        toolbox: ConversationTools,
        used: LimitsUsed,
        context: ToolContext,
        clock: Callable[[], float],
        calls: TrialCalls | None = None,
        calls_of: dict[str, int] | None = None,
    ) -> None:
        """`calls_of` counts the calls of each tool in the trial, where others make some, too."""
        self._toolbox = toolbox
        self._used = used
        self._kept = KeptTools(toolbox, calls, context, clock)
        self._context = context
        self._calls_of = {} if calls_of is None else calls_of

    async def run(
        self, calls: Sequence[ToolCall], record: TurnRecord, turn: int, step: int
    ) -> str | None:
        """Run the calls of one answer; return the limit that forbade one of them."""
        done = list(calls)
        began = [record.now_ms()] * len(done)
        try:
            allowed, stopped = await self._allowed(done)
            await self._run(allowed, done, began, record, (turn, step))
        finally:
            record.add_calls([_ended(call) for call in done], began)
        self.note_limits(record)
        return stopped

    def note_limits(self, record: TurnRecord) -> None:
        """Say which limits are near."""
        for note in self._used.notes():
            record.note(note)

    async def _allowed(self, done: list[ToolCall]) -> tuple[list[int], str | None]:
        """Return the places of the calls that are to be run, and the limit that forbade one.

        Each call gets the file's name of its tool, and one that is not made the reason.
        """
        allowed: list[int] = []
        stopped: str | None = None
        for place, call in enumerate(done):
            plan = self._toolbox.plan(call.name)
            if plan is not None:
                own = replace(call, name=plan.name, irreversible=plan.spec.irreversible)
                done[place] = call = own
            if is_run_already(call):
                continue
            refused = stopped or await self._toolbox.refusal(call.name, call.arguments)
            if refused is None and plan is not None:
                refused = stopped = self._used.refuses_tool(plan)
            if refused is not None:
                done[place] = with_result(call, ToolResult(error=f"not run: {refused}"), None)
            elif plan is not None:
                allowed.append(place)
        return allowed, stopped

    async def _run(
        self,
        places: list[int],
        done: list[ToolCall],
        began: list[float],
        record: TurnRecord,
        at: tuple[int, int],
    ) -> None:
        """Run the calls at these places, side by side; irreversible ones one after another.

        What an interrupted run had finished of them comes first: the tools' state is theirs, too.
        """
        contexts = {place: self._context_of(done[place], at[0]) for place in places}

        def end(place: int, ended: Ended) -> None:
            if ended.result.planted:
                record.note_fault(ended.result.planted, done[place])
            done[place] = with_result(done[place], *ended)

        async def run(*these: int) -> None:
            for place in these:
                call, began[place] = done[place], record.now_ms()
                end(place, await self._kept.run(call, (*at, place), contexts[place]))

        to_run = []
        for place in places:
            ended = self._kept.finished(done[place], (*at, place))
            if ended is None:
                to_run.append(place)
            else:
                end(place, ended)
        in_order = [place for place in to_run if done[place].irreversible]
        try:
            async with asyncio.TaskGroup() as group:
                for place in to_run:
                    if place not in in_order:
                        group.create_task(run(place))
                group.create_task(run(*in_order))
        except* ProviderError as failed:
            raise failed.exceptions[0] from None

    def _context_of(self, call: ToolCall, turn: int) -> ToolContext:
        number = self._calls_of.get(call.name, 0)
        self._calls_of[call.name] = number + 1
        parent = tool_traceparent(self._context.traceparent, turn, call.id)
        return replace(self._context, call=number, traceparent=parent)


def _ended(call: ToolCall) -> ToolCall:
    """Return a call with a word on what became of it where it was given up."""
    if is_run_already(call) or call.latency_ms is not None:
        return call
    return replace(call, error="given up before it had ended")
