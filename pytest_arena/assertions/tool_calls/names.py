"""Which tools were called, how often, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import AliasChoices, Field, model_validator

from pytest_arena.assertions.messages import bounded, counting
from pytest_arena.assertions.tool_calls.base import (
    Calls,
    ToolCallAssertion,
    ToolName,
    ToolNames,
    call_key,
    is_one_of,
    named,
    told,
    tool_name,
)
from pytest_arena.assertions.within_bounds import WithinBounds, bad_bounds
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.base import NotNull
from pytest_arena.text.numbers import counted, number
from pytest_arena.text.tool_names import means_tool

Names = Annotated[ToolNames, Field(min_length=1)]


class ToolsCalled(ToolCallAssertion):
    """Holds when these tools were called.

        - type: tools_called
          tools: [find_order, refund]
          order: in_order

    `order: any` (the default) wants each tool, in whatever order and beside whatever others;
    `in_order` wants them one after another, others may stand between; `exact` wants these calls
    and no others. A tool that is named twice is wanted twice. Calls that failed count: see
    `no_tool_errors`. In a name `*` stands for any text, and each name is counted by itself, so that
    one call may count for several.

    Error: when the provider does not tell which tools were called.
    """

    type: ClassVar[str] = "tools_called"
    aliases: ClassVar[tuple[str, ...]] = ("tool_called",)

    tools: Names = Field(validation_alias=AliasChoices("tools", "tool_names", "value"))
    """The tools, one or several."""
    order: Literal["any", "in_order", "exact"] = "any"
    """Whether the order counts: `any`, `in_order`, or `exact`, without any other call."""
    min_calls: int = Field(default=1, ge=1)
    """How often each of them is called at least."""
    max_calls: Annotated[int | None, NotNull] = Field(default=None, ge=1)
    """How often each of them may be called."""

    @model_validator(mode="after")
    def _bounds_fit(self) -> ToolsCalled:
        if self.max_calls is not None and self.max_calls < self.min_calls:
            raise bad_bounds("min_calls", "max_calls")
        return self

    def is_shown_by_a_part(self, *, held: bool) -> bool:
        # further calls take nothing away from those that were made
        return held and self.order != "exact" and self.max_calls is None

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        expected = " before ".join(self.tools) if self.order != "any" else ", ".join(self.tools)
        if self.order == "exact":
            expected = f"exactly {', '.join(self.tools)}"
        for name, times in Counter(self.tools).items():
            least, made = max(times, self.min_calls), len(named(calls, [name]))
            if made < least:
                often = "" if least == 1 else f" {number(least)} times"
                reason = f"expected {name}{often}; {told(calls)}"
                return Outcome.of(False, reason, expected=expected)
            if self.max_calls is not None and made > self.max_calls:
                reason = f"{counted(made, 'call')} of {name}, over the {self.max_calls} allowed"
                return Outcome.of(False, f"{reason}; {told(calls)}", expected=expected)
        holds = self.order == "any" or followed(self.tools, calls) == len(self.tools)
        holds = holds and (self.order != "exact" or len(calls) == len(self.tools))
        reason = told(calls) if holds else f"expected {expected}; {told(calls)}"
        return Outcome.of(holds, reason, expected=expected)


class ToolsNotCalled(ToolCallAssertion):
    """Holds when none of these tools was called.

        - type: tools_not_called
          tools: [delete_account]

    Error: when the provider does not tell which tools were called.
    """

    type: ClassVar[str] = "tools_not_called"

    tools: Names = Field(validation_alias=AliasChoices("tools", "tool_names", "value"))
    """The tools, one or several."""

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        found = named(calls, self.tools)
        return Outcome.of(not found, told(found or calls), expected=f"no {', '.join(self.tools)}")


class ToolCallCount(WithinBounds, ToolCallAssertion):
    """Holds when a tool, or all tools together, were called so many times.

        - type: tool_call_count
          tool: search
          min: 1
          max: 3

    Error: when the provider does not tell which tools were called.
    """

    type: ClassVar[str] = "tool_call_count"

    tool: ToolName | None = None
    """Count the calls of this tool alone."""

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        found = named(calls, [self.tool] if self.tool else [])
        form = counting("tool call") if self.tool is None else self._counted_of
        return bounded(len(found), form, minimum=self.min, maximum=self.max)

    def _counted_of(self, calls: float) -> str:
        return f"{counted(calls, 'call')} of {self.tool}"


class ToolCallSequence(ToolCallAssertion):
    """Holds when tools were called one after another; other calls may stand between.

        - type: tool_call_sequence
          sequence: [find_order, refund]

    Error: when the provider does not tell which tools were called.
    """

    type: ClassVar[str] = "tool_call_sequence"

    sequence: Names = Field(validation_alias=AliasChoices("sequence", "value"))
    """The tools in their order; one may be named several times."""

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        expected = " before ".join(self.sequence)
        matched = followed(self.sequence, calls)
        if matched == len(self.sequence):
            return Outcome.of(True, told(calls), expected=expected)
        missing = self.sequence[matched]
        after = f" after {self.sequence[matched - 1]}" if matched else ""
        return Outcome.of(False, f"expected {missing}{after}; {told(calls)}", expected=expected)


class ToolNoRepeat(ToolCallAssertion):
    """Holds when no call was made again.

        - type: tool_no_repeat
          max_repeats: 2

    The same call is the same tool with the same arguments, wherever it stands. `compare: tool`
    takes any two calls of a tool for the same, whatever their arguments, and `consecutive: true`
    counts only those that follow one another; PromptArena means both.

    Error: when the provider does not tell which tools were called.
    """

    type: ClassVar[str] = "tool_no_repeat"

    tools: ToolNames = ()
    """Look at these tools alone."""
    max_repeats: int = Field(default=1, ge=1)
    """How often a call may be made."""
    compare: Literal["call", "tool"] = "call"
    """What is the same: a `call` with its arguments, or any call of the same `tool`."""
    consecutive: bool = False
    """Count only calls that follow one another."""

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        seen: Counter[str] = Counter()
        before = ""
        for call in calls:
            same = call.name if self.compare == "tool" else call_key(call)
            if self.consecutive and same != before:
                seen.clear()
            before = same
            seen[same] += 1
            looked_at = not self.tools or is_one_of(call, self.tools)
            if looked_at and seen[same] > self.max_repeats:
                reason = f"{tool_name(call.name)} was called again; {told(calls)}"
                return Outcome.of(False, reason, expected=self._expected())
        return Outcome.of(True, told(calls), expected=self._expected())

    def _expected(self) -> str:
        what = "call" if self.compare == "call" else "tool"
        return f"no {what} more than {number(self.max_repeats)}×" + (
            " in a row" if self.consecutive else ""
        )


class ToolCallF1(ToolCallAssertion):
    """Holds when exactly these tools were called, by the F1 score of their names.

        - type: tool_call_f1
          tools: [find_order, refund]
          threshold: 0.6

    The names that were called are compared with those that were wanted, each once: F1 is the
    harmonic mean of precision and recall. Without `threshold` it must be 1.

    Error: when the provider does not tell which tools were called.
    """

    type: ClassVar[str] = "tool_call_f1"
    aliases: ClassVar[tuple[str, ...]] = ("tool-call-f1",)
    graded: ClassVar[bool] = True

    tools: Names = Field(validation_alias=AliasChoices("tools", "value"))
    """The tools that are wanted."""

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        wanted = set(self.tools)
        made = list({call.name: call for call in calls}.values())
        right = sum(is_one_of(call, wanted) for call in made)
        found = sum(bool(named(made, [name])) for name in wanted)
        # the harmonic mean of right / made and found / wanted, in one division
        both = right * len(wanted) + found * len(made)
        score = 2 * right * found / both if both else 0.0
        reason = f"F1 {number(score)}: {told(calls)}"
        return Outcome.of(score == 1, reason, score=score, expected=", ".join(self.tools))


def followed(wanted: Iterable[str], calls: Calls) -> int:
    """Return how many of the wanted tools were called one after another."""
    left, matched = iter(calls), 0
    for name in wanted:
        if not any(means_tool(name, call.name) for call in left):
            break
        matched += 1
    return matched
