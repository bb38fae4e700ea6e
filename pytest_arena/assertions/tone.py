"""The assertion on an answer's tone: judged offline, by a judge where that is unsure."""

from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.judge_base import DEGREES, answer, levels_task
from pytest_arena.assertions.llm_judge import LEAST
from pytest_arena.assertions.offline_judge_base import JudgedOffline
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.llm.levels import Levels
from pytest_arena.judging.llm.panel import Question
from pytest_arena.judging.tone import TONES
from pytest_arena.results.trial import Trial
from pytest_arena.running.time_limit import in_thread_within
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.numbers import number, reaches

_LEAST_CHANGE = 0.1
"""A score that moved by less says nothing: other words for the same do that."""


class Tone(JudgedOffline):
    """Holds when the answer has a tone, such as professional, friendly or empathetic.

        - type: tone
          value: professional
          min_score: 0.7

    Ten tones are judged offline, in English: professional, polite, formal, casual, friendly,
    empathetic, apologetic, neutral, positive and negative (docs/tone.md). Where that is unsure, and
    for any other tone, a judge is asked. With `relative_to: baseline` it holds unless the answer
    has clearly less of the tone than the baseline's had.

    Error: when it is unsure and `on_unsure` is `error`, a tone of another name has no judge, or a
    judge gives no usable judgement.
    """

    type: ClassVar[str] = "tone"
    reads_text: ClassVar[bool] = True
    prompts: ClassVar[tuple[str, ...]] = ("tone", "levels_reply")

    value: str = Field(min_length=1)
    """The tone."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score. Offline, a clear yes has 0.7 and more, a clear no 0.3 and less."""
    relative_to: Literal["baseline"] | None = None
    """Compare with the same cell's answers in the baseline, instead of with `min_score`."""

    @model_validator(mode="after")
    def _is_comparable(self) -> Self:
        if self.relative_to and self._name not in TONES:
            raise PydanticCustomError(
                "tone",
                "{value} cannot be compared with the baseline",
                {
                    "value": f"tone {quoted(self.value)}",
                    "expected": f"one of {', '.join(TONES)}",
                },
            )
        if self.relative_to and (self.negate or self.threshold is not None):
            raise PydanticCustomError(
                "tone",
                "'relative_to' beside {key}",
                {
                    "key": "'not'" if self.negate else "'threshold'",
                    "expected": "'relative_to' alone: it holds unless there is less of the tone",
                },
            )
        return self

    @property
    def _name(self) -> str:
        return self.value.strip().lower()

    @property
    def unfit_for_load(self) -> str | None:
        return "the baseline keeps no scores of a load case" if self.relative_to else None

    def surely_asks(self, context: CheckContext) -> bool:
        return self._name not in TONES

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        if self._name not in TONES:
            if self.judge or context.judge:
                return await super().check(trial, context)
            return Outcome.error(
                f"tone {quoted(self.value)} cannot be judged offline\n"
                f"  expected: one of {', '.join(TONES)}, or a judge\n"
                "  fix: write one of these, or configure a judge with `judge:`"
            )
        from pytest_arena.judging.tone.judgement import judge_tone

        found = await in_thread_within(
            self.longest_s, lambda: judge_tone(trial.output or "", self._name)
        )
        if self.relative_to and found.score is not None:
            return self._compared(found.score, found.evidence, context)
        score = "" if found.score is None else f" {number(found.score)}"
        told = f"{self._name}{score}; {found.evidence}"
        if found.answer == "unsure" or found.score is None:
            return await self.settled(told, trial, context, score=found.score)
        return Outcome.of(
            reaches(found.score, self.least(self.min_score)),
            told,
            score=found.score,
            expected=self._expected(),
        )

    def _expected(self) -> str:
        return f"{self._name}, {number(self.least(self.min_score))} or more"

    def _compared(self, score: float, evidence: str, context: CheckContext) -> Outcome:
        measure = f"{self._name} tone"
        before = context.baseline_scores.get(measure)
        expected = f"as {self._name} as the baseline's"
        if before is None:
            told = f"{self._name} {number(score)}; the baseline has no score to compare it with"
            outcome = Outcome("unsure", f"unsure: {told}", score)
        else:
            change = score - before
            told = (
                f"{self._name} {number(score)}, {_moved(change)} the baseline's "
                f"({number(before)}); {evidence}"
            )
            outcome = Outcome.of(change > -_LEAST_CHANGE, told, score=score)
        return replace(outcome, expected=expected, measure=measure)

    def question(self, trial: Trial, context: CheckContext) -> Question:
        form = Levels(DEGREES)
        task = levels_task("tone", form, tone=self.value)
        return Question(task, (answer(trial),), form, self.least(self.min_score))


def _moved(change: float) -> str:
    if abs(change) < _LEAST_CHANGE:
        return "much as"
    return "more than" if change > 0 else "less than"
