"""Assertions over all trials of a cell: latency, success, cost, tokens, consistency."""

from collections.abc import Awaitable
from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.completion import unanswered
from pytest_arena.assertions.embedding_base import Embedded, no_embedding
from pytest_arena.assertions.messages import (
    bounded,
    counting,
    dollars,
    milliseconds,
    share,
)
from pytest_arena.assertions.metrics import unknown_cost, untimed
from pytest_arena.comparison.stats.quantiles import sorted_quantile
from pytest_arena.errors import ProviderError
from pytest_arena.judging.similarity.contrast import first_contrast
from pytest_arena.judging.similarity.lexical import TooLongError
from pytest_arena.judging.similarity.metrics import mean_pairwise
from pytest_arena.results.trial import Trial
from pytest_arena.running.time_limit import in_thread_within
from pytest_arena.schema.assertion import CellAssertion, CheckContext, MayBeUnsure, Outcome
from pytest_arena.schema.out_of_reach import never_as_late
from pytest_arena.text.numbers import counted, number

_MOST_COMPARED = 150
"""Answers that are compared in pairs, which takes a third of a second for short ones."""


class _Latency(CellAssertion):
    graded: ClassVar[bool] = True
    figures_only: ClassVar[bool] = True

    max_ms: float = Field(gt=0)
    """The most milliseconds."""

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        return None if self.negate else never_as_late(self.max_ms, longest_s)

    def check_cell(self, trials: tuple[Trial, ...], context: CheckContext) -> Outcome:
        responses = tuple(response for trial in trials for response in trial.responses)
        if not responses:
            return Outcome.error("no trial has an answer whose time could be judged")
        unknown = untimed(responses)
        if unknown is not None:
            return unknown
        times = sorted(response.latency_ms or 0.0 for response in responses)
        subject = f"{self.type} over {counted(len(times), 'answer')} is"
        return bounded(self._summary(times), milliseconds, maximum=self.max_ms, subject=subject)

    def _summary(self, times: list[float]) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no _summary()")


class AvgResponseTime(_Latency):
    """Holds when the mean time of all answers of all trials is at most this.

        - type: avg_response_time
          max_ms: 2000

    Error: when no answer came, and when one has no timing. With a replayed one it is `skipped`.
    """

    type: ClassVar[str] = "avg_response_time"

    def _summary(self, times: list[float]) -> float:
        return sum(times) / len(times)


class _Quantile(_Latency):
    quantile: ClassVar[float]

    def _summary(self, times: list[float]) -> float:
        return sorted_quantile(times, self.quantile)


class P50Latency(_Quantile):
    """Holds when the median time of all answers of all trials is at most this.

        - type: p50_latency
          max_ms: 1500

    The quantile is of type 7 (Hyndman and Fan 1996).

    Error: when no answer came, and when one has no timing. With a replayed one it is `skipped`.
    """

    type: ClassVar[str] = "p50_latency"
    quantile: ClassVar[float] = 0.50


class P95Latency(_Quantile):
    """Holds when the 95th percentile of the times of all answers of all trials is at most this.

        - type: p95_latency
          max_ms: 3000

    The quantile is of type 7 (Hyndman and Fan 1996).

    Error: when no answer came, and when one has no timing. With a replayed one it is `skipped`.
    """

    type: ClassVar[str] = "p95_latency"
    quantile: ClassVar[float] = 0.95


class P99Latency(_Quantile):
    """Holds when the 99th percentile of the times of all answers of all trials is at most this.

        - type: p99_latency
          max_ms: 5000

    The quantile is of type 7 (Hyndman and Fan 1996).

    Error: when no answer came, and when one has no timing. With a replayed one it is `skipped`.
    """

    type: ClassVar[str] = "p99_latency"
    quantile: ClassVar[float] = 0.99


class SuccessRate(CellAssertion):
    """Holds when the share of trials with an answer is at least this (see `success`).

        - type: success_rate
          min: 0.95

    Blocked trials, empty answers and trials that ended in an `error` are no successes.

    Error: when the cell has no trial.
    """

    type: ClassVar[str] = "success_rate"
    graded: ClassVar[bool] = True
    figures_only: ClassVar[bool] = True

    min: float = Field(ge=0, le=1)
    """The least share, from 0 to 1."""

    def check_cell(self, trials: tuple[Trial, ...], context: CheckContext) -> Outcome:
        if not trials:
            return Outcome.error("there is no trial to judge")
        good = sum(trial.error is None and unanswered(trial) is None for trial in trials)
        subject = f"{number(good)} of {number(len(trials))} trials gave an answer:"
        return bounded(good / len(trials), share, minimum=self.min, subject=subject)


class ErrorRate(CellAssertion):
    """Holds when the share of trials that ended in an `error` is at most this.

        - type: error_rate
          max: 0.05

    Error: when the cell has no trial.
    """

    type: ClassVar[str] = "error_rate"
    graded: ClassVar[bool] = True
    figures_only: ClassVar[bool] = True

    max: float = Field(ge=0, le=1)
    """The largest share, from 0 to 1."""

    def check_cell(self, trials: tuple[Trial, ...], context: CheckContext) -> Outcome:
        if not trials:
            return Outcome.error("there is no trial to judge")
        bad = sum(trial.error is not None or trial.verdict == "error" for trial in trials)
        subject = f"{number(bad)} of {number(len(trials))} trials ended in an error:"
        return bounded(bad / len(trials), share, maximum=self.max, subject=subject)


class TotalCost(CellAssertion):
    """Holds when all trials of the cell cost no more than this, together.

        - type: total_cost
          max_usd: 0.01

    Error: when the cost of an answer is not known, or no answer came.
    """

    type: ClassVar[str] = "total_cost"
    graded: ClassVar[bool] = True
    figures_only: ClassVar[bool] = True

    max_usd: float = Field(ge=0)
    """US dollars."""

    def check_cell(self, trials: tuple[Trial, ...], context: CheckContext) -> Outcome:
        answered = [trial for trial in trials if trial.responses]
        if not answered:
            return Outcome.error("no trial has an answer whose cost could be judged")
        costs = [trial.cost_usd for trial in answered]
        known = [cost for cost in costs if cost is not None]
        if len(known) < len(costs):
            every = [response for trial in answered for response in trial.responses]
            return Outcome.error(unknown_cost(every, context))
        return bounded(sum(known), dollars, maximum=self.max_usd)


class TokensUsed(CellAssertion):
    """Holds when all trials of the cell use at most so many tokens, input and output together.

        - type: tokens_used
          max: 5000

    Error: when the usage of an answer is not known, or no answer came.
    """

    type: ClassVar[str] = "tokens_used"
    graded: ClassVar[bool] = True
    figures_only: ClassVar[bool] = True

    max: int = Field(ge=0)
    """The most tokens."""

    def check_cell(self, trials: tuple[Trial, ...], context: CheckContext) -> Outcome:
        answered = [trial for trial in trials if trial.responses]
        if not answered:
            return Outcome.error("no trial has an answer whose tokens could be counted")
        total = 0
        for trial in answered:
            if trial.input_tokens is None or trial.output_tokens is None:
                return Outcome.error("the tokens are not known: no usage was reported")
            total += trial.input_tokens + trial.output_tokens
        return bounded(total, counting("token"), maximum=self.max)


class Consistency(Embedded, CellAssertion, MayBeUnsure):
    """Holds when the answers of the cell's trials are alike: the mean similarity of all pairs.

        - type: consistency
          min_similarity: 0.85

    Two answers are as alike as their texts, their sorted words (by the share of characters in
    common order, ignoring case and runs of blanks) or their words and letters as `similar` compares
    them are, whichever is most. This compares wording, not meaning; with `embedding` the vectors of
    a model are compared. It is `unsure` where two answers are alike and apart by a word or two, a
    number, a negation or the order of their words: they may say opposite things. See
    [Similarity](similarity.md). Of more than 150 answers, as a load case has them, 150 are
    compared, evenly spread.

    Error: when fewer than two trials have an answer, the answers are too long to be compared, or
    the embedding model gives no vectors.
    """

    type: ClassVar[str] = "consistency"
    graded: ClassVar[bool] = True

    min_similarity: float = Field(
        ge=0, le=1, validation_alias=AliasChoices("min_similarity", "min_score")
    )
    """The least mean similarity, from 0 to 1."""

    def check_cell(
        self, trials: tuple[Trial, ...], context: CheckContext
    ) -> Outcome | Awaitable[Outcome]:
        answers = [
            trial.output
            for trial in trials
            if trial.output is not None and trial.error is None and unanswered(trial) is None
        ]
        if len(answers) < 2:
            return Outcome.error(
                f"consistency needs two answers, and there is {counted(len(answers), 'answer')}\n"
                "  fix: give the case `trials: 5`"
            )
        said = f"{counted(len(answers), 'answer')} have a mean similarity of"
        if len(answers) > _MOST_COMPARED:
            places = range(_MOST_COMPARED)
            answers = [answers[place * len(answers) // _MOST_COMPARED] for place in places]
            said = f"{_MOST_COMPARED} of {said}"
        if self.embedding is not None:
            return self._by_embedding(answers, f"{said} vectors of", context)
        try:
            return self._outcome(mean_pairwise(answers), said, answers)
        except TooLongError as error:
            return Outcome.error(str(error))

    async def _by_embedding(self, answers: list[str], said: str, context: CheckContext) -> Outcome:
        from pytest_arena.judging.similarity.embeddings import EmbeddingError, mean_cosine

        # an empty text has no vector, and equal texts need none of their own
        texts = [text for text in dict.fromkeys(answers) if text.strip()]
        try:
            vectors = await self.vectors(texts, context) if texts else []
            known = dict(zip(texts, vectors, strict=True))
            # thousands of pairs take a while: not on the loop
            found = [known.get(text) for text in answers]
            mean = await in_thread_within(self.longest_s, lambda: mean_cosine(found))
            return await in_thread_within(
                self.longest_s, lambda: self._outcome(mean, said, answers)
            )
        except (ProviderError, EmbeddingError) as error:
            return Outcome.error(no_embedding(error))

    def _outcome(self, mean: float, subject: str, answers: list[str]) -> Outcome:
        shown = bounded(mean, number, minimum=self.min_similarity, subject=subject)
        differing = first_contrast(answers) if shown.verdict == "passed" else None
        if differing is not None:
            reason = f"words cannot tell: {differing}; {shown.reason}"
            return Outcome("unsure", reason, mean, shown.expected)
        return Outcome(shown.verdict, shown.reason, mean, shown.expected)
