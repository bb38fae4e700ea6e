"""Whether an agent followed a plan: one that is given, or the one that it stated."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_arena.assertions.behaviour.judged_steps import (
    SHOWN_DEGREES,
    JudgesSteps,
    most_chose,
    steps_task,
    untold_calls,
)
from pytest_arena.assertions.llm_judge import LEAST
from pytest_arena.judging.llm.levels import Level
from pytest_arena.judging.llm.panel import Question, Ruling
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.steps import StepLevels
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.base import SomeTexts

_NONE_STATED = (
    "the agent stated no plan, and none is given: {reason}\n"
    "  fix: write `plan:` in the assertion, or have the agent say what it will do"
)
_NO_PLAN = Level("no plan", 0.0, "the assistant stated no plan in any of its steps")


class PlanAdherence(JudgesSteps):
    """Holds when an agent followed the plan that it was given, or else the one that it stated.

        - type: plan_adherence
          plan:
            - find the order
            - ask the customer before anything is paid back
            - pay it back once

    The judge reads what was said, called and given as numbered steps, and must quote those by which
    the plan was followed. Without `plan` it looks for the plan that the agent stated: in its own
    words, in its thoughts where the provider tells them, or in the arguments of a call.

    Error: when the agent stated no plan and none is given, the provider does not tell which tools
    were called, no judge is configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "plan_adherence"
    shows_thoughts: ClassVar[bool] = True
    prompts: ClassVar[tuple[str, ...]] = ("plan_adherence", "steps_reply")

    plan: SomeTexts | None = None
    """The plan, as a text or a list of what is to be done; the one that the agent states unless
    given."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        untold = untold_calls(trial)
        if untold is not None:
            return untold
        levels = SHOWN_DEGREES if self.plan else (*SHOWN_DEGREES, _NO_PLAN)
        form = StepLevels(levels)
        told = 'The material "plan" is the plan that the assistant was to follow.'
        if not self.plan:
            told = "Look for the plan that the assistant stated itself, in a step of its own."
        task = steps_task("plan_adherence", form, plan=told)
        before = (Material("plan", "\n".join(self.plan)),) if self.plan else ()
        return self.about_steps(trial, task, form, self.least(self.min_score), before=before)

    def concluded(self, question: Question, ruling: Ruling) -> Outcome:
        outcome = super().concluded(question, ruling)
        if outcome.verdict != "passed" and most_chose(ruling, _NO_PLAN.name):
            return Outcome.error(_NONE_STATED.format(reason=outcome.reason)).judged_by(
                outcome.judge
            )
        return outcome

    def _expected(self) -> str | None:
        return "; ".join(self.plan) if self.plan else None
