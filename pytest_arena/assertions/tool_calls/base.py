"""The base of assertions on tool calls: which calls are looked at, and how reasons tell them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from pytest_arena.assertions.messages import shown_json
from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.errors import shorten
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.printable import printable
from pytest_arena.text.tool_names import means_tool

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
"""The name of a tool, in which `*` stands for any text, or a list of names."""


class ToolCallAssertion(OfTurns):
    """An assertion on tool calls; subclass it and write `judge_calls`."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        named = (getattr(self, key, None) for key in ("tool", "tools", "sequence"))
        own = [one if isinstance(one, tuple) else (one,) for one in named if one]
        return (*super().tool_names, *(name for names in own for name in names))

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        """Judge the calls in the order in which they were made."""
        raise NotImplementedError(f"{type(self).__name__} has no judge_calls()")

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answers = self.answers(trial, context)
        calls = answers if isinstance(answers, Outcome) else calls_of(answers)
        return calls if isinstance(calls, Outcome) else self.judge_calls(calls, context)


def calls_of(answers: Iterable[Response]) -> list[ToolCall] | Outcome:
    """Return the calls of answers in their order; an `error` where nobody told which were made."""
    answers = list(answers)
    if not all(answer.tells_tools for answer in answers):
        return Outcome.error("the provider does not tell which tools were called")
    return [call for answer in answers for call in answer.tool_calls]


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


def named(calls: Calls, tools: Iterable[str]) -> list[ToolCall]:
    """Return the calls of these tools; of all tools where none is named."""
    wanted = tuple(tools)
    return [call for call in calls if not wanted or is_one_of(call, wanted)]


def is_one_of(call: ToolCall, tools: Iterable[str]) -> bool:
    """Return whether a call is of one of these tools."""
    return any(means_tool(tool, call.name) for tool in tools)


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
