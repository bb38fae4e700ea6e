"""Whether what somebody wanted of a conversation was reached."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.behaviour.checked_first import CheckedFirst
from pytest_arena.assertions.behaviour.judged_steps import SHOWN_DEGREES, steps_task
from pytest_arena.assertions.llm_judge import LEAST
from pytest_arena.judging.llm.panel import Question
from pytest_arena.judging.llm.steps import StepLevels
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext
from pytest_arena.schema.base import SomeTexts


class GoalReached(CheckedFirst):
    """Holds when a goal was reached by the end of a conversation, and steps show it.

        - type: goal_reached
          goal: The customer knows when order 48213 arrives.

    The judge reads what was said, called and given as numbered steps. It says how
    far the goal was reached, and must quote the steps that show it; what is only promised or
    claimed does not count. Of several goals each is wanted. A `success_check` is asked first.

    Error: when no judge is configured, the judge gives no usable judgement, or the function cannot
    be called or raises.
    """

    type: ClassVar[str] = "goal_reached"
    prompts: ClassVar[tuple[str, ...]] = ("goal", "steps_reply")

    goal: SomeTexts = Field(validation_alias=AliasChoices("goal", "goals", "value"))
    """What was to be reached, in plain words; a text, or a list of them."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""

    def question(self, trial: Trial, context: CheckContext) -> Question:
        form = StepLevels(SHOWN_DEGREES)
        goal = self.goal[0] if len(self.goal) == 1 else "\n".join(f"- {one}" for one in self.goal)
        task = steps_task("goal", form, goal=goal)
        return self.about_steps(trial, task, form, self.least(self.min_score))

    def _expected(self) -> str:
        return "; ".join(self.goal)
