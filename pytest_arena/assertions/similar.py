"""Assertions on whether an answer says what a reference says."""

from collections.abc import Awaitable
from typing import Annotated, ClassVar, Self

from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.embedding_base import Embedded, no_embedding
from pytest_arena.assertions.messages import bounded
from pytest_arena.errors import ProviderError
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.similarity.contrast import Contrast, contrast
from pytest_arena.judging.similarity.embeddings import EmbeddingError
from pytest_arena.judging.similarity.lexical import TooLongError, is_negated, similarity
from pytest_arena.judging.similarity.numbers import (
    may_name_all_numbers,
    numbers_of,
    speaks_of_numbers,
)
from pytest_arena.judging.words import Texts
from pytest_arena.results.trial import FindingVerdict, Trial
from pytest_arena.schema.assertion import CheckContext, MayBeUnsure, Outcome
from pytest_arena.text.numbers import number, reaches

Reference = Annotated[str, Field(min_length=1)]
APART, HALF = 0.2, 0.5
"""Similarity of words up to which two texts mean something else, and from which a number that is
missing counts."""
TELLING = 5
"""Texts of fewer words may mean the same in quite other ones ("No", "Not at all")."""
ALIKE_BY_VECTORS = 0.85


class Similar(Embedded):
    """Holds when the answer is similar to a reference, or to one of several.

        - type: similar
          value: You can return it within 30 days for a full refund.
          min_similarity: 0.6

    Words and letters are compared, not meaning: word order and endings hardly matter, other words
    for the same thing do, and so "shipped" and "not shipped" are nearly the same. With `embedding`
    the vectors of a model are compared. See [Similarity](similarity.md) for what to expect of
    either.

    Error: when a text is too long to be compared, or the embedding model gives no vectors.
    """

    type: ClassVar[str] = "similar"
    reads_text: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = ("similarity",)
    graded: ClassVar[bool] = True

    value: Reference | None = None
    """The reference."""
    values: Texts | None = None
    """Several references; the most similar one counts."""
    min_similarity: float = Field(
        default=0.6, gt=0, le=1, validation_alias=AliasChoices("min_similarity", "min_score")
    )
    """The least similarity, up to 1 (`min_score` means the same)."""

    @model_validator(mode="after")
    def _has_a_reference(self) -> Self:
        if (self.value is None) == (self.values is None):
            raise PydanticCustomError(
                "missing_value",
                "similar needs a reference",
                {"expected": "`value` or `values`, and not both"},
            )
        return self

    @property
    def references(self) -> tuple[str, ...]:
        return self.values if self.values is not None else (self.value or "",)

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        answer = trial.output or ""
        if self.embedding is not None:
            return self._by_embedding(answer, context)
        try:
            return self._outcome([similarity(answer, text) for text in self.references])
        except TooLongError as error:
            return Outcome.error(str(error))

    async def _by_embedding(self, answer: str, context: CheckContext) -> Outcome:
        if not answer.strip():
            return self._outcome([0.0])
        try:
            return self._outcome(await self.similarities(answer, self.references, context))
        except (ProviderError, EmbeddingError) as error:
            return Outcome.error(no_embedding(error))

    def _outcome(self, values: list[float]) -> Outcome:
        best = max(values)
        nearest = quoted(self.references[values.index(best)])
        subject = f"the similarity to {nearest} is"
        shown = bounded(best, number, minimum=self.min_similarity, subject=subject)
        seen = "words and letters" if self.embedding is None else "vectors"
        return Outcome(
            shown.verdict, f"{shown.reason} (of {seen}, not of meaning)", best, shown.expected
        )


class SemanticEquals(Embedded, MayBeUnsure):
    """Holds when the answer means the same as a reference.

        - type: semantic_equals
          value: We do not ship to Canada.

    Texts of the same words mean the same, with parts of a sentence moved and spellings of one thing
    made one (twelve and 12, can't and cannot, $5 and 5 dollars). Sentences of quite other words do
    not, nor do those that have other numbers in the same words, none where the reference has one,
    or a negation and nothing else that the other has not. All else is `unsure`: one word, unit,
    sign or name is enough to mean something else, and words cannot tell. With `embedding` the
    vectors of a model tell (`min_similarity`), and it is unsure where texts are apart by no more
    than two words, a number or a negation. For a fact inside a longer answer ask a judge:
    `factuality`.

    Error: when a text is too long to be compared, or the embedding model gives no vectors.
    """

    type: ClassVar[str] = "semantic_equals"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: Reference
    """The reference."""
    min_similarity: float | None = Field(default=None, gt=0, le=1)
    """The least similarity; 0.85 for vectors unless given. For words none is needed."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        answer = trial.output or ""
        if self.embedding is not None:
            return self._by_embedding(answer, context)
        try:
            value = similarity(answer, self.value)
        except TooLongError as error:
            return Outcome.error(str(error))
        differing = contrast(answer, self.value)
        reason = f"the similarity of words is {number(value)}"
        if differing.same:
            least = self.min_similarity or 0.0
            return Outcome.of(reaches(value, least), reason, score=value, expected=self._expected)
        if value <= APART and self._is_telling(answer):
            return Outcome("failed", reason, value, self._expected)
        return self._against(answer, value, differing) or self._untold(differing, reason, value)

    async def _by_embedding(self, answer: str, context: CheckContext) -> Outcome:
        if not answer.strip():
            return Outcome("failed", "the answer is empty", 0.0, self._expected)
        try:
            (value,) = await self.similarities(answer, [self.value], context)
            words = similarity(answer, self.value)
        except (ProviderError, EmbeddingError) as error:
            return Outcome.error(no_embedding(error))
        except TooLongError as error:
            return Outcome.error(str(error))
        least = self.min_similarity or ALIKE_BY_VECTORS
        reason = f"the similarity of vectors is {number(value)}"
        if not reaches(value, least):
            return Outcome("failed", reason, value, self._expected)
        differing = contrast(answer, self.value)
        if not differing.same:
            against = self._against(answer, words, differing)
            if against is not None:
                return against
            if differing.near:
                return self._untold(differing, reason, value)
        return Outcome("passed", reason, value, self._expected)

    def _untold(self, differing: Contrast, reason: str, value: float) -> Outcome:
        told = f"words cannot tell: {differing.reason}; {reason}"
        return Outcome("unsure", told, value, self._expected)

    def _is_telling(self, answer: str) -> bool:
        """Return whether other words are enough to mean something else."""
        both_count = speaks_of_numbers(answer) and speaks_of_numbers(self.value)
        return not both_count and min(len(answer.split()), len(self.value.split())) >= TELLING

    def _against(self, answer: str, value: float, differing: Contrast) -> Outcome | None:
        """Return what speaks against two alike texts meaning the same, which vectors hardly see."""
        wanted, given = numbers_of(self.value), numbers_of(answer)
        reason = f"the similarity of words is {number(value)}"
        is_without = differing.of_numbers or not speaks_of_numbers(answer)
        is_without = is_without and bool(wanted - given) and value >= HALF
        if is_without and not may_name_all_numbers(answer, self.value):
            missing = ", ".join(sorted(wanted - given))
            return Outcome("failed", f"without {missing}; {reason}", value / 2, self._expected)
        if is_negated(answer) != is_negated(self.value):
            reason = f"one of the texts is negated; {reason}"
            verdict: FindingVerdict = "failed" if differing.of_negation else "unsure"
            return Outcome(verdict, reason, value / 2, self._expected)
        if wanted != given:
            apart = ", ".join(sorted(wanted ^ given))
            reason = f"words cannot tell: the numbers differ ({apart}); {reason}"
            return Outcome("unsure", reason, value, self._expected)
        return None

    @property
    def _expected(self) -> str:
        return f"means {quoted(self.value)}"
