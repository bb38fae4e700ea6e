"""What came of tool calls: errors, results, and how many calls it took."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.messages import json_or_text, share, shown_json
from pytest_arena.assertions.tool_calls.base import (
    Calls,
    ToolCallAssertion,
    ToolName,
    ToolNames,
    named,
    told,
    told_one,
    tool_name,
    untold,
)
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.results.request_response import ToolCall
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.base import NotNull
from pytest_arena.text.looking import SearchedText
from pytest_arena.text.numbers import counted, stays_within
from pytest_arena.text.regex import Pattern, PatternTimeoutError, search

Text = Annotated[str, Field(min_length=1)]


class NoToolErrors(ToolCallAssertion):
    """Holds when no tool call failed.

        - type: no_tool_errors
          tools: [find_order]

    Where no tool was called, none failed.

    Error: when the provider does not tell which tools were called, or what came of them: a bare
    model asks for calls and runs none.
    """

    type: ClassVar[str] = "no_tool_errors"

    tools: ToolNames = ()
    """Look at these tools alone."""

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        found = named(calls, self.tools)
        if (unclear := untold(found, calls)) is not None:
            return unclear
        failed = next((call for call in found if call.error is not None), None)
        if failed is None:
            return Outcome.of(True, told(found), expected="no failed call")
        reason = f"{told_one(failed)} failed: {shown_json(failed.error, 120)}"
        return Outcome.of(False, reason, expected="no failed call")


class _OnResults(ToolCallAssertion):
    """An assertion on the results of calls; subclass it and write `fits`."""

    tool: ToolName | None = None
    """Look at this tool's calls alone."""
    occurrence: int = Field(default=1, ge=1)
    """How many calls must have such a result."""

    def fits(self, result: str) -> bool:
        """Return whether one result is as wanted."""
        raise NotImplementedError(f"{type(self).__name__} has no fits()")

    def wanted(self) -> str:
        """Return what a result is to be like, in a few words."""
        raise NotImplementedError(f"{type(self).__name__} has no wanted()")

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        found = named(calls, [self.tool] if self.tool else [])
        if (unclear := untold(found, calls)) is not None:
            return unclear
        expected = f"a result of {self.tool or 'a tool'} with {self.wanted()}"
        if self.occurrence > 1:
            expected = f"{self.occurrence} × {expected}"
        if not found:
            return Outcome.unseen(f"expected {expected}; {told(calls)}", expected=expected)
        try:
            held = [call for call in found if self.fits(_text(call))]
        except PatternTimeoutError as error:
            return Outcome.error(str(error))
        enough = len(held) >= self.occurrence
        shown = held[0] if enough else found[-1]
        reason = f"{tool_name(shown.name)} gave {shown_json(_text(shown), 120)}"
        return Outcome.of(enough, reason, expected=expected)


class ToolResultIncludes(_OnResults):
    """Holds when the result of a tool call holds these texts, all of them.

        - type: tool_result_includes
          tool: find_order
          patterns: [shipped]

    A result that is no text is looked at as JSON; texts are compared as `contains` does.

    Error: when the provider does not tell which tools were called, or what came of them.
    """

    type: ClassVar[str] = "tool_result_includes"

    patterns: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        validation_alias=AliasChoices("patterns", "values")
    )
    """The texts that one and the same result holds."""

    def fits(self, result: str) -> bool:
        looked_at = SearchedText(result)
        return all(looked_at.holds(text) for text in self.patterns)

    def wanted(self) -> str:
        return ", ".join(quoted(text) for text in self.patterns[:5])


class ToolResultMatches(_OnResults):
    """Holds when the result of a tool call matches a regular expression.

        - type: tool_result_matches
          tool: create_order
          pattern: 'ORD-\\d{6}'

    A result that is no text is looked at as JSON.

    Error: when the provider does not tell which tools were called, or what came of them, or when
    the pattern needs more than a second.
    """

    type: ClassVar[str] = "tool_result_matches"

    pattern: Pattern
    """What is searched in the result."""

    def fits(self, result: str) -> bool:
        return search(self.pattern, result) is not None

    def wanted(self) -> str:
        return quoted(self.pattern)


class ToolEfficiency(ToolCallAssertion):
    """Holds when no more calls were made, and no more of them failed, than is allowed.

        - type: tool_efficiency
          max_calls: 5
          max_error_rate: 0.2

    Error: when the provider does not tell which tools were called; with `max_errors` and
    `max_error_rate` also when it does not tell what came of them.
    """

    type: ClassVar[str] = "tool_efficiency"

    max_calls: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """How many calls may be made."""
    max_errors: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """How many of them may fail."""
    max_error_rate: Annotated[float | None, NotNull] = Field(default=None, ge=0, le=1)
    """The share of them that may fail."""

    @model_validator(mode="after")
    def _limits_something(self) -> ToolEfficiency:
        if self.max_calls is None and self.max_errors is None and self.max_error_rate is None:
            raise PydanticCustomError(
                "tool_efficiency",
                "tool_efficiency limits nothing",
                {
                    "expected": "max_calls, max_errors or max_error_rate",
                    "fix": "add max_calls: …",
                },
            )
        if self.max_error_rate == 1 and self.max_calls is None and self.max_errors is None:
            raise PydanticCustomError(
                "cannot_fail",
                "max_error_rate: 1 holds whatever comes, so that this checks nothing",
                {"expected": "less than 1", "fix": "lower it, or add max_calls: …"},
            )
        return self

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        expected = self._expected()
        if self.max_calls is not None and len(calls) > self.max_calls:
            made = counted(len(calls), "call")
            reason = f"{made}, over the {self.max_calls} allowed; {told(calls)}"
            return Outcome.of(False, reason, expected=expected)
        if self.max_errors is None and self.max_error_rate is None:
            return Outcome.of(True, told(calls), expected=expected)
        if (unclear := untold(calls, calls)) is not None:
            return unclear
        failed = [call for call in calls if call.error is not None]
        rate = len(failed) / len(calls) if calls else 0.0
        over = self.max_errors is not None and len(failed) > self.max_errors
        over = over or (
            self.max_error_rate is not None and not stays_within(rate, self.max_error_rate)
        )
        reason = f"{len(failed)} of {len(calls)} calls failed"
        first = f", first {told_one(failed[0])}" if failed else ""
        return Outcome.of(not over, reason + first, expected=expected)

    def _expected(self) -> str:
        limits = {
            "calls": self.max_calls,
            "failed": self.max_errors,
            "failed of all": None if self.max_error_rate is None else share(self.max_error_rate),
        }
        given = (f"{most} {what}" for what, most in limits.items() if most is not None)
        return "at most " + ", ".join(given)


def _text(call: ToolCall) -> str:
    return "" if call.result is None else json_or_text(call.result)
