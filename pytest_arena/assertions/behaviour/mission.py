"""Whether an agent accomplished the mission that it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.behaviour.checked_first import CheckedFirst
from pytest_arena.assertions.behaviour.judged_steps import most_chose, steps_task
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.levels import Level
from pytest_arena.judging.llm.panel import Question, Ruling
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.reply import Read
from pytest_arena.judging.llm.reply_json import refuse
from pytest_arena.judging.llm.steps import StepLevels
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.base import SomeTexts
from pytest_arena.text.numbers import number, reaches

_CONFIDENT = ', "confidence": a number from 0 to 1'
_IN_DOUBT = "in doubt"
_ACCOMPLISHED = (
    Level("yes", 1.0, "it was accomplished, and steps show it", needs_quote=True),
    Level("no", 0.0, "it was not, or no step shows that it was"),
)


class Mission(CheckedFirst):
    """Holds when an agent accomplished its mission, surely enough.

        - type: mission
          objective: Find out where order 48213 is.
          success_criteria: The customer was told a day of arrival that a tool gave.
          confidence_threshold: 0.7

    A `success_check` is asked first: true and false decide, None leaves it to the judge. The judge
    reads what was said, called and given as numbered steps, says yes or no with its confidence, and
    must quote the steps that show a yes. A yes or a no below `confidence_threshold` is `unsure`.
    The score is the confidence in a yes, and 0 of a no.

    Error: when no judge is configured, the judge gives no usable judgement, or the function cannot
    be called or raises.
    """

    type: ClassVar[str] = "mission"
    prompts: ClassVar[tuple[str, ...]] = ("mission", "steps_reply")

    objective: str = Field(min_length=1, validation_alias=AliasChoices("objective", "value"))
    """What the agent was to do, in plain words."""
    success_criteria: SomeTexts | None = None
    """By what one sees that it was done; a text, or a list of which all must hold."""
    confidence_threshold: float = Field(default=0.7, ge=0, le=1)
    """The least confidence with which a judge's verdict counts."""

    def question(self, trial: Trial, context: CheckContext) -> Question:
        least = self.least(self.confidence_threshold)
        form = _Confident(_ACCOMPLISHED, least=least)
        listed = "\n".join(f"- {one}" for one in self.success_criteria or ())
        criteria = f"\n\nIt is accomplished where this holds:\n{listed}" if listed else ""
        task = steps_task(
            "mission", form, more=_CONFIDENT, objective=self.objective, criteria=criteria
        )
        return self.about_steps(trial, task, form, least)

    def concluded(self, question: Question, ruling: Ruling) -> Outcome:
        outcome = super().concluded(question, ruling)
        if outcome.verdict == "failed" and not most_chose(ruling, "no"):
            return replace(outcome, verdict="unsure")
        return outcome

    def _expected(self) -> str:
        return self.objective


@dataclass(frozen=True, slots=True)
class _Confident(StepLevels):
    """The reader of a yes or a no with a confidence; below `least` it is in doubt."""

    least: float = 0.0

    @property
    def labels(self) -> tuple[str, ...]:
        return (*StepLevels.labels.fget(self), "confidence")  # type: ignore[attr-defined]

    def read(self, judgement: Any, material: Sequence[Material]) -> Read:
        read = StepLevels.read(self, judgement, material)
        confidence = _confidence(judgement)
        if not reaches(confidence, self.least):
            doubt = f"{read.choice}, with a confidence of {number(confidence)} alone: {read.reason}"
            return replace(read, score=min(read.score, confidence), reason=doubt, choice=_IN_DOUBT)
        return replace(read, score=min(read.score, confidence))


def _confidence(judgement: Mapping[str, Any]) -> float:
    """Return a confidence, also one that is given in per cent."""
    given = judgement.get("confidence")
    if isinstance(given, str):
        written = given.strip()
        try:
            value = float(written.removesuffix("%"))
        except ValueError:
            refuse(f"'confidence' is {quoted(given, 40)}, not a number from 0 to 1")
        value = value / 100 if written.endswith("%") else value
    elif isinstance(given, (int, float)) and not isinstance(given, bool):
        value = float(given)
    else:
        refuse("there is no 'confidence', a number from 0 to 1")
    if not 0 <= value <= 1:
        refuse(f"'confidence' is {number(value)}, not a number from 0 to 1")
    return value
