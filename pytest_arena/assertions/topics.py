"""Assertion on topics."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import ClassVar

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.detectors import DetectorAssertion
from pytest_arena.assertions.embedding_base import Embedded, no_embedding
from pytest_arena.errors import ProviderError
from pytest_arena.judging.detectors.topics import Alike, TopicRules, sentences_of
from pytest_arena.results.trial import Trial
from pytest_arena.running.time_limit import in_thread_within
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.numbers import reaches

Vectors = Mapping[str, tuple[float, ...]]


class Topics(TopicRules, DetectorAssertion, Embedded):
    """Holds when forbidden topics do not come up, and one of the allowed ones does.

        - type: topics
          forbidden: {medicine: [diagnosis, prescription], politics: [election, senator]}
          allowed: {billing: [invoice, refund, charge]}

    Topics are known by words and phrases, with the endings of English plurals and verbs, and with
    `min_similarity` by sentences that are like a phrase. With `embedding`, which needs
    `min_similarity`, the vectors of sentences are compared with those of all words and phrases.
    See [Languages and topics](language.md).

    Error: when the embedding model gives no vectors.
    """

    type: ClassVar[str] = "topics"
    reads_text: ClassVar[bool] = True

    @model_validator(mode="after")
    def _says_what_is_alike(self) -> Topics:
        if self.embedding is not None and self.min_similarity is None:
            raise PydanticCustomError(
                "topics",
                "topics has 'embedding' without 'min_similarity'",
                {"expected": "`min_similarity`, from which a sentence of this model is alike"},
            )
        return self

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        if self.embedding is None:
            return super().check(trial, context)
        return self._by_embedding(trial, context)

    async def _by_embedding(self, trial: Trial, context: CheckContext) -> Outcome:
        from pytest_arena.judging.similarity.embeddings import EmbeddingError

        answers = [response.output for response in trial.responses]
        sentences = [sentence for text in answers for sentence, _ in sentences_of(text)]
        topics = (*self.forbidden.values(), *self.allowed.values())
        texts = [*sentences, *(phrase for phrases in topics for phrase in phrases)]
        known: Vectors = {}
        try:
            if sentences:
                every = list(dict.fromkeys(texts))
                known = dict(zip(every, await self.vectors(every, context), strict=True))
            # many sentences and phrases take a while: not on the loop
            return await in_thread_within(self.longest_s, lambda: self._compared(answers, known))
        except (ProviderError, EmbeddingError) as error:
            return Outcome.error(no_embedding(error))

    def _compared(self, answers: list[str], known: Vectors) -> Outcome:
        several = len(answers) > 1
        return self.concluded(
            [
                (
                    f" (in answer {turn})" if several else "",
                    self.look_by(text, self._alike_in(text, known)),
                )
                for turn, text in enumerate(answers, 1)
            ]
        )

    def _alike_in(self, text: str, known: Vectors) -> Alike:
        from pytest_arena.judging.similarity.embeddings import cosine

        least = self.min_similarity or 1.0
        sentences = list(sentences_of(text))

        def alike(phrases: tuple[str, ...]) -> dict[str, list[tuple[int, int]]]:
            found: dict[str, list[tuple[int, int]]] = {}
            for phrase in phrases:
                for sentence, span in sentences:
                    if reaches(cosine(known[sentence], known[phrase]), least):
                        found.setdefault(phrase, []).append(span)
            return found

        return alike
