"""One execution of a case: its answers, what the assertions found in them, and its verdict."""

from dataclasses import field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.content import shown
from pytest_arena.results.judging import Judging, total
from pytest_arena.results.persona import PersonaMessage
from pytest_arena.results.request_response import Message, Response, Source, ToolCall

Verdict = Literal["passed", "failed", "error", "skipped"]
FindingVerdict = Literal["passed", "failed", "error", "skipped", "unsure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one assertion found: its verdict, a score from 0 to 1, and the reason.

    `line` is the assertion's line in the arena file, or in the `file` that it came from, a pack,
    `turn` (from 0) the turn of a conversation that it belongs to, `expected` what it wanted in a
    few words, `group` the findings of the members of an `any_of` or `all_of`, `judge` who judged
    and at what price, `measure` what the score measures, where a later run compares itself with it,
    `predicted` the label that the answer gives, where it was asked for one, `metric` the name that
    the arena file has for what it measures.
    """

    type: str
    verdict: FindingVerdict
    score: float | None
    reason: str
    line: NonNegativeInt | None = None
    turn: NonNegativeInt | None = None
    expected: str | None = None
    weight: NonNegativeFloat = 1.0
    group: tuple["Finding", ...] = ()
    judge: Judging | None = None
    measure: str | None = None
    predicted: str | None = None
    file: str | None = None
    metric: str | None = None

    @property
    def judgings(self) -> tuple[Judging, ...]:
        """All judgements of this finding and of its members."""
        own = (self.judge,) if self.judge else ()
        return (*own, *(judging for member in self.group for judging in member.judgings))


@dataclass(frozen=True, slots=True)
class GuardrailEvent:
    """A note that a guardrail fired: which, in which direction, on what, and what it did."""

    type: str
    direction: Literal["input", "output"]
    action: Literal["block", "replace", "flag"]
    reason: str
    matched: tuple[str, ...] = ()
    turn: NonNegativeInt = 0
    line: NonNegativeInt | None = None
    original: str | None = None
    """The answer that was blocked or replaced."""
    file: str | None = None
    """The file that its line is one of, where that is not the arena file: a pack."""


@dataclass(frozen=True, slots=True)
class TrialError:
    """Why a trial reached no verdict; `kind` is an `ErrorKind`.

    `attempts` is how often the provider was called in vain.
    """

    kind: str
    message: str
    attempts: NonNegativeInt = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One execution of a case against a provider.

    `messages` is everything that was said before the last answer; `responses` holds one entry for
    each answer of the provider, in order. Blocked on input: no response, `guardrail` set.
    """

    messages: tuple[Message, ...]
    responses: tuple[Response, ...] = ()
    verdict: Verdict = field(kw_only=True)
    assertions: tuple[Finding, ...] = ()
    guardrails: tuple[GuardrailEvent, ...] = ()
    error: TrialError | None = None
    index: NonNegativeInt = 0
    dialogue: Annotated[
        NonNegativeInt, Field(validation_alias=AliasChoices("dialogue", "variant"))
    ] = 0
    """Which of the case's dialogues it ran, as one of several `prompts:`; earlier files call it
    `variant`."""
    score: float | None = None
    started_at: str | None = None
    """When it began, as ISO 8601 in UTC; None where that is not known."""
    personas: tuple[PersonaMessage, ...] = ()
    """What simulated users said in it, apart from what the column did."""
    trace_id: str | None = None
    """What its spans are known by, here and in the applications that were asked."""

    @property
    def last(self) -> Response | None:
        return self.responses[-1] if self.responses else None

    @property
    def output(self) -> str | None:
        """The last answer's text, or None where there was no answer."""
        return self.responses[-1].output if self.responses else None

    @property
    def guardrail(self) -> GuardrailEvent | None:
        """The first guardrail that blocked or replaced something, else the first that fired."""
        acting = [event for event in self.guardrails if event.action != "flag"]
        events = acting or list(self.guardrails)
        return events[0] if events else None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(call for response in self.responses for call in response.tool_calls)

    @property
    def met_faults(self) -> bool:
        """Whether a fault was planted in a call of an agent's tools."""
        return any(step.fault for response in self.responses for step in response.steps)

    @property
    def finish_reason(self) -> str | None:
        return self.responses[-1].finish_reason if self.responses else None

    @property
    def source(self) -> Source | None:
        return self.responses[0].source if self.responses else None

    @property
    def latency_ms(self) -> float | None:
        """The sum over the trial's provider calls, in milliseconds."""
        return _total([response.latency_ms for response in self.responses])

    @property
    def first_token_ms(self) -> float | None:
        return self.responses[0].first_token_ms if self.responses else None

    @property
    def input_tokens(self) -> int | None:
        total = _total([response.input_tokens for response in self.responses])
        return None if total is None else int(total)

    @property
    def output_tokens(self) -> int | None:
        total = _total([response.output_tokens for response in self.responses])
        return None if total is None else int(total)

    @property
    def cost_usd(self) -> float | None:
        """The sum over the trial's provider calls in US dollars; None if any is unknown."""
        return _total([response.cost_usd for response in self.responses])

    @property
    def persona_cost_usd(self) -> float | None:
        """What its simulated users cost in US dollars, 0 without one; None if any is unknown."""
        return total(message.cost_usd for message in self.personas)

    @property
    def judgings(self) -> tuple[Judging, ...]:
        """All judgements of the trial's assertions."""
        return tuple(judging for finding in self.assertions for judging in finding.judgings)

    @property
    def attempts(self) -> int:
        """How often the provider was called, in vain or not."""
        failed = self.error.attempts if self.error else 0
        return failed + sum(response.attempts for response in self.responses)

    @property
    def last_prompt(self) -> str:
        """What the user said last, as text; empty where nobody said anything."""
        users = [m.get("content") for m in self.messages if m.get("role") == "user"]
        return shown(users[-1]) if users else ""

    @property
    def as_seen(self) -> Self:
        """The trial as assertions look at it: with what `transform:` made of its answers."""
        if all(response.transformed is None for response in self.responses):
            return self
        return replace(self, responses=tuple(response.as_seen for response in self.responses))

    def at_turn(self, turn: int) -> Self:
        """Return the trial as it stood when the answer of that turn (from 0) had come."""
        if turn >= len(self.responses):
            return replace(self, responses=())
        return replace(
            self,
            messages=tuple(self._messages_before_answer(turn)),
            responses=(self.responses[turn],),
            guardrails=tuple(event for event in self.guardrails if event.turn == turn),
        )

    def _messages_before_answer(self, turn: int) -> list[Message]:
        """Return what was said before an answer: each earlier one is an assistant's message, or all
        that an agent added in its turn."""
        kept: list[Message] = []
        answered = 0
        of_an_agent = 0
        for message in self.messages:
            if of_an_agent:
                of_an_agent -= 1
            elif message.get("role") == "assistant":
                if answered == turn:
                    break
                of_an_agent = max(len(self.responses[answered].transcript) - 1, 0)
                answered += 1
            kept.append(message)
        return kept


def _total(values: list[Any]) -> float | None:
    if not values or None in values:
        return None
    total: float = sum(values)
    return total
