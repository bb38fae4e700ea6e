"""Assert that an answer is better than another provider's, or than the baseline's."""

from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.judge_base import JudgedAssertion, answer, dialogue, outcome_of
from pytest_arena.judging.llm.pairwise import AnswerPair, both_questions, prefer, preference_task
from pytest_arena.judging.llm.panel import NO_ENGINE, NO_JUDGE, Question
from pytest_arena.results.judging import BASELINE, Judging
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome

_EXPECTED = "the better answer"


class PreferredOver(JudgedAssertion):
    """Holds when a judge prefers the answer to another one, asked in both orders.

        - type: preferred_over
          provider: budget
          criteria: Helps a customer who is in a hurry.

    The judge sees the two answers twice, in either order; unless it chooses the same answer both
    times, the two are a tie. The score is 1 for the better answer, 0.5 for a tie and 0 for the
    worse one, so that `threshold: 0.5` lets ties pass. Skipped on the provider's own cell, and
    where the baseline has no answer yet.

    Error: when the other provider gave no answer or a content filter cut it, no judge is
    configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "preferred_over"
    prompts: ClassVar[tuple[str, ...]] = ("preference", "levels_reply")

    provider: str | None = Field(default=None, min_length=1)
    """The provider whose answer to the same trial is compared."""
    baseline: Literal[True] | None = None
    """Compare with the answer that the baseline keeps of this cell."""
    criteria: str | None = Field(default=None, min_length=1)
    """What makes an answer better; the judge decides unless given."""

    @model_validator(mode="after")
    def _has_one_rival(self) -> Self:
        if (self.provider is None) == (self.baseline is None):
            raise PydanticCustomError(
                "rival",
                "preferred_over has {what} to compare with",
                {
                    "what": "nobody" if self.provider is None else "both a provider and a baseline",
                    "expected": "`provider: NAME` or `baseline: true`",
                },
            )
        return self

    @property
    def rivals(self) -> tuple[str, ...]:
        return (self.provider,) if self.provider else ()

    @property
    def unfit_for_load(self) -> str:
        if self.baseline:
            return "the baseline keeps no answers of a load case"
        return "another provider has no answers to the calls of a load"

    def questions(self, trial: Trial, context: CheckContext) -> tuple[Question, ...]:
        if self.provider == context.provider or not (self.judge or context.judge):
            return ()
        own, name = answer(trial).text, self.provider or BASELINE
        # another answer of the same length
        rival = (name * (len(own) // len(name) + 1))[: len(own)]
        pair = AnswerPair(dialogue(trial), own, rival, name)
        return both_questions(pair, self.criteria, self.least(1.0))

    def surely_asks(self, context: CheckContext) -> bool:
        return self.provider is not None or context.baseline_output is not None

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        if self.provider == context.provider:
            return Outcome("skipped", f"skipped: {self.provider} is not compared with itself")
        judge = self.judge or context.judge
        if judge is None:
            return Outcome.error(NO_JUDGE.format(type=self.type))
        if context.ask is None:
            return Outcome.error(NO_ENGINE)
        rival = await self._rival(context)
        if isinstance(rival, Outcome):
            return rival
        pair = AnswerPair(dialogue(trial), answer(trial).text, rival, self.provider or BASELINE)
        ruling = await prefer(pair, self.criteria, judge, context.ask, self.least(1.0))
        known = context.calibrations.get(ruling.judging.key)
        return outcome_of(
            replace(ruling, judging=replace(ruling.judging, calibration=known)), _EXPECTED
        )

    async def _rival(self, context: CheckContext) -> str | Outcome:
        """Return the other answer, or why there is none."""
        if self.provider is None:
            return self._kept(context)
        if context.rival is None:
            return Outcome.error(NO_ENGINE)
        other = await context.rival(self.provider)
        if other.error is not None:
            text = other.error.message
            return Outcome.error(f"provider {self.provider!r} gave no answer to compare: {text}")
        if other.last is None or any(event.action == "block" for event in other.guardrails):
            return Outcome.error(f"a guardrail left no answer of {self.provider!r} to compare")
        if other.last.is_cut_by_filter:
            return Outcome.error(
                f"a content filter cut the answer of {self.provider!r}, and a part of an answer "
                "cannot be compared"
            )
        return other.last.in_words

    def _kept(self, context: CheckContext) -> str | Outcome:
        if context.baseline_output is not None:
            return context.baseline_output
        # marked as a comparison, so that an update of the baseline keeps this answer
        mark = Judging(preference_task(self.criteria).label, "", rival=BASELINE)
        reason = (
            "skipped: the baseline has no answer of this cell to compare with\n"
            "  fix: run with --arena-baseline and --arena-update-baseline, which keeps it"
        )
        return Outcome("skipped", reason).judged_by(mark)
