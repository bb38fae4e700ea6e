"""The base of assertions on tool calls: which calls are looked at, and how reasons tell them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from pytest_arena.errors import shorten
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.text.printable import printable
from pytest_arena.text.tool_names import same_tool

Calls = Sequence[ToolCall]
_MOST_TOLD = 5


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


ToolName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
ToolNames = Annotated[
    tuple[ToolName, ...],
    BeforeValidator(_listed),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
"""The name of a tool, or a list of names."""


def one_or(*words: str) -> Any:
    """Return what makes a field's type a number that counts from 1, or one of these words."""

    def checked(value: object) -> object:
        if value in words or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        listed = ", ".join(words)
        raise PydanticCustomError(
            "one_or_word",
            "bad value {given}",
            {
                "given": shorten(repr(value), 60),
                "expected": f"a whole number from 1 on, or {listed}",
                "fix": f"write 1, or {words[0]}",
            },
        )

    schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"enum": list(words)}]}
    return PlainValidator(checked), WithJsonSchema(schema)


_TURN_CHECK, _TURN_SCHEMA = one_or("last")
Turn = Annotated[int | str, _TURN_CHECK, _TURN_SCHEMA]
"""A turn's number from 1 on, or `last`."""


class ToolCallAssertion(Assertion):
    """An assertion on tool calls; subclass it and write `judge_calls`."""

    turn: Turn | None = None
    """Look at the calls of this turn's answer alone, counted from 1, or `last`; without it, at
    those of the whole conversation. In a turn's own assertions it is always that turn."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        named = (getattr(self, key, None) for key in ("tool", "tools", "sequence"))
        own = [one if isinstance(one, tuple) else (one,) for one in named if one]
        return (*super().tool_names, *(name for names in own for name in names))

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        """Judge the calls in the order in which they were made."""
        raise NotImplementedError(f"{type(self).__name__} has no judge_calls()")

    def looked_at(self, trial: Trial) -> Sequence[Response]:
        return of_turn(self.turn, trial)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        responses = answers_at(self.turn, trial, context)
        if isinstance(responses, Outcome):
            return responses
        if not all(response.tells_tools for response in responses):
            return Outcome.error("the provider does not tell which tools were called")
        calls = [call for response in responses for call in response.tool_calls]
        return self.judge_calls([self._spelled(call) for call in calls], context)

    def _spelled(self, call: ToolCall) -> ToolCall:
        """Return a call under the name that the assertion has for its tool."""
        named = self.tool_names
        if call.name in named:
            return call
        own = next((name for name in named if same_tool(name, call.name)), None)
        return call if own is None else replace(call, name=own)


def answers_at(
    turn: int | str | None, trial: Trial, context: CheckContext
) -> Sequence[Response] | Outcome:
    """Return the answer of a turn, all answers without one; an error where there is none."""
    responses = trial.responses
    if turn is not None and context.turn is not None:
        return Outcome.error("'turn' is for a case's assertions; a turn's own look at that one")
    if isinstance(turn, int) and turn > len(responses):
        return Outcome.error(f"there is no turn {turn}: {len(responses)} answers came")
    return of_turn(turn, trial)


def of_turn(turn: int | str | None, trial: Trial) -> Sequence[Response]:
    """Return the answer of a turn as far as there is one, and all answers without a turn."""
    if isinstance(turn, int):
        return trial.responses[turn - 1 : turn]
    return trial.responses[-1:] if turn == "last" else trial.responses


def call_key(call: ToolCall) -> str:
    """Return a text that is the same for the same tool with the same arguments."""
    return json.dumps([call.name, call.arguments], sort_keys=True, default=str)


def told(calls: Calls) -> str:
    """Return calls as reasons show them: `called: find_order({"number": "7"}), refund({})`."""
    if not calls:
        return "no tool was called"
    shown = [told_one(call) for call in calls[:_MOST_TOLD]]
    further = f" and {len(calls) - _MOST_TOLD} more" if len(calls) > _MOST_TOLD else ""
    return f"called: {', '.join(shown)}{further}"


def told_one(call: ToolCall) -> str:
    """Return one call with its arguments, cut in the middle where they are long."""
    return f"{tool_name(call.name)}({shown_json(call.arguments)})"


def tool_name(name: str) -> str:
    """Return a name that a model made up, fit for a reason."""
    return printable(shorten(name, 60))


def json_or_text(value: Any) -> str:
    """Return a value as JSON, as models write it; a text stays as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def shown_json(value: Any, longest: int = 60) -> str:
    """Return a value as short JSON; a text that is none stays as it is."""
    return printable(shorten(json_or_text(value), longest))


def named(calls: Calls, tools: Iterable[str]) -> list[ToolCall]:
    """Return the calls of these tools; of all tools where none is named."""
    wanted = set(tools)
    return [call for call in calls if not wanted or call.name in wanted]


def untold(calls: Calls, every: Calls) -> Outcome | None:
    """Return an error where nobody told what came of calls, as of a bare model's; else None.

    A tool may give nothing, so that one call of `every` with a result, an error or a time tells
    that the calls were run.
    """
    run = any(
        c.result is not None or c.error is not None or c.latency_ms is not None for c in every
    )
    if not calls or run:
        return None
    return Outcome.error(f"nobody told what came of the calls; {told(calls)}")
