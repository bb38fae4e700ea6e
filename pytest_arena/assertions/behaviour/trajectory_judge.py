"""The way that an agent took, as a judge sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.behaviour.judged_steps import JudgesSteps, steps_task, untold_calls
from pytest_arena.assertions.llm_judge import ByCriteria
from pytest_arena.judging.llm.panel import Question
from pytest_arena.judging.llm.steps import StepLevels
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.base import SomeTexts

_SENSIBLE = (
    "Each step follows from what was known by then and brings what the user wants closer. Nothing "
    "was done twice or in vain, nothing that the user did not want, and what failed was dealt with."
)


class TrajectoryJudge(JudgesSteps, ByCriteria):
    """Holds when a judge finds the way sensible that an agent took, step by step.

        - type: trajectory_judge
          criteria: Looks the order up before it pays anything back.

    The judge reads what was said, each call with its arguments, and what came of it, as numbered
    steps. Whatever it decides it must quote a step for, and the quote must occur in that step.
    A path that you know is checked without a judge by `trajectory`.

    Error: when the provider does not tell which tools were called, no judge is configured, or the
    judge gives no usable judgement.
    """

    type: ClassVar[str] = "trajectory_judge"
    prompts: ClassVar[tuple[str, ...]] = ("trajectory", "steps_reply")

    criteria: str = Field(
        default=_SENSIBLE, min_length=1, validation_alias=AliasChoices("criteria", "value")
    )
    """What a good way is, in plain words; a sensible one unless given."""
    reference: SomeTexts | None = None
    """A way that is right, in plain words or as a list of steps; others may be, too."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        untold = untold_calls(trial)
        if untold is not None:
            return untold
        form = StepLevels(tuple(replace(each, needs_quote=True) for each in self.levels))
        reference = ""
        if self.reference:
            listed = "\n".join(f"- {one}" for one in self.reference)
            reference = f"\n\nThis way is right; another one may be, too:\n{listed}"
        task = steps_task("trajectory", form, criteria=self.criteria, reference=reference)
        least = self.least(self.min_score)
        return self.about_steps(trial, task, form, least, files=self.files_to_see(trial))
