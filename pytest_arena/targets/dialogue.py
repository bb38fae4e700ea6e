"""The prompt and conversation target: user turns, one after another, under the guardrails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from pytest_arena.errors import ErrorKind, GuardrailError, ProviderError
from pytest_arena.guardrails.apply import apply_guardrails, apply_to_answer
from pytest_arena.judging.answer_parts import parts_of, parts_of_result
from pytest_arena.loading.plans import CasePlan, TurnPlan
from pytest_arena.real_time import real_time
from pytest_arena.results.content import content_of, text_in
from pytest_arena.results.persona import PersonaMessage
from pytest_arena.results.request_response import Message, Request, Response
from pytest_arena.results.trial import GuardrailEvent, Trial, TrialError
from pytest_arena.running.time_limit import TimeLimitError, in_thread_within
from pytest_arena.schema.guardrail import Guardrail, Said
from pytest_arena.targets.persona import PersonaRun, Spoken

_LONG_TEXT = 5_000
LONGEST_LOOK_S = 30.0
"""The most that all guardrails may take for one prompt or answer."""
_Found = TypeVar("_Found")
GoesOn = Callable[[int], Awaitable[bool]]
"""Whether the conversation goes on after a turn (from 0) was answered."""
Answer = Callable[[list[Message], int], Awaitable[tuple[Request, Response]]]
"""Answer a turn: the messages so far and its number (from 0) give what was really sent and what
came back."""


class DialogueRun:
    """One dialogue that runs, and knows at any time what has been said.

    Each turn is sent with all that was said before. A guardrail that blocks ends the dialogue:
    on input before any call is made, on output with the answer taken out; so does a limit that
    stopped an agent.
    """

    def __init__(
        self,
        case: CasePlan,
        dialogue: Sequence[TurnPlan],
        answer: Answer,
        personas: Mapping[int, PersonaRun] | None = None,
        further: Callable[[], Sequence[Guardrail]] = tuple,
    ) -> None:
        """`further` gives the guardrails that hold beside the case's at the moment."""
        self._case = case
        self._dialogue = dialogue
        self._answer = answer
        self._personas = personas or {}
        self._further = further
        self._said: list[Message] = []
        self._spoken: list[Spoken] = []
        self._of_personas: list[PersonaMessage] = []
        self._messages: list[Message] = []
        self._responses: list[Response] = []
        self._events: list[GuardrailEvent] = []
        self._began = real_time.perf_counter()

    async def run(self, goes_on: GoesOn) -> None:
        """Talk until the last turn is answered, something is blocked, or it does not go on."""
        last = len(self._dialogue) - 1
        if self._case.system is not None:
            self._said.append({"role": "system", "content": self._case.system})
        for place, turn in enumerate(self._dialogue):
            persona = self._personas.get(place)
            if persona is not None:
                answered = await self._plays(persona, turn, place)
            else:
                answered = await self._is_answered(turn)
            if not answered:
                return
            number = len(self._responses) - 1
            if place < last and not await goes_on(number):
                return
            if persona is None:
                self._spoken.append(Spoken(text_in(turn.user), self._responses[-1].output))

    async def _plays(self, persona: PersonaRun, turn: TurnPlan, place: int) -> bool:
        """Let a persona talk until it ends, and return whether the conversation may go on."""
        while not persona.is_done:
            keep = self._of_personas.append
            text = await persona.says(self._spoken, len(self._responses), place, keep)
            if not text:
                break
            said = replace(turn, user=text)
            if not await self._is_answered(said):
                return False
            turn = replace(turn, before=())
            self._spoken.append(persona.spoken(text, self._responses[-1].output))
        return True

    async def _is_answered(self, turn: TurnPlan) -> bool:
        """Say what the user says, and return whether it was answered and may go on."""
        number = len(self._responses)
        self._said += [*turn.before, {"role": "user", "content": content_of(turn.user)}]
        self._messages = list(self._said)
        if await self._input_is_blocked(turn, number):
            return False
        asked = real_time.perf_counter()
        try:
            request, response = await self._answer(list(self._said), number)
        except ProviderError as error:
            if not self._filtered(error, turn, number):
                raise
            return False
        self._messages = request.messages
        response.started_ms = round((asked - self._began) * 1000, 3)
        self._responses.append(response)
        if await self._answer_is_blocked(response, turn, number) or response.stopped is not None:
            return False
        self._said += _answer_messages(response)
        return True

    async def _input_is_blocked(self, turn: TurnPlan, number: int) -> bool:
        """Look at all that is said in the user's name and was not looked at before.

        What a persona says is no fault of the column's, and is not looked at.
        """
        guardrails = self._guardrails
        if not guardrails:
            return False
        earlier = [one["content"] for one in turn.before if one["role"] == "user"]
        scripted = () if turn.persona is not None else (turn.user,)
        for text in map(text_in, (*earlier, *scripted)):
            look = partial(apply_guardrails, guardrails, text, "input", number)
            _, events, blocked = await self._guard(look, len(text))
            self._events += events
            if blocked:
                return True
        return False

    async def _answer_is_blocked(self, response: Response, turn: TurnPlan, number: int) -> bool:
        guardrails = self._guardrails
        if not guardrails:
            return False
        look = partial(apply_to_answer, guardrails, response, number)
        parts = [*parts_of(response), *(p for c in response.tool_calls for p in parts_of_result(c))]
        size, asked = sum(len(part.text) for part in parts), text_in(turn.user)
        events, blocked = await self._guard(look, size, asked)
        self._events += events
        return blocked

    @property
    def _guardrails(self) -> tuple[Guardrail, ...]:
        return (*self._case.guardrails, *self._further())

    def _filtered(self, error: ProviderError, said: TurnPlan, turn: int) -> bool:
        """Keep as a block what a provider's own filter stopped, where the case asks for that.

        Under attack it always does: a stopped attack is no failure of the provider's.
        """
        if error.kind is not ErrorKind.CONTENT_FILTER:
            return False
        event = GuardrailEvent(
            type="content_filter",
            # a refused request has a status, a withheld answer has none
            direction="output" if error.status is None else "input",
            action="block",
            reason=error.message,
            turn=turn,
        )
        asked = (*self._case.assertions, *said.assertions)
        if self._case.attack is None and not any(one.expects_block(event) for one in asked):
            return False
        self._events.append(event)
        return True

    async def _guard(
        self, look: Callable[[Said], _Found], size: int, asked: str | None = None
    ) -> _Found:
        guardrails, said = self._guardrails, Said(self._case.system, asked=asked)
        slow = size >= _LONG_TEXT or any(one.is_slow or not _is_ours(one) for one in guardrails)
        if not slow:
            return look(said)
        # Detectors take about a millisecond for 1,000 characters: other calls must not wait.
        try:
            return await in_thread_within(LONGEST_LOOK_S, lambda: look(said))
        except TimeLimitError:
            what = f"took longer than {LONGEST_LOOK_S:g} s, and were given up"
            raise GuardrailError(f"the guardrails {what}") from None

    def add_unfinished(self, response: Response) -> None:
        """Keep what an answer had come to that was broken off."""
        self._responses.append(response)

    def unseen_answers(self) -> list[tuple[int, Response]]:
        """Return the answers that nothing was made of yet, by number, but those that a guardrail
        took out."""
        blocked = {one.turn for one in self._events if one.action == "block"}
        return [
            (turn, response)
            for turn, response in enumerate(self._responses)
            if response.transformed is None and turn not in blocked
        ]

    def trial(
        self,
        index: int,
        dialogue: int,
        error: TrialError | None = None,
        *,
        started_at: str | None = None,
        trace_id: str | None = None,
    ) -> Trial:
        """Return what has been said as a trial without a verdict: an error until it is judged."""
        return Trial(
            messages=tuple(self._messages),
            responses=tuple(self._responses),
            guardrails=tuple(self._events),
            personas=tuple(self._of_personas),
            verdict="error",
            error=error,
            index=index,
            dialogue=dialogue,
            started_at=started_at,
            trace_id=trace_id,
        )


def _is_ours(guardrail: Guardrail) -> bool:
    """Return whether a guardrail was written here, so that it is known to come back."""
    return type(guardrail).__module__.startswith("pytest_arena.")


def _answer_messages(response: Response) -> Sequence[Message]:
    """Return what an answer adds to the conversation: all that an agent did, or the text alone.

    What guardrails made of the text is what was said.
    """
    if not response.transcript:
        return ({"role": "assistant", "content": response.output},)
    *before, last = response.transcript
    if last.get("role") == "assistant" and last.get("content") != response.output:
        last = {"role": "assistant", "content": response.output}
    return (*before, last)
