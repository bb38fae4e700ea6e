"""Simulated users: what each of them says next in a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import PersonaPlan
from pytest_arena.prompts.persona_texts import OPENING, WORDLESS, without_end
from pytest_arena.results.persona import PersonaEnd, PersonaMessage
from pytest_arena.results.request_response import Message, Request, Response

AskPersona = Callable[[list[Message], int], Awaitable[tuple[Request, Response]]]
"""Ask a persona's model: the messages so far and the number of its own message (from 0) give what
was sent and what came back."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a user said and what was answered; `own` is what the persona who said it did for it."""

    user: str
    answer: str
    own: tuple[Message, ...] = ()
    by: object = None


class PersonaRun:
    """One simulated user in one turn of one dialogue; lives on the event loop.

    It sees the conversation from the other side: the model's answers are what it is told, what
    users have said before is what it has said.
    """

    def __init__(self, plan: PersonaPlan, ask: AskPersona) -> None:
        self._plan = plan
        self._ask = ask
        self._own: list[tuple[Message, ...]] = []
        self.is_done = False

    def spoken(self, user: str, answer: str) -> Spoken:
        """Return its last message with the answer to it."""
        return Spoken(user, answer, self._own[-1], self)

    async def says(
        self,
        before: Sequence[Spoken],
        turn: int,
        place: int,
        keep: Callable[[PersonaMessage], None],
    ) -> str:
        """Return what it says next; an empty text ends the conversation.

        `before` is what was said so far, `turn` the answer that it will get, `place` where it
        stands in the conversation. A model that gives no message is a `ProviderError`; what it was
        paid for is kept all the same.
        """
        plan, number = self._plan, len(self._own)
        try:
            _, response = await self._ask(self._messages(before), number)
        except ProviderError as error:
            raise _of_persona(error, plan.name) from error
        try:
            text, done = self._said(response, number)
        except ProviderError as error:
            keep(self._message(response, turn, place))
            raise _of_persona(error, plan.name) from error
        said = response.transcript or ({"role": "assistant", "content": response.output or text},)
        self._own.append(said)
        ended = self._end(done and (not text or number + 1 >= plan.least), number + 1)
        self.is_done = ended is not None
        keep(self._message(response, turn, place, text, ended))
        return text

    def _message(
        self,
        response: Response,
        turn: int,
        place: int,
        text: str = "",
        ended: PersonaEnd | None = None,
    ) -> PersonaMessage:
        return PersonaMessage(
            persona=self._plan.name,
            text=text,
            turn=turn,
            place=place,
            ended=ended,
            provider=self._plan.provider.name,
            model=response.model,
            tool_calls=response.tool_calls,
            latency_ms=response.latency_ms,
            input_tokens=response.input_tokens,
            output_tokens=response.output_tokens,
            cost_usd=response.cost_usd,
            attempts=response.attempts,
            source=response.source,
        )

    def _said(self, response: Response, number: int) -> tuple[str, bool]:
        if response.stopped is not None:
            raise ProviderError(ErrorKind.AGENT, response.stopped)
        text, done = without_end(response.output)
        if not text and not done:
            raise ProviderError(ErrorKind.BAD_RESPONSE, "its model answered nothing")
        if not text and number == 0:
            raise ProviderError(
                ErrorKind.BAD_RESPONSE, "it ended the conversation before it had said a word"
            )
        return text, done

    def _end(self, done: bool, sent: int) -> PersonaEnd | None:
        plan = self._plan
        if done:
            return "done"
        if plan.patience is not None and sent >= plan.patience:
            return "patience"
        return "max_turns" if sent >= plan.most else None

    def _messages(self, before: Sequence[Spoken]) -> list[Message]:
        told: list[Message] = [
            {"role": "system", "content": self._plan.instructions},
            {"role": "user", "content": OPENING},
        ]
        for spoken in before:
            told += (
                spoken.own
                if spoken.by is self
                else ({"role": "assistant", "content": spoken.user},)
            )
            told.append({"role": "user", "content": spoken.answer.strip() or WORDLESS})
        return told


def _of_persona(error: ProviderError, name: str) -> ProviderError:
    """Return a failure that says whose it is; the column was not called in vain."""
    return ProviderError(
        error.kind, f"the persona {name!r} gave no message: {error.message}", status=error.status
    )
