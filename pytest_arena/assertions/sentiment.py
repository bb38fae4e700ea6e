"""The assertion on an answer's sentiment, judged offline."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.judge_base import answer, levels_task
from pytest_arena.assertions.offline_judge_base import JudgedOffline
from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.panel import Question
from pytest_arena.results.trial import Trial
from pytest_arena.running.time_limit import in_thread_within
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.numbers import number

_MOODS = {
    "very negative": -1.0,
    "negative": -0.5,
    "neutral": 0.0,
    "positive": 0.5,
    "very positive": 1.0,
}
_RANGES = {"negative": (-1.0, -0.25), "neutral": (-0.25, 0.25), "positive": (0.25, 1.0)}
_DOUBTFUL = 0.1
"""So near to an end of the range a value says nothing: another wording would cross it."""


class Sentiment(JudgedOffline):
    """Holds when the answer's sentiment is in a range from -1 (negative) to 1 (positive).

        - type: sentiment
          range: [0.2, 1.0]

    It is read off the words of the answer, in English, without a judge (docs/tone.md). Within 0.1
    of an end of the range, or where kind words stand beside unkind phrases, it is unsure; a judge
    then chooses one of five moods, from -1 in steps of a half.

    Error: when it is unsure and `on_unsure` is `error`, or a judge gives no usable judgement.
    """

    type: ClassVar[str] = "sentiment"
    reads_text: ClassVar[bool] = True
    prompts: ClassVar[tuple[str, ...]] = ("sentiment", "levels_reply")

    range: tuple[float, float] | Literal["negative", "neutral", "positive"] = Field()
    """Two numbers from -1 to 1, or `negative`, `neutral` or `positive`."""

    @field_validator("range", mode="before")
    @classmethod
    def _is_a_range(cls, given: object) -> object:
        if given in ("negative", "neutral", "positive"):
            return given
        if isinstance(given, (list, tuple)) and len(given) == 2:
            low, high = given
            numbers = (isinstance(v, (int, float)) and not isinstance(v, bool) for v in given)
            if all(numbers) and -1 <= low <= high <= 1:
                return given
        raise PydanticCustomError(
            "sentiment_range",
            "bad sentiment range {given}",
            {
                "given": repr(given),
                "expected": "[low, high] from -1 to 1, or negative, neutral or positive",
            },
        )

    async def check(self, trial: Trial, context: CheckContext) -> Outcome:
        from pytest_arena.judging.tone.judgement import judge_mood

        mood = await in_thread_within(self.longest_s, lambda: judge_mood(trial.output or ""))
        low, high = self._ends
        wanted = self._wanted
        if mood.doubt is not None:
            return await self.settled(mood.doubt, trial, context)
        evidence = mood.judgement.evidence
        told = f"sentiment {number(mood.value)} (wanted: {wanted}); {evidence}"
        ends = [end for end in (low, high) if abs(end) < 1]
        if any(abs(mood.value - end) < _DOUBTFUL for end in ends):
            return await self.settled(f"{told}; near an end of the range", trial, context)
        return Outcome.of(low <= mood.value <= high, told, expected=self._expected())

    def question(self, trial: Trial, context: CheckContext) -> Question:
        low, high = self._ends
        levels = tuple(
            Level(name, 1.0 if low <= mood <= high else 0.0) for name, mood in _MOODS.items()
        )
        form = Levels(levels, is_scale=False)
        return Question(levels_task("sentiment", form), (answer(trial),), form, self.least(1.0))

    def _expected(self) -> str:
        return f"sentiment {self._wanted}"

    @property
    def _wanted(self) -> str:
        low, high = self._ends
        return f"from {number(low)} to {number(high)}"

    @property
    def _ends(self) -> tuple[float, float]:
        return _RANGES[self.range] if isinstance(self.range, str) else self.range
