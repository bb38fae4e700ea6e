"""The run of a chain: ask or call one step after another, each with what came before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pytest_arena.errors import BudgetSpent, ProviderError, first_line
from pytest_arena.loading.chain_plans import ChainPlan, ChainStepPlan
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.results.step import Step
from pytest_arena.schema import ProviderSpec
from pytest_arena.targets.agent import Toolboxes
from pytest_arena.targets.agent.loop import Ask
from pytest_arena.targets.agent.transcript import with_ids
from pytest_arena.targets.agent.turn_record import TurnRecord
from pytest_arena.targets.chain.functions import ChainFunctions
from pytest_arena.tools import ToolContext


class AskBy(Protocol):
    """Ask a model once, as an agent's `Ask` does; `by` is asked in place of the column's."""

    async def __call__(
        self,
        messages: list[Message],
        turn: int,
        step: int,
        further: Sequence[Tool],
        by: ProviderSpec | None,
    ) -> tuple[Request, Response]: ...


@dataclass(slots=True)
class _Turn:
    """One turn of a chain: what was said before it, and what its steps gave so far."""

    number: int
    before: list[Message]
    outputs: list[str]
    record: TurnRecord
    asked: int = 0
    """How often a model was asked."""
    calls: set[str] = field(default_factory=set)
    """The ids of all calls of tools."""


class ChainRun:
    """One chain in one dialogue; what its tools keep goes on from turn to turn."""

    def __init__(
        self,
        plan: ChainPlan,
        ask: AskBy,
        toolboxes: Toolboxes,
        context: ToolContext,
        calls: TrialCalls | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._plan = plan
        self._ask = ask
        self._functions = ChainFunctions(toolboxes.environment)
        self._clock = clock
        self._turn: _Turn | None = None
        calls_of: dict[str, int] = {}
        self._runs = {
            place: toolboxes.agent(
                step.agent, self._asking(step), context, calls=calls, calls_of=calls_of
            )
            for place, step in enumerate(plan.steps)
            if step.function is None
        }

    async def answer(self, messages: list[Message], turn: int) -> tuple[Request, Response]:
        """Run the chain on what the user said last; return the conversation, and the turn as one
        response."""
        said = text_in(messages[-1]["content"])
        state = self._turn = _Turn(turn, messages[:-1], [said], TurnRecord(self._clock))
        for place, step in enumerate(self._plan.steps):
            try:
                await self._take(place, step, state)
                if await self._is_broken(place, step, state):
                    break
            except ProviderError as error:
                raise self._of_step(place, step, error) from error
        self._turn = None
        return Request(messages), self._response(state)

    @property
    def unfinished(self) -> Response | None:
        """What a turn that was broken off had come to; None where there is nothing of it."""
        state = self._turn
        return self._response(state) if state is not None and state.record.has_begun else None

    async def close(self) -> None:
        """Let the tools go of what is this dialogue's."""
        await asyncio.gather(*(run.close() for run in self._runs.values()))

    async def _take(self, place: int, step: ChainStepPlan, state: _Turn) -> None:
        """Take a step, and keep what it gave, or what it had come to."""
        began_ms = state.record.now_ms()
        run = self._runs.get(place)
        response: Response | None = None
        try:
            if run is None:
                assert step.function is not None  # noqa: S101 - who is no function has a run
                output = await self._functions.output(step.function, self._given(state))
            else:
                messages = self._messages(step, state)
                _, response = await run.answer(messages, state.number)
                output = response.output
        except (ProviderError, BudgetSpent) as error:
            done = self._instruction(step, state, began_ms, error=first_line(str(error)))
            state.record.add_instruction(done, None if run is None else run.unfinished)
            raise
        text = output if self._plan.store_steps else ""
        done = self._instruction(step, state, began_ms, text=text)
        state.record.add_instruction(done, response)
        state.outputs.append(output)

    async def _is_broken(self, place: int, step: ChainStepPlan, state: _Turn) -> bool:
        """Ask the chain breakers whether it ends here; what one gives stands for the output."""
        about = {
            "step": place + 1,
            "type": step.kind,
            "name": step.name,
            "input": state.outputs[-2],
        }
        for breaker in self._plan.breakers:
            said = {**about, "output": state.outputs[-1]}
            ends, why, instead = await self._functions.broken(
                breaker, place + 1, state.outputs[-1], said
            )
            if ends:
                state.outputs[-1] = state.outputs[-1] if instead is None else instead
                text = f"chain ended after step {place + 1} by {breaker.call}"
                state.record.note(f"{text}: {why}" if why else text)
                return True
        return False

    def _instruction(
        self,
        step: ChainStepPlan,
        state: _Turn,
        began_ms: float,
        *,
        text: str = "",
        error: str | None = None,
    ) -> Step:
        duration_ms = round(state.record.now_ms() - began_ms, 3)
        return Step("instruction", round(began_ms, 3), duration_ms, step.name, text, error=error)

    def _given(self, state: _Turn) -> str:
        """Return what the next step is given: what the last one gave, or all with that."""
        *earlier, last = state.outputs
        if not self._plan.full_history:
            return last
        every = "\n".join(f"Step {n}: {text}" for n, text in enumerate([*earlier, last]))
        return f"Previous steps:\n{every}\n\nCurrent input: {last}"

    def _messages(self, step: ChainStepPlan, state: _Turn) -> list[Message]:
        """Return what a model is asked in a step.

        The system prompt is every step's; what was said in earlier turns is told to the first step
        that asks a model.
        """
        given = self._given(state)
        text = given.join(step.parts)
        if step.kind == "text" and len(step.parts) == 1 and self._plan.full_history:
            text = f"{text}\n\n{given}"
        system = [one["content"] for one in state.before if one["role"] == "system"]
        earlier = [one for one in state.before if one["role"] != "system"]
        if step.kind == "agentic":
            system, text = [*system, text], given
        whole = "\n\n".join(map(text_in, system))
        return [
            *([Message(role="system", content=whole)] if whole else ()),
            *(earlier if not state.asked else ()),
            Message(role="user", content=text),
        ]

    def _asking(self, step: ChainStepPlan) -> Ask:
        """Return how the model of a step is asked, and offered the step's tools."""
        own = [tool.offered for tool in step.agent.tools.values()]

        async def ask(
            messages: list[Message], turn: int, _: int, further: Sequence[Tool]
        ) -> tuple[Request, Response]:
            state = self._turn
            assert state is not None  # noqa: S101 - nobody asks between turns
            number, state.asked = state.asked, state.asked + 1
            request, response = await self._ask(
                messages, turn, number, [*own, *further], step.provider
            )
            response = with_ids(response, state.calls)
            state.calls |= {call.id for call in response.tool_calls}
            return request, response

        return ask

    def _of_step(self, place: int, step: ChainStepPlan, error: ProviderError) -> ProviderError:
        """Return an error that says in which step it happened."""
        called = "" if step.name == str(place + 1) else f" ({step.name})"
        where = f"step {place + 1}{called} of the chain {self._plan.name!r}"
        told = ProviderError(
            error.kind,
            f"{where}: {error.message}",
            status=error.status,
            retry_after_s=error.retry_after_s,
            attempts=error.attempts,
        )
        told.elsewhere = error.elsewhere
        return told

    def _response(self, state: _Turn) -> Response:
        """Return a turn as one response, whose text is what the last step gave."""
        response = state.record.response(self._state())
        output = state.outputs[-1] if len(state.outputs) > 1 else ""
        if output == response.output:
            return response
        # a function made something else of what the model said
        return replace(response, output=output, refusal=None, first_token_ms=None)

    def _state(self) -> Any:
        """Return what the tools of all steps keep, as JSON; None where there are none."""
        have = (step.agent.tools or step.agent.servers for step in self._plan.steps)
        return next(iter(self._runs.values())).state if any(have) else None
