"""What tools were called with: single arguments, and the schemas of the tools that were offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.of_turns import one_or
from pytest_arena.assertions.tool_calls.base import (
    Calls,
    ToolCallAssertion,
    ToolName,
    named,
    told,
    told_one,
    tool_name,
)
from pytest_arena.assertions.value_checks import UNUSABLE, ChecksValue
from pytest_arena.json_schema import SchemaUnusableError, mismatches
from pytest_arena.results.request_response import ToolCall
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.regex import PatternTimeoutError
from pytest_arena.text.tool_names import same_tool

_CALL_CHECK, _CALL_SCHEMA = one_or("any", "all", "last")
WhichCall = Annotated[int | str, _CALL_CHECK, _CALL_SCHEMA]
"""A call's number from 1 on, or a word."""


class ToolArgs(ToolCallAssertion, ChecksValue):
    """Holds when a tool was called with the wanted arguments.

        - type: tool_args
          tool: find_order
          contains: {number: "48213"}

    Every key that is given must hold of one and the same call: `equals`, `contains`, `matches` and
    `schema` look at all arguments, or at the part that `path` finds; `path` alone wants it to be
    there, and so do `matches` and a `schema` that says nothing of null. `call` says of which call
    it must hold: of `any` (the default), of `all`, of the `last`, or of the n-th, counted from 1.
    Where the tool was not called it fails, with `not`, too.

    Error: when the provider does not tell which tools were called, when the path or the schema
    cannot be used, when a pattern needs more than a second.
    """

    type: ClassVar[str] = "tool_args"
    aliases: ClassVar[tuple[str, ...]] = ("tool_calls_with_args",)
    checked: ClassVar[str] = "the arguments"

    tool: ToolName = Field(validation_alias=AliasChoices("tool", "tool_name"))
    """The tool."""
    call: WhichCall = "any"
    """Of which of its calls it must hold."""
    contains: Any = Field(default=None, validation_alias=AliasChoices("contains", "expected_args"))
    """A part of the value: keys of an object with their values, an element of its own for each of a
    list's, or a part of a text, as `contains` finds it."""

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        found = named(calls, [self.tool])
        expected = f"{self.tool} with {self.wanted('arguments')}"
        if not found:
            return Outcome.unseen(f"expected {self.tool}; {told(calls)}", expected=expected)
        if isinstance(self.call, int):
            if self.call > len(found):
                reason = f"expected call {self.call} of {self.tool}; {told(calls)}"
                return Outcome.unseen(reason, expected=expected)
            found = found[self.call - 1 : self.call]
        elif self.call == "last":
            found = found[-1:]
        try:
            problems = [self.problem_of(call.arguments) for call in found]
        except UNUSABLE as error:
            return Outcome.error(str(error))
        holds = None in problems if self.call != "all" else not any(problems)
        place = next((n for n, p in enumerate(problems) if (p is None) is holds), 0)
        if holds:
            return Outcome.of(True, told_one(found[place]), expected=expected)
        return Outcome.of(False, f"{problems[place]}; {told(found)}", expected=expected)


_OF_SERVERS = "which tools MCP servers had is not known here, and no_tool_errors looks at those"


class ValidToolCalls(ToolCallAssertion):
    """Holds when every call is of a tool that was offered, with arguments that fit its schema.

        - type: valid_tool_calls

    The tools are those under `tools:` of the case or the file, and under `params: {tools: […]}` of
    the provider; an application's calls are held against them, too, though it is offered none. An
    answer that calls no tool fails, with `not`, too: there is nothing to look at.

    Error: when the provider does not tell which tools were called, when the file tells of no
    tools, when the schema of one cannot be used, and for calls of an MCP server's tools: an agent
    holds them against the server's schemas, so that `no_tool_errors` finds those that do not fit;
    a model that runs none does not.
    """

    type: ClassVar[str] = "valid_tool_calls"
    aliases: ClassVar[tuple[str, ...]] = (
        "is-valid-openai-tools-call",
        "is-valid-openai-function-call",
        "is-valid-function-call",
    )

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        if not context.tools and not context.has_servers:
            return Outcome.error("which tools there are is not known: the file has no tools:")
        expected = f"calls of {', '.join(context.tools)} that fit"
        if not calls:
            return Outcome.unseen(told(calls), expected=expected)
        try:
            for call in calls:
                offered = next((one for one in context.tools if same_tool(one, call.name)), None)
                if context.has_servers and offered is None:
                    return Outcome.error(f"{told_one(call)}: no tool of the file's; {_OF_SERVERS}")
                if (problem := self._problem(call, offered, context.tools)) is not None:
                    return Outcome.of(False, f"{told_one(call)}: {problem}", expected=expected)
        except (SchemaUnusableError, PatternTimeoutError) as error:
            return Outcome.error(str(error))
        return Outcome.of(True, told(calls), expected=expected)

    def _problem(self, call: ToolCall, offered: str | None, tools: Mapping[str, Any]) -> str | None:
        if offered is None:
            return f"{tool_name(call.name)} was not offered"
        if not isinstance(call.arguments, dict):
            return "the arguments are no JSON object"
        return mismatches(call.arguments, tools[offered])
