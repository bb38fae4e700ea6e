"""The path of calls that an agent took, beside the one that it should have taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import AliasChoices, Field

from pytest_arena.assertions.behaviour.call_patterns import (
    CallPattern,
    CallPatterns,
    in_any_order,
    in_order,
)
from pytest_arena.assertions.tool_calls.base import Calls, ToolCallAssertion, told, told_one
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.numbers import counted, number, reaches
from pytest_arena.text.regex import PatternTimeoutError


class _OnPath(ToolCallAssertion):
    graded: ClassVar[bool] = True

    def compare(self, calls: Calls) -> Outcome:
        """Compare the calls with the path."""
        raise NotImplementedError(f"{type(self).__name__} has no compare()")

    def judge_calls(self, calls: Calls, context: CheckContext) -> Outcome:
        try:
            return self.compare(calls)
        except PatternTimeoutError as error:
            return Outcome.error(str(error))


class Trajectory(_OnPath):
    """Holds when an agent made these calls, in the order that is asked for.

        - type: trajectory
          mode: in_order
          steps:
            - find_order
            - {tool: "refund*", arguments: {number: "48213"}, matches: {reason: "(?i)late"}}

    `in_order` (the default) wants the steps one after another, others may stand between; `exact`
    wants these calls and no others; `any_order` wants a call of its own for each step, in whatever
    order and beside whatever others. A step is a tool's name, in which `*` stands for any text, or
    a mapping: `arguments` that the call must have (with `*` for any text in a text, `"*"` for any
    value), `matches` with a regular expression by argument, or `equals`, all the arguments. The
    score is the share of the steps that were found; without `threshold` it must be 1.

    Error: when the provider does not tell which tools were called, or when a pattern needs more
    than a second.
    """

    type: ClassVar[str] = "trajectory"

    steps: CallPatterns = Field(validation_alias=AliasChoices("steps", "value", "reference"))
    """The calls in their order: names of tools, or mappings with `tool`, `arguments`, `matches`
    and `equals`."""
    mode: Literal["in_order", "exact", "any_order"] = "in_order"
    """How the calls must follow the steps."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        return (*super().tool_names, *(one.tool for one in self.steps))

    def compare(self, calls: Calls) -> Outcome:
        expected = _path(self.steps, " and " if self.mode == "any_order" else " → ")
        if self.mode == "exact":
            expected = f"exactly {expected}"
        missed, found = {
            "in_order": self._in_order,
            "exact": self._exactly,
            "any_order": self._in_any_order,
        }[self.mode](calls)
        if missed is None:
            return Outcome.of(True, told(calls), expected=expected)
        score = found / max(len(self.steps), len(calls) if self.mode == "exact" else 0)
        return Outcome.of(False, f"{missed}; {told(calls)}", score=score, expected=expected)

    def _in_order(self, calls: Calls) -> tuple[str | None, int]:
        found = in_order(self.steps, calls)
        if found == len(self.steps):
            return None, found
        left = iter(calls)
        lost = (n for n, step in enumerate(self.steps) if not any(step.fits(c) for c in left))
        at = next(lost)
        after = f" after {self.steps[at - 1]}" if at else ""
        return f"expected {self.steps[at]}{after} (step {at + 1})", found

    def _exactly(self, calls: Calls) -> tuple[str | None, int]:
        right = [step.fits(call) for step, call in zip(self.steps, calls, strict=False)]
        if all(right) and len(calls) == len(self.steps):
            return None, len(right)
        at = right.index(False) if False in right else len(right)
        if at >= len(self.steps):
            return f"call {at + 1} is one too many: {told_one(calls[at])}", sum(right)
        made = f"call {at + 1} is {told_one(calls[at])}" if at < len(calls) else "no call came"
        return f"{made}, expected {self.steps[at]}", sum(right)

    def _in_any_order(self, calls: Calls) -> tuple[str | None, int]:
        missing = in_any_order(self.steps, calls)
        found = len(self.steps) - len(missing)
        return (f"no call is {_path(missing, ', nor ')}" if missing else None), found


class StepEfficiency(_OnPath):
    """Holds when an agent took no more calls than a reference path, and did all that is on it.

        - type: step_efficiency
          reference: [find_order, refund]
          min_score: 0.66

    The score is the number of calls on the path, divided by the number of calls that were made or
    are on the path, whichever is more: two wanted calls among four are worth 0.5, and so is one of
    two. A call counts as on the path where it follows the path's order; steps are written as those
    of `trajectory`.

    Error: when the provider does not tell which tools were called, or when a pattern needs more
    than a second.
    """

    type: ClassVar[str] = "step_efficiency"

    reference: CallPatterns = Field(
        validation_alias=AliasChoices("reference", "reference_path", "steps", "value")
    )
    """The calls that do it, in their order."""
    min_score: float = Field(default=1.0, ge=0, le=1)
    """The least score that holds."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        return (*super().tool_names, *(one.tool for one in self.reference))

    def compare(self, calls: Calls) -> Outcome:
        on_path = in_order(self.reference, calls)
        score = on_path / max(len(self.reference), len(calls))
        reason = (
            f"efficiency {number(score)}: {counted(len(calls), 'call')}, {on_path} of the "
            f"{len(self.reference)} on the path; {told(calls)}"
        )
        expected = f"at least {number(self.min_score)} of {_path(self.reference, ' → ')}"
        return Outcome.of(reaches(score, self.min_score), reason, score=score, expected=expected)


def _path(steps: Sequence[CallPattern], between: str) -> str:
    shown = [str(step) for step in steps[:5]]
    return between.join(shown) + (f"{between}…" if len(steps) > 5 else "")
