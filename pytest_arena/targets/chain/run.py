"""The run of a chain: ask or call one step after another, each with what came before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from pytest_arena.errors import ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.chain_plans import ChainPlan, ChainStepPlan
from pytest_arena.real_time import real_time
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.targets.agent import Toolboxes
from pytest_arena.targets.agent.loop import Ask
from pytest_arena.targets.agent.transcript import with_ids
from pytest_arena.targets.agent.turn_record import TurnRecord
from pytest_arena.targets.chain.functions import ChainFunctions
from pytest_arena.targets.steps import AskStep, StepsRun, in_step, with_output
from pytest_arena.tools import ToolContext


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


class ChainRun(StepsRun):
    """One chain in one dialogue; what its tools keep goes on from turn to turn."""

    def __init__(
        self,
        plan: ChainPlan,
        ask: AskStep,
        toolboxes: Toolboxes,
        context: ToolContext,
        calls: TrialCalls | None = None,
        clock: Callable[[], float] = real_time.perf_counter,
    ) -> None:
        super().__init__(clock)
        self._plan = plan
        self._ask = ask
        self._functions = ChainFunctions(toolboxes.environment)
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
        record = self._record = TurnRecord(self._clock)
        state = self._turn = _Turn(turn, messages[:-1], [said], record)
        for place, step in enumerate(self._plan.steps):
            try:
                await self._take(place, step, state)
                if await self._is_broken(place, step, state):
                    break
            except ProviderError as error:
                raise in_step(error, self._where(place, step)) from error
        self._record = None
        return Request(messages), self._whole(record)

    async def _take(self, place: int, step: ChainStepPlan, state: _Turn) -> None:
        """Take a step, and keep what it gave, or what it had come to."""
        run = self._runs.get(place)
        unfinished = (lambda: None) if run is None else (lambda: run.unfinished)
        with self._taking(state.record, "instruction", step.name, unfinished) as taken:
            if run is None:
                assert step.function is not None  # noqa: S101 - who is no function has a run
                output = await self._functions.output(step.function, self._given(state))
            else:
                messages = self._messages(step, state)
                _, taken.response = await run.answer(messages, state.number)
                output = taken.response.output
            taken.text = output if self._plan.store_steps else ""
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

    def _where(self, place: int, step: ChainStepPlan) -> str:
        """Return what an error calls a step."""
        called = "" if step.name == str(place + 1) else f" ({step.name})"
        return f"step {place + 1}{called} of the chain {self._plan.name!r}"

    def _whole(self, record: TurnRecord) -> Response:
        """Return a turn as one response, whose text is what the last step gave."""
        assert self._turn is not None  # noqa: S101 - there is a turn whose record it is
        outputs = self._turn.outputs
        return with_output(record.response(self._state()), outputs[-1] if outputs[1:] else "")

    def _state(self) -> Any:
        """Return what the tools of all steps keep, as JSON; None where there are none."""
        have = (step.agent.tools or step.agent.servers for step in self._plan.steps)
        return next(iter(self._runs.values())).state if any(have) else None
