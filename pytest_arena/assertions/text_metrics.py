"""Assertions on how close an answer comes to a reference text."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.messages import bounded, counting
from pytest_arena.judging.similarity.lexical import TooLongError
from pytest_arena.judging.similarity.metrics import (
    RougeVariant,
    edit_distance,
    edit_similarity,
    rouge,
    rouge_words,
)
from pytest_arena.judging.similarity.ngram_scores import bleu, chrf
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.schema.base import NotNull
from pytest_arena.schema.out_of_reach import never_as_many
from pytest_arena.text.folding import fold
from pytest_arena.text.numbers import number

Reference = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class Levenshtein(Assertion):
    """Holds when few characters must change to turn the answer into a reference.

        - type: levenshtein
          value: Your order has been shipped.
          min_similarity: 0.8

    The similarity is 1 − distance / length of the longer text. Both are [folded](#what-is-folded)
    first, unless `exact: true`; case counts.

    Error: when the texts are too long to be compared (about 100,000 characters each).
    """

    type: ClassVar[str] = "levenshtein"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: Reference
    """The reference."""
    max_distance: Annotated[int | None, NotNull] = Field(default=None, ge=0)
    """The most characters to insert, delete or replace."""
    min_similarity: Annotated[Share | None, NotNull] = None
    """The least similarity, up to 1."""
    exact: bool = False
    """Compare character by character: quotes, dashes, blanks and accents count."""

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.max_distance is None and self.min_similarity is None and self.threshold is None:
            raise PydanticCustomError(
                "missing_value",
                "levenshtein has no bound",
                {"expected": "`max_distance` or `min_similarity`"},
            )
        return self

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        others = self.min_similarity is not None or self.threshold is not None
        if self.max_distance is None or others or self.negate:
            return None
        most = most_bytes + len(self.value)
        return never_as_many(self.max_distance, most, "characters to change")

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answer, reference = self._compared(trial.output or ""), self._compared(self.value)
        try:
            distance = edit_distance(answer, reference)
            similarity = edit_similarity(answer, reference)
        except TooLongError as error:
            return Outcome.error(str(error))
        checks = []
        if self.max_distance is not None:
            form = counting("edit")
            checks.append(bounded(distance, form, maximum=self.max_distance, subject="distance"))
        if self.min_similarity is not None:
            least = self.min_similarity
            checks.append(bounded(similarity, number, minimum=least, subject="similarity"))
        worst = next((check for check in checks if check.verdict == "failed"), None)
        shown = worst or (checks[0] if checks else bounded(similarity, number, minimum=0.0))
        wanted = " and ".join(check.expected for check in checks if check.expected)
        return Outcome(shown.verdict, shown.reason, similarity, wanted or shown.expected)

    def _compared(self, text: str) -> str:
        return text if self.exact else fold(text, case_sensitive=True)


class Rouge(Assertion):
    """Holds when the answer shares enough words with a reference (ROUGE's F-measure).

        - type: rouge
          value: Your order has been shipped and arrives on Friday.
          variant: rougeL
          min_score: 0.5

    `rouge1` counts words, `rouge2` pairs of words (and so on up to `rouge5`), `rougeL` the longest
    common sequence. Words are runs of a-z and 0-9, unstemmed, as the package `rouge-score` counts
    them: for other scripts take `chrf`.

    Error: when the texts are too long to be compared.
    """

    type: ClassVar[str] = "rouge"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: Reference
    """The reference."""
    variant: RougeVariant = "rougeL"
    """What is counted."""
    min_score: Share = 0.75
    """The least score, up to 1."""

    @field_validator("value")
    @classmethod
    def _has_words(cls, value: str) -> str:
        if not rouge_words(value):
            raise PydanticCustomError(
                "reference",
                "rouge counts no word in {given}",
                {
                    "given": repr(value),
                    "expected": "a reference with words of a-z and 0-9",
                    "fix": "use chrf, which works in every script",
                },
            )
        return value

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return _scored(
            lambda: rouge(trial.output or "", self.value, self.variant),
            self.min_score,
            self.variant,
        )


class Bleu(Assertion):
    """Holds when the answer shares enough runs of words with a reference (sentence BLEU).

        - type: bleu
          value: Your order has been shipped and arrives on Friday.
          min_score: 0.4

    As a share of 1, with the tokens and the smoothing that the package `sacrebleu` has by default.

    Error: when the answer has more than 100,000 characters.
    """

    type: ClassVar[str] = "bleu"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: Reference
    """The reference."""
    min_score: Share = 0.5
    """The least score, up to 1."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return _scored(lambda: bleu(trial.output or "", self.value), self.min_score, "BLEU")


class Chrf(Assertion):
    """Holds when the answer shares enough runs of characters with a reference (chrF2).

        - type: chrf
          value: Ihre Bestellung wurde versandt.
          min_score: 0.5

    As a share of 1, as the package `sacrebleu` counts it by default; it works in every script.

    Error: when the answer has more than 100,000 characters.
    """

    type: ClassVar[str] = "chrf"
    reads_text: ClassVar[bool] = True
    graded: ClassVar[bool] = True

    value: Reference
    """The reference."""
    min_score: Share = 0.5
    """The least score, up to 1."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return _scored(lambda: chrf(trial.output or "", self.value), self.min_score, "chrF")


def _scored(measure: Callable[[], float], least: float, subject: str) -> Outcome:
    try:
        score = measure()
    except TooLongError as error:
        return Outcome.error(str(error))
    shown = bounded(score, number, minimum=least, subject=subject)
    return Outcome(shown.verdict, shown.reason, score, shown.expected)
