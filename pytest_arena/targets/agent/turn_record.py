"""What an agent did in one turn, gathered step by step, as one `Response`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pytest_arena.results.request_response import Message, Response, ToolCall, source_of
from pytest_arena.results.step import Step
from pytest_arena.targets.agent.transcript import assistant_message, result_message

N = TypeVar("N", int, float)


class TurnRecord:
    """The steps, calls and messages of one turn so far."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._steps: list[Step] = []
        self._calls: list[ToolCall] = []
        self._responses: list[Response] = []
        self._last_began_ms = 0.0
        self.transcript: list[Message] = []
        self.stopped: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether anything is done: a model has answered, or a chain's instruction or a state
        ended."""
        return self.answers > 0 or any(one.kind in ("instruction", "state") for one in self._steps)

    @property
    def answers(self) -> int:
        """How often the model has answered."""
        return len(self._responses)

    @property
    def calls_made(self) -> int:
        """How many calls of tools the model has made."""
        return len(self._calls)

    def calls_since(self, number: int) -> Sequence[ToolCall]:
        """Return the calls after so many, with what came of them."""
        return self._calls[number:]

    def tell(self, text: str) -> None:
        """Add what a person tells the agent while it works."""
        self.transcript.append({"role": "user", "content": text})
        self.note(f"told by a person: {text}")

    def now_ms(self) -> float:
        """Return the milliseconds since the turn began."""
        return (self._clock() - self._began) * 1000

    def add_answer(self, response: Response, began_ms: float) -> None:
        """Add what the model said, before its calls are run."""
        self._responses.append(response)
        self._last_began_ms = began_ms
        self.transcript.append(assistant_message(response))
        self._steps.append(
            Step(
                "model",
                started_ms=round(began_ms, 3),
                duration_ms=response.latency_ms,
                name=response.model or "",
                text=response.output if response.tool_calls else "",
                input_tokens=response.input_tokens,
                output_tokens=response.output_tokens,
                cost_usd=response.cost_usd,
            )
        )

    def add_instruction(self, step: Step, response: Response | None) -> None:
        """Add an instruction of a prompt chain, or a state, and what a model and its tools did
        for it; what they told each other is no part of the conversation."""
        self._steps.append(step)
        if response is None:
            return
        self._last_began_ms = step.started_ms
        self._responses.append(response)
        self._calls += response.tool_calls
        self._steps += [
            replace(one, started_ms=round(step.started_ms + one.started_ms, 3))
            for one in response.steps
        ]

    def add_part(self, step: Step, part: TurnRecord) -> None:
        """Add a step with what was done in it; what was told each other there is no part of the
        conversation."""
        self._steps.append(step)
        if part._responses:
            self._last_began_ms = step.started_ms + part._last_began_ms
        self._responses += part._responses
        self._calls += part._calls
        self._steps += [
            replace(one, started_ms=round(step.started_ms + one.started_ms, 3))
            for one in part._steps
        ]

    def add_calls(self, calls: Sequence[ToolCall], began_ms: Sequence[float]) -> None:
        """Add calls with what came of them, in the order in which the model made them."""
        self._calls += calls
        self.transcript += map(result_message, calls)
        self._steps += [
            Step(
                "tool",
                started_ms=round(began, 3),
                duration_ms=call.latency_ms,
                name=call.name,
                call=call.id,
                error=call.error,
            )
            for call, began in zip(calls, began_ms, strict=True)
        ]

    def note(self, text: str, *, call: str = "", fault: str = "") -> None:
        """Add what the loop has to say, of one call where it is about one."""
        began_ms = round(self.now_ms(), 3)
        self._steps.append(Step("note", began_ms, text=text, call=call, fault=fault))

    def note_fault(self, mode: str, call: ToolCall) -> None:
        """Add that a fault was planted in a call."""
        self.note(f"planted in {call.name}: {mode}", call=call.id, fault=mode)

    def stop(self, why: str) -> None:
        """Keep which limit ended the turn."""
        self.stopped = why
        self.note(why)

    def response(self, state: Any) -> Response:
        """Return the turn as one response: texts of the last call of the model, sums over all."""
        every = self._responses
        last = every[-1] if every else Response(output="")
        thoughts = [one.reasoning for one in every if one.reasoning]
        ended_early = self.stopped is not None and bool(last.tool_calls)
        first_token_ms = last.first_token_ms
        if first_token_ms is not None:
            first_token_ms = round(self._last_began_ms + first_token_ms, 3)
        return Response(
            output=last.output,
            finish_reason=last.finish_reason,
            tool_calls=tuple(self._calls),
            latency_ms=_sum(one.latency_ms for one in every),
            first_token_ms=None if ended_early else first_token_ms,
            input_tokens=_sum(one.input_tokens for one in every),
            output_tokens=_sum(one.output_tokens for one in every),
            cost_usd=_sum(one.cost_usd for one in every),
            attempts=sum(one.attempts for one in every),
            source=source_of(every) or "call",
            model=last.model,
            answered_by=next((one.answered_by for one in reversed(every) if one.answered_by), None),
            reasoning="\n\n".join(thoughts) or None,
            reasoning_tokens=_sum(one.reasoning_tokens for one in every),
            refusal=last.refusal,
            filtered=last.filtered,
            tells_tools=all(one.tells_tools for one in every),
            context=tuple(text for one in every for text in one.context),
            system_fingerprint=last.system_fingerprint,
            steps=tuple(self._steps),
            transcript=tuple(self.transcript),
            state=state,
            stopped=self.stopped,
        )


def _sum(values: Iterable[N | None]) -> N | None:
    """Return a sum, None where a part of it is unknown."""
    known = list(values)
    found = [value for value in known if value is not None]
    return sum(found[1:], found[0]) if found and len(found) == len(known) else None
