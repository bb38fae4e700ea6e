"""Assertions on how long an answer is, in characters, words and sentences."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.messages import bounded, counting
from pytest_arena.judging.words import count_characters, count_sentences, count_words
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, MoreText, Outcome, brief
from pytest_arena.schema.base import NotNull
from pytest_arena.schema.out_of_reach import never_as_many, never_so_many


class MinLength(Assertion):
    """Holds when the answer has at least so many characters.

        - type: min_length
          value: 40

    Error: never.
    """

    type: ClassVar[str] = "min_length"
    more_text: ClassVar[MoreText] = "help"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: int = Field(ge=1)
    """Characters that a reader sees."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return never_so_many(self.value, most_bytes, "characters") if self.negate else None

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return bounded(
            count_characters(trial.output or ""), counting("character"), minimum=self.value
        )


class MaxLength(Assertion):
    """Holds when the answer has at most so many characters.

        - type: max_length
          value: 500

    Error: never.
    """

    type: ClassVar[str] = "max_length"
    more_text: ClassVar[MoreText] = "harm"
    graded: ClassVar[bool] = True

    value: int = Field(ge=0)
    """Characters that a reader sees."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return None if self.negate else never_as_many(self.value, most_bytes, "characters")

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return bounded(
            count_characters(trial.output or ""), counting("character"), maximum=self.value
        )

    @property
    def expects_empty(self) -> bool:
        return self.value == 0 and not self.negate


class Length(Assertion):
    """Holds when the answer's characters are within two bounds.

        - type: length
          min: 40
          max: 500

    Error: never.
    """

    type: ClassVar[str] = "length"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    min: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """The fewest characters that a reader sees."""
    max: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """The most characters that a reader sees."""

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        if self.min is None and self.max is None:
            raise PydanticCustomError(
                "missing_value", "length has no bound", {"expected": "`min`, `max` or both"}
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError(
                "bounds",
                "length can never hold: min {low} is over max {high}",
                {"low": self.min, "high": self.max, "expected": "`min` at most `max`"},
            )
        return self

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        if self.negate:
            return never_so_many(self.min or 0, most_bytes, "characters")
        if self.max is None or self.min:
            return None
        return never_as_many(self.max, most_bytes, "characters")

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        length = count_characters(trial.output or "")
        return bounded(length, counting("character"), minimum=self.min, maximum=self.max)


class MinWords(Assertion):
    """Holds when the answer has at least so many words.

        - type: min_words
          value: 10

    Words stand between blanks and hold a letter or a digit: a dash or an emoji is none.

    Error: never.
    """

    type: ClassVar[str] = "min_words"
    more_text: ClassVar[MoreText] = "help"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: int = Field(ge=1)
    """Words."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return never_so_many(self.value, most_bytes, "words") if self.negate else None

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return bounded(count_words(trial.output or ""), counting("word"), minimum=self.value)


class MaxWords(Assertion):
    """Holds when the answer has at most so many words.

        - type: max_words
          value: 120

    Words stand between blanks and hold a letter or a digit: a dash or an emoji is none.

    Error: never.
    """

    type: ClassVar[str] = "max_words"
    more_text: ClassVar[MoreText] = "harm"
    graded: ClassVar[bool] = True

    value: int = Field(ge=0)
    """Words."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return None if self.negate else never_as_many(self.value, most_bytes, "words")

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return bounded(count_words(trial.output or ""), counting("word"), maximum=self.value)


class MinSentences(Assertion):
    """Holds when the answer has at least so many sentences.

        - type: min_sentences
          value: 2

    A sentence ends at `.`, `!`, `?`, `…` or their like in other scripts (`。`, `؟`, `।`), at a
    blank line, and where an item of a list begins. Initials and common abbreviations (`U.S.`)
    end none, unless a word such as `It` or `The` follows.

    Error: never.
    """

    type: ClassVar[str] = "min_sentences"
    more_text: ClassVar[MoreText] = "help"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: int = Field(ge=1)
    """Sentences."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return never_so_many(self.value, most_bytes, "sentences") if self.negate else None

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return bounded(
            count_sentences(trial.output or ""), counting("sentence"), minimum=self.value
        )


class MaxSentences(Assertion):
    """Holds when the answer has at most so many sentences.

        - type: max_sentences
          value: 4

    A sentence ends at `.`, `!`, `?`, `…` or their like in other scripts (`。`, `؟`, `।`), at a
    blank line, and where an item of a list begins. Initials and common abbreviations (`U.S.`)
    end none, unless a word such as `It` or `The` follows.

    Error: never.
    """

    type: ClassVar[str] = "max_sentences"
    more_text: ClassVar[MoreText] = "harm"
    graded: ClassVar[bool] = True

    value: int = Field(ge=0)
    """Sentences."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return None if self.negate else never_as_many(self.value, most_bytes, "sentences")

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return bounded(
            count_sentences(trial.output or ""), counting("sentence"), maximum=self.value
        )
