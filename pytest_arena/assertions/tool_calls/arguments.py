"""What tools were called with: single arguments, and the schemas of the tools that were offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.tool_calls.base import (
    Calls,
    ToolCallAssertion,
    ToolName,
    json_or_text,
    named,
    one_or,
    shown_json,
    told,
    told_one,
    tool_name,
)
from pytest_arena.json_schema import SchemaUnusableError, check_schema, mismatches
from pytest_arena.results.request_response import ToolCall
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.json_query import JmesPath
from pytest_arena.text.json_text import holds_json, same_json
from pytest_arena.text.looking import SearchedText
from pytest_arena.text.regex import Pattern, PatternTimeoutError, search

_CHECKS = ("equals", "contains", "matches", "schema_")


_CALL_CHECK, _CALL_SCHEMA = one_or("any", "all", "last")
WhichCall = Annotated[int | str, _CALL_CHECK, _CALL_SCHEMA]
"""A call's number from 1 on, or a word."""


class ToolArgs(ToolCallAssertion):
    """Holds when a tool was called with the wanted arguments.

        - type: tool_args
          tool: find_order
          contains: {number: "48213"}

    Every key that is given must hold of one and the same call: `equals`, `contains`, `matches` and
    `schema` look at all arguments, or at the part that `path` finds; `path` alone wants it to be
    there. `call` says of which call it must hold: of `any` (the default), of `all`, of the `last`,
    or of the n-th, counted from 1. Where the tool was not called it fails, with `not`, too.

    Error: when the provider does not tell which tools were called, when the path or the schema
    cannot be used, when a pattern needs more than a second.
    """

    type: ClassVar[str] = "tool_args"
    aliases: ClassVar[tuple[str, ...]] = ("tool_calls_with_args",)

    tool: ToolName = Field(validation_alias=AliasChoices("tool", "tool_name"))
    """The tool."""
    call: WhichCall = "any"
    """Of which of its calls it must hold."""
    path: JmesPath | None = None
    """A JMESPath expression that finds the part to look at."""
    equals: Any = None
    """The value itself; true is not 1."""
    contains: Any = Field(default=None, validation_alias=AliasChoices("contains", "expected_args"))
    """A part of the value: keys of an object with their values, an element for each of a list's,
    or a part of a text, as `contains` finds it."""
    matches: Pattern | None = None
    """A regular expression that is searched in a text, and in any other value's JSON."""
    schema_: Any = Field(default=None, alias="schema")
    """A JSON Schema that the value must fit."""

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: Any) -> Any:
        return None if schema is None else check_schema(schema)

    @model_validator(mode="after")
    def _looks_for_something(self) -> ToolArgs:
        if self.path is None and not set(_CHECKS) & self.model_fields_set:
            raise PydanticCustomError(
                "tool_args",
                "tool_args says nothing of the arguments",
                {
                    "expected": "equals, contains, matches, schema or path",
                    "fix": "add contains: {…}, or write tools_called",
                },
            )
        return self

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        found = named(calls, [self.tool])
        expected = f"{self.tool} with {self._wanted()}"
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
            problems = [self._problem(call) for call in found]
        except (SchemaUnusableError, PatternTimeoutError, _PathUnusableError) as error:
            return Outcome.error(str(error))
        holds = None in problems if self.call != "all" else not any(problems)
        place = next((n for n, p in enumerate(problems) if (p is None) is holds), 0)
        if holds:
            return Outcome.of(True, told_one(found[place]), expected=expected)
        return Outcome.of(False, f"{problems[place]}; {told(found)}", expected=expected)

    def _problem(self, call: ToolCall) -> str | None:
        """Return what does not hold of one call, or None."""
        value = call.arguments
        if self.path is not None:
            value = _found(self.path, value)
            if value is None and not ({"equals", *_CHECKS[1:]} & self.model_fields_set):
                return f"{self.path} finds nothing"
        shown = shown_json(value)
        given = self.model_fields_set
        if "equals" in given and not same_json(value, self.equals):
            return f"{shown} is not {shown_json(self.equals)}"
        if "contains" in given and not _holds(value, self.contains):
            return f"{shown} does not hold {shown_json(self.contains)}"
        if self.matches is not None and search(self.matches, json_or_text(value)) is None:
            return f"{shown} does not match {self.matches!r}"
        return mismatches(value, self.schema_) if self.schema_ is not None else None

    def _wanted(self) -> str:
        part = f"{self.path or 'arguments'} "
        values = {
            "equal to": self.equals,
            "holding": self.contains,
            "matching": self.matches,
            "fitting": self.schema_,
        }
        given = {word: value for word, value in values.items() if value is not None}
        words = [f"{word} {shown_json(value, 40)}" for word, value in given.items()]
        return part + (" and ".join(words) or "there")


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
                if context.has_servers and call.name not in context.tools:
                    return Outcome.error(f"{told_one(call)}: no tool of the file's; {_OF_SERVERS}")
                if (problem := self._problem(call, context.tools)) is not None:
                    return Outcome.of(False, f"{told_one(call)}: {problem}", expected=expected)
        except (SchemaUnusableError, PatternTimeoutError) as error:
            return Outcome.error(str(error))
        return Outcome.of(True, told(calls), expected=expected)

    def _problem(self, call: ToolCall, tools: Mapping[str, Any]) -> str | None:
        if call.name not in tools:
            return f"{tool_name(call.name)} was not offered"
        if not isinstance(call.arguments, dict):
            return "the arguments are no JSON object"
        return mismatches(call.arguments, tools[call.name])


class _PathUnusableError(Exception):
    """A path that calls a function which there is not."""


def _found(path: str, value: Any) -> Any:
    import jmespath
    from jmespath.exceptions import JMESPathError, UnknownFunctionError

    try:
        return jmespath.search(path, value)
    except UnknownFunctionError as error:
        raise _PathUnusableError(f"the path {path!r} cannot be used: {error}") from error
    except JMESPathError:
        # it does not fit these arguments, which then have nothing there
        return None


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return SearchedText(value).holds(wanted)
    return holds_json(value, wanted)
