"""Assertions of the simple dialect that need a judge or a scorer, which this version lacks."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.judging.wording import quoted
from pytest_arena.results.models import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome


class _Judged(Assertion):
    graded: ClassVar[bool] = True

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return Outcome.error(
            f"{self._subject} cannot be judged: this version has neither a judge nor an offline "
            f"scorer for {self.type}\n"
            "  fix: write a `python` assertion that judges it, or take this one out"
        )

    @property
    def _subject(self) -> str:
        return self.type


class Tone(_Judged):
    """Hold when the answer has a tone, such as professional, friendly or empathetic.

        - type: tone
          value: professional
          min_score: 0.7

    Error: always in this version, which has neither a judge nor an offline scorer for it.
    """

    type: ClassVar[str] = "tone"

    value: str = Field(min_length=1)
    """The tone."""
    min_score: float | None = Field(default=None, ge=0, le=1)
    """The least score."""

    @property
    def _subject(self) -> str:
        return f"tone {quoted(self.value)}"


class Sentiment(_Judged):
    """Hold when the answer's sentiment is in a range from -1 (negative) to 1 (positive).

        - type: sentiment
          range: [0.2, 1.0]

    Error: always in this version, which has neither a judge nor an offline scorer for it.
    """

    type: ClassVar[str] = "sentiment"

    range: tuple[float, float] | Literal["negative", "neutral", "positive"]
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


class Relevance(_Judged):
    """Hold when the answer is to the point of the prompt and takes up the themes it should.

        - type: relevance
          min_score: 0.8
          expected_themes: [billing, refund]

    Error: always in this version, which has neither a judge nor an offline scorer for it.
    """

    type: ClassVar[str] = "relevance"

    min_score: float | None = Field(default=None, ge=0, le=1)
    """The least score."""
    expected_themes: tuple[str, ...] | None = None
    """What the answer should take up; the case's own themes unless given."""


class ContextAware(_Judged):
    """Hold when the answer uses what was said earlier in the conversation.

        - type: context_aware
          expected: true

    Error: always in this version, which has neither a judge nor an offline scorer for it.
    """

    type: ClassVar[str] = "context_aware"

    expected: bool = True
    """Whether the answer shall use it."""
