"""The simulated users of one dialogue: how their models are asked, apart from the column's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.client import Call, ProviderClient
from pytest_arena.engine.kept_answers import keeping
from pytest_arena.engine.own_answers import own_mock, own_responses
from pytest_arena.loading.plans import CellPlan, PersonaPlan
from pytest_arena.results.request_response import Message, Request, Response, Tool
from pytest_arena.targets.persona import PersonaRun
from pytest_arena.tools import ToolContext

if TYPE_CHECKING:
    from pytest_arena.recording.trial_calls import TrialCalls
    from pytest_arena.targets.agent import AgentRun, Toolboxes


class DialoguePersonas:
    """The simulated users of one dialogue, by their place in it; lives on the event loop.

    A mock that plays one answers from what stands under the persona's name.
    """

    def __init__(
        self,
        client: ProviderClient,
        plan: CellPlan,
        trial: int,
        session: str,
        toolboxes: Callable[[], Toolboxes],
        calls: TrialCalls | None = None,
    ) -> None:
        """`calls` keeps what they said and did, so that an interrupted run can go on."""
        self._client = client
        self._plan = plan
        self._trial = trial
        self._session = session
        self._toolboxes = toolboxes
        self._calls = calls
        self._agents: list[AgentRun] = []
        turns = plan.case.dialogues[trial % len(plan.case.dialogues)]
        self._playing = {
            place: turn.persona for place, turn in enumerate(turns) if turn.persona is not None
        }
        self.runs = {place: self._run(persona, place) for place, persona in self._playing.items()}

    async def close(self) -> None:
        """Let their models and tools go of what is this dialogue's."""
        for agent in self._agents:
            await agent.close()
        for place, persona in self._playing.items():
            await self._client.forget(persona.provider, self._session_of(place))

    def _session_of(self, place: int) -> str:
        return f"{self._session}-persona-{place + 1}"

    def _run(self, persona: PersonaPlan, place: int) -> PersonaRun:
        case, spec, session = self._plan.case, persona.provider, self._session_of(place)
        call: Call = partial(self._client.call, spec)
        if self._calls is not None and spec.system is None:
            call = keeping(self._calls, spec, call)

        async def ask(
            messages: list[Message], turn: int, step: int = 0, further: Sequence[Tool] = ()
        ) -> tuple[Request, Response]:
            agent = persona.agent
            tools = [tool.offered for tool in agent.tools.values()] if agent is not None else []
            request = Request(
                messages=messages,
                params=dict(spec.params),
                tools=[*tools, *further] or None,
                timeout_s=spec.longest_s,
                file=self._plan.file,
                case=case.name,
                provider=persona.name,
                column=self._plan.column,
                place=place,
                trial=self._trial,
                dialogues=len(case.dialogues),
                turn=turn,
                # so that a mock goes by the turn, even of a persona with a single one
                turns=max(persona.longest, 2),
                step=step,
                answered=turn,
                mock=own_mock(case.mock, persona.name),
                mock_responses=own_responses(self._plan.mock_responses, persona.name),
                session=session,
                variables=case.variables,
                purpose="persona",
            )
            response = await call(request)
            if agent is None:
                response.message = None
            return request, response

        if persona.agent is None:
            return PersonaRun(persona, ask)
        about = ToolContext(case.name, self._trial, session, case.variables)
        run = self._toolboxes().agent(persona.agent, ask, about, calls=self._calls)
        self._agents.append(run)
        return PersonaRun(persona, run.answer)
