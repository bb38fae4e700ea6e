"""Assertions on what one step of a prompt chain, or one state of a workflow, gave."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.groups import AllOf
from pytest_arena.errors import shorten
from pytest_arena.results.request_response import Response
from pytest_arena.results.step import Step
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.schema.assertion import Outcome
from pytest_arena.text.numbers import counted


def _number_or_name(value: object) -> object:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if is_number or (isinstance(value, str) and value.strip()):
        return value
    raise PydanticCustomError(
        "step_name",
        "bad step {given}",
        {
            "given": shorten(repr(value), 60),
            "expected": "the number of a step from 1 on, or its name",
            "fix": "write step: 1",
        },
    )


_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "\\S"}]}
StepName = Annotated[int | str, PlainValidator(_number_or_name), WithJsonSchema(_SCHEMA)]
"""A step's number from 1 on, or its name."""


class StepOutput(AllOf):
    """Holds when every member holds for what one step of a [prompt chain](chains.md) gave, or one
    task of a [chain of tasks](task-chains.md).

        - type: step_output
          step: 1
          assertions:
            - {type: contains, value: refund}
            - {type: max_words, value: 80}

    `step` is a number from 1 on, or the step's `name`. The members see the step's output as if it
    were the answer, with the time that the step took; what is not known of a single step, such as
    its tokens, is an `error` there. A step that did not run, since a chain breaker ended the chain
    before it, fails. Of a task that ran several times it is the last time; its number counts the
    tasks as they ran. Of a conversation it is the last turn's step, in a turn's own assertions
    that turn's.

    Error: when a member that counts is an error, and when the answer is no chain's or does not keep
    what its steps gave.
    """

    type: ClassVar[str] = "step_output"
    needs_answer: ClassVar[bool] = True

    step: StepName
    """The step's number from 1 on, or its name."""

    @property
    def chain_step(self) -> int | str | None:
        return self.step

    def seen(self, trial: Trial) -> Trial | Outcome:
        answer = trial.last
        kinds = ("instruction", "state")
        steps = [one for one in answer.steps if one.kind in kinds] if answer else []
        if answer is None or not steps:
            return Outcome.error("the answer tells of no steps of a chain")
        found = self._found(steps)
        if found is None:
            ran = counted(len(steps), "step")
            return Outcome.unseen(f"step {self.step} did not run: the chain ended after {ran}")
        if found.error is not None:
            return Outcome.error(f"step {self.step} gave nothing: {found.error}")
        output = Response(
            found.text,
            latency_ms=found.duration_ms,
            source=answer.source,
            model=answer.model,
            tells_tools=False,
        )
        turns = len(trial.responses)
        # a single turn's trial is cut to that turn already
        last = trial.at_turn(turns - 1) if turns > 1 else trial
        return replace(last, responses=(output,))

    def combine(self, findings: tuple[Finding, ...]) -> Outcome:
        outcome = super().combine(findings)
        return replace(outcome, reason=f"step {self.step}: {outcome.reason}")

    def _found(self, steps: list[Step]) -> Step | None:
        if isinstance(self.step, int):
            return steps[self.step - 1] if self.step <= len(steps) else None
        return next((one for one in reversed(steps) if one.name == self.step), None)
