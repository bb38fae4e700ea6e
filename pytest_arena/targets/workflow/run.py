"""The run of a workflow: the state that it is in answers a turn, and may lead to another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading.workflow_plans import ARTIFACT, TRANSITION, StatePlan, WorkflowPlan
from pytest_arena.real_time import real_time
from pytest_arena.recording.trial_calls import TrialCalls
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.schema import Guardrail
from pytest_arena.targets.agent import Toolboxes
from pytest_arena.targets.agent.turn_record import TurnRecord
from pytest_arena.targets.steps import AskStep, StepsRun
from pytest_arena.targets.workflow.visits import Visits
from pytest_arena.tools import ToolContext

_OWN_TOOLS = frozenset({TRANSITION, ARTIFACT})


class WorkflowRun(StepsRun):
    """One workflow in one dialogue; where it is goes on from turn to turn.

    A call of `workflow__transition` takes effect when the turn is answered, so that each turn is
    one state's. A state that is not persistent is told nothing of what was said before it.
    """

    def __init__(
        self,
        plan: WorkflowPlan,
        ask: AskStep,
        toolboxes: Toolboxes,
        context: ToolContext,
        calls: TrialCalls | None = None,
        clock: Callable[[], float] = real_time.perf_counter,
    ) -> None:
        super().__init__(clock)
        self._visits = Visits(plan, clock)
        self._ask = ask
        self._context = context
        self._first: int | None = 0
        """From which message on the state is told; None: from those of the turn at hand."""
        self._systems: list[tuple[int, str]] = []
        """The system prompts so far, with the place of the message before which each stands."""
        calls_of: dict[str, int] = {}
        self._answering = self._visits.state
        self._runs = {
            name: toolboxes.agent(
                state.agent, self._asking(state), context, calls=calls, calls_of=calls_of
            )
            for name, state in plan.states.items()
        }

    @property
    def guardrails(self) -> Sequence[Guardrail]:
        """The guardrails of the state that answers, or answered last."""
        return self._answering.guardrails

    async def answer(self, messages: list[Message], turn: int) -> tuple[Request, Response]:
        """Have the state answer a turn; return the conversation, and the turn as one response."""
        state = self._answering = self._visits.state
        record = self._record = TurnRecord(self._clock)
        if state.cannot_run:
            raise ProviderError(ErrorKind.AGENT, state.cannot_run)
        run = self._runs[state.name]
        self._keep_system(state, messages)
        with self._taking(record, "state", state.name, lambda: run.unfinished) as taken:
            _, response = await run.answer(self._told(state, messages), turn)
            left = self._visits.leave(response.tool_calls)
            if left.next and not self._visits.state.is_persistent:
                self._first = None
            taken.text, taken.response = response.output, response
            taken.event, taken.next = left.event, left.next
            taken.final = (self._visits.state.is_final and left.next != "") or state.is_final
        if left.note:
            record.note(left.note)
        stopped = response.stopped or left.stopped
        if stopped:
            record.stop(stopped)
        self._record = None
        whole = self._whole(record)
        said = _without_own_calls(response.transcript)
        return Request(self._shown(messages)), replace(whole, transcript=said)

    def _whole(self, record: TurnRecord) -> Response:
        return record.response(self._runs[self._answering.name].state)

    def _shown(self, messages: list[Message]) -> list[Message]:
        """Return the whole conversation with the system prompt of each state where it began."""
        shown = list(messages)
        for place, text in reversed(self._systems):
            shown.insert(place, Message(role="system", content=text))
        return shown

    def _keep_system(self, state: StatePlan, messages: list[Message]) -> None:
        """Keep the system prompt of a state with the place of the first message that it answers."""
        text = state.system(self._visits.known)
        if self._systems and self._systems[-1][1] == text:
            return
        not_the_users = [n for n, one in enumerate(messages) if one["role"] != "user"]
        self._systems.append((not_the_users[-1] + 1 if not_the_users else 0, text))

    def _told(self, state: StatePlan, messages: list[Message]) -> list[Message]:
        """Return what a state is told: its system prompt, and what was said since it began."""
        system = [text_in(one["content"]) for one in messages if one["role"] == "system"]
        said = [one for one in messages if one["role"] != "system"]
        if self._first is None:
            answered = [n for n, one in enumerate(said) if one["role"] != "user"]
            self._first = answered[-1] + 1 if answered else 0
        whole = "\n\n".join([*system, state.system(self._visits.known)])
        return [Message(role="system", content=whole), *said[self._first :]]

    def _asking(self, state: StatePlan) -> Any:
        """Return how the model of a state is asked, and offered the state's tools."""
        own = [tool.offered for tool in state.agent.tools.values()]

        async def ask(
            messages: list[Message], turn: int, step: int, further: Sequence[Tool]
        ) -> tuple[Request, Response]:
            return await self._ask(messages, turn, step, [*own, *further], params=state.params)

        return ask


def _without_own_calls(transcript: Sequence[Message]) -> tuple[Message, ...]:
    """Return what an agent said and did without the calls that are the workflow's own: no later
    state may be offered their tools, and vendors refuse calls of tools that are not."""
    own: set[str] = set()
    kept: list[Message] = []
    for message in transcript:
        calls = message.get("tool_calls") or ()
        if message.get("role") == "tool" and message.get("tool_call_id") in own:
            continue
        if not calls:
            kept.append(message)
            continue
        others = [call for call in calls if call.get("function", {}).get("name") not in _OWN_TOOLS]
        own |= {str(call.get("id")) for call in calls if call not in others}
        if others:
            kept.append({**message, "tool_calls": others})
        elif message.get("content"):
            kept.append({"role": "assistant", "content": message["content"]})
    return tuple(kept)
