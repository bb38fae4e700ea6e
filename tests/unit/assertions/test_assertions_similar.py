"""`similar`, `semantic_equals`, `relevance` without a judge, and what else takes an embedding."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arena.assertions.aggregates import Consistency
from pytest_arena.assertions.evaluate import (
    evaluate,
    evaluate_async,
    evaluate_cell,
    evaluate_cell_async,
    needs_loop,
)
from pytest_arena.assertions.similar import SemanticEquals, Similar
from pytest_arena.assertions.topics import Topics
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.judging.similarity.embeddings import mean_cosine
from pytest_arena.schema import CheckContext, EmbeddingSpec, ProviderSpec

SPEC = EmbeddingSpec(provider=ProviderSpec(name="vectors", provider="openai", model="m"))


def test_the_most_similar_reference_counts(judge: Any) -> None:
    found = judge(
        "{type: similar, values: [The cat sat., We ship on Friday.]}", "On Friday we ship."
    )
    assert found.verdict == "passed"
    assert found.reason.startswith("the similarity to 'We ship on Friday.' is 1")


def test_a_reference_that_is_not_met_is_named(judge: Any) -> None:
    found = judge("{type: similar, value: Paris is the capital., min_score: 0.9}", "It is Berlin.")
    assert (found.verdict, found.expected) == ("failed", "at least 0.9")
    assert 0 <= found.score < 0.5


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("We do not ship to Canada.", "passed"),
        ("We ship to Canada.", "failed"),
        ("The battery lasts ten hours.", "failed"),
        ("Shipping to Canada is not possible.", "unsure"),
    ],
)
def test_words_tell_what_they_can(judge: Any, answer: str, verdict: str) -> None:
    found = judge("{type: semantic_equals, value: We do not ship to Canada.}", answer)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("Payment takes one day.", "Payment takes 24 hours."),
        ("The trial lasts two weeks.", "The trial lasts 14 days."),
        ("It opens at 15:00.", "It opens at 3 pm."),
        ("Call me at noon.", "Call me at 12 pm."),
        ("The deadline is 4 March 2025.", "The deadline is 2025-03-04."),
        ("The distance is 1000 m.", "The distance is 1 km."),
        ("Chapter III", "Chapter 3"),
        ("It happened in the nineties.", "It happened in the 1990s."),
        ("It is 50 percent cheaper.", "It costs half as much."),
        ("It is common.", "It is not uncommon."),
        ("The door was unlocked.", "The door was not locked."),
        ("She has no siblings.", "She is an only child."),
        ("Nobody disagreed.", "Everyone agreed."),
        ("Not at all.", "No."),
        ("After a month, no refunds are given.", "Refunds are never given after 30 days."),
    ],
)
def test_a_paraphrase_does_not_fail(judge: Any, answer: str, reference: str) -> None:
    for one, other in ((answer, reference), (reference, answer)):
        assert judge(f"{{type: semantic_equals, value: '{other}'}}", one).verdict == "unsure"


def test_what_is_a_number_or_a_negation_apart_fails(judge: Any) -> None:
    wanted = "{type: semantic_equals, value: Returns take 30 days.}"
    assert judge(wanted, "Returns take forty days.").verdict == "failed"
    assert judge(wanted, "Returns take days.").verdict == "failed"
    assert judge(wanted, "Returns do not take 30 days.").verdict == "failed"
    # another number of the same unit, whatever else is said otherwise
    assert judge(wanted, "Most returns take only 20 days.").verdict == "failed"
    assert judge(wanted, "Most returns take only 20 hours.").verdict == "unsure"


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("The request was denied by the board.", "The request was approved by the board."),
        ("Mia owes Leo ten euros.", "Leo owes Mia ten euros."),
        ("It is -8 degrees outside.", "It is 8 degrees outside."),
        ("Up to 3 MB are free.", "Up to 3 TB are free."),
        ("The gate is open.", "The gate is never open."),
    ],
)
def test_what_is_one_word_apart_never_means_the_same(
    judge: Any, trial: Any, answer: str, reference: str
) -> None:
    async def embed(spec: ProviderSpec, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [(1.0, 0.0) for _ in texts]

    by_words = evaluate(SemanticEquals(value=reference), trial(answer), CheckContext())
    assert by_words.verdict in ("unsure", "failed")
    same = SemanticEquals(value=reference, embedding=SPEC)
    by_vectors = asyncio.run(evaluate_async(same, trial(answer), CheckContext(embed=embed)))
    assert by_vectors.verdict in ("unsure", "failed")
    trials = (trial(answer), trial(reference))
    alike = evaluate_cell(Consistency(min_similarity=0.5), trials, CheckContext())
    assert alike.verdict == "unsure"
    assert alike.reason.startswith("words cannot tell: ")
    vectors = Consistency(min_similarity=0.5, embedding=SPEC)
    alike = asyncio.run(evaluate_cell_async(vectors, trials, CheckContext(embed=embed)))
    assert alike.verdict == "unsure"


def test_vectors_tell_a_paraphrase(trial: Any) -> None:
    async def embed(spec: ProviderSpec, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [(1.0, 0.0) for _ in texts]

    same = SemanticEquals(value="Parcels to Canada are not possible.", embedding=SPEC)
    answer = "Sadly we do not ship anything there."
    found = asyncio.run(evaluate_async(same, trial(answer), CheckContext(embed=embed)))
    assert found.verdict == "passed"


def test_the_reason_says_that_similar_does_not_see_meaning(judge: Any) -> None:
    found = judge("{type: similar, value: We ship.}", "We ship.")
    assert found.reason.endswith("(of words and letters, not of meaning)")


def test_a_missing_number_is_told(judge: Any) -> None:
    found = judge("{type: semantic_equals, value: Returns take 30 days.}", "Returns take 14 days.")
    assert found.verdict == "failed"
    assert found.reason.startswith("without 30; the similarity of words is ")


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        ("We refund your invoice.", "passed", "takes up 'billing', 'refund'"),
        ("Here is the bill.", "unsure", "takes up 'billing', and no word of 'refund'"),
        ("Hello!", "failed", "takes up none of the themes"),
    ],
)
def test_relevance_without_a_judge_goes_by_the_words_of_its_themes(
    trial: Any, answer: str, verdict: str, reason: str
) -> None:
    from pytest_arena.assertions.judge_criteria import Relevance

    assertion = Relevance(expected_themes=("billing", "refund"))
    if verdict == "passed":
        answer = f"About your billing: {answer}"
    found = asyncio.run(evaluate_async(assertion, trial(answer), CheckContext()))
    assert found.verdict == verdict
    assert found.reason.startswith(reason)


def test_vectors_decide_where_there_is_an_embedding(trial: Any) -> None:
    asked: list[tuple[str, list[str]]] = []

    async def embed(spec: ProviderSpec, texts: Sequence[str]) -> list[tuple[float, ...]]:
        asked.append((spec.name, list(texts)))
        return [(1.0, 0.0), (0.6, 0.8), (0.9, 0.1)][: len(texts)]

    context = CheckContext(embed=embed)
    similar = Similar(values=("x", "y"), min_similarity=0.95, embedding=SPEC)
    assert needs_loop(similar, Path())
    assert not needs_loop(Similar(value="x"), Path())
    found = asyncio.run(evaluate_async(similar, trial("a"), context))
    assert (found.verdict, found.score) == ("passed", pytest.approx(0.9939, abs=1e-4))
    assert asked == [("vectors", ["a", "x", "y"])]
    same = SemanticEquals(value="5 days", embedding=SPEC, min_similarity=0.5)
    assert asyncio.run(evaluate_async(same, trial("5 days"), context)).verdict == "passed"
    found = asyncio.run(evaluate_async(same, trial("6 days"), context))
    assert (found.verdict, found.reason.split(";")[0]) == ("failed", "without 5")


def test_a_model_that_gives_no_vectors_is_an_error(trial: Any) -> None:
    async def embed(spec: ProviderSpec, texts: Sequence[str]) -> list[tuple[float, ...]]:
        raise ProviderError(ErrorKind.SERVER, "it is down")

    for context in (CheckContext(embed=embed), CheckContext()):
        for assertion in (
            Similar(value="x", embedding=SPEC),
            SemanticEquals(value="x", embedding=SPEC),
            Topics(forbidden={"tea": ("tea",)}, min_similarity=0.5, embedding=SPEC),
        ):
            found = asyncio.run(evaluate_async(assertion, trial("a"), context))
            assert found.verdict == "error"
            assert found.reason.startswith("the texts could not be embedded: ")


VECTORS = {
    "It rains": (1.0, 0.0),
    "Wet weather": (0.9, 0.1),
    "Buy shares": (0.0, 1.0),
    " Take this pill twice": (0.6, 0.8),
    "medicine": (0.6, 0.8),
    "drug": (0.0, -1.0),
    "weather": (0.99, 0.05),
}


class Embedder:
    """Give known vectors, and remember what was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def embed(self, spec: ProviderSpec, texts: Sequence[str]) -> list[tuple[float, ...]]:
        self.asked.append(list(texts))
        return [VECTORS.get(text) or VECTORS[f" {text}"] for text in texts]


@pytest.mark.parametrize(
    ("answers", "mean", "asked"),
    [
        (["It rains", "Wet weather"], 0.9939, ["It rains", "Wet weather"]),
        (["It rains", "It rains", "Buy shares"], 1 / 3, ["It rains", "Buy shares"]),
    ],
)
def test_consistency_compares_vectors_where_there_is_an_embedding(
    trial: Any, answers: list[str], mean: float, asked: list[str]
) -> None:
    embedder = Embedder()
    assertion = Consistency(min_similarity=0.9, embedding=SPEC)
    assert needs_loop(assertion, Path())
    assert not needs_loop(Consistency(min_similarity=0.9), Path())
    trials = tuple(trial(answer) for answer in answers)
    context = CheckContext(embed=embedder.embed)
    found = asyncio.run(evaluate_cell_async(assertion, trials, context))
    assert found.score == pytest.approx(mean, abs=1e-4)
    assert found.verdict == ("passed" if mean >= 0.9 else "failed")
    assert found.reason.startswith(f"{len(answers)} answers have a mean similarity of vectors of")
    assert embedder.asked == [asked]


def test_an_empty_text_is_like_another_one_and_like_nothing_else() -> None:
    assert mean_cosine([None, None]) == 1
    assert mean_cosine([None, (1.0,)]) == 0


def test_consistency_without_vectors_is_an_error(trial: Any) -> None:
    assertion = Consistency(min_similarity=0.9, embedding=SPEC)
    trials = (trial("a"), trial("b"))
    found = asyncio.run(evaluate_cell_async(assertion, trials, CheckContext()))
    assert (found.verdict, found.reason) == (
        "error",
        "the texts could not be embedded: an embedding can only be asked for by a run of the "
        "engine",
    )


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        ("It rains. Take this pill twice.", "failed", "the topic 'health' comes up: 'Take this"),
        ("It rains. Buy shares!", "passed", "the topic is 'outside': 'weather'"),
        ("Buy shares!", "failed", "none of the allowed topics comes up: outside"),
        # words are looked for as without an embedding
        ("Buy shares, buy drugs", "failed", "the topic 'health' comes up: 'drugs'"),
    ],
)
def test_topics_are_known_by_vectors_of_sentences_where_there_is_an_embedding(
    trial: Any, answer: str, verdict: str, reason: str
) -> None:
    VECTORS["Buy shares, buy drugs"] = (0.0, 1.0)
    embedder = Embedder()
    topics = Topics(
        forbidden={"health": ("medicine", "drug")},
        allowed={"outside": ("weather",)},
        min_similarity=0.9,
        embedding=SPEC,
    )
    context = CheckContext(embed=embedder.embed)
    found = asyncio.run(evaluate_async(topics, trial(answer), context))
    assert found.verdict == verdict
    assert found.reason.startswith(reason)
    (asked,) = embedder.asked
    assert asked[-3:] == ["medicine", "drug", "weather"]


def test_topics_need_to_be_told_what_is_alike_of_a_models_vectors() -> None:
    with pytest.raises(ValidationError, match="'embedding' without 'min_similarity'"):
        Topics(forbidden={"tea": ("tea",)}, embedding=SPEC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It is 5.0 liters", "It is 5 liters"),
        ("It costs 1.234,50 euros", "It costs 1,234.50 euros"),
        ("It costs 1 234 dollars", "It costs 1234 dollars"),
        ("It costs 1\u202f234 dollars", "It costs 1234 dollars"),
        ("It costs 1'234 francs", "It costs 1234 francs"),
        ("It costs 12,34,567 rupees", "It costs 1,234,567 rupees"),
        ("½ cup", "1/2 cup"),
        ("Use 1½ cups of it", "Use 1.5 cups of it"),
        ("Use 1 1/2 cups of it", "Use 1.5 cups of it"),
        ("It weighs 1e3 grams", "It weighs 1000 grams"),
    ],
)
def test_another_spelling_of_a_number_is_not_another_number(
    judge: Any, one: str, other: str
) -> None:
    for value, answer in ((one, other), (other, one)):
        found = judge(f'{{type: semantic_equals, value: "{value}"}}', answer)
        assert found.verdict in ("passed", "unsure"), (value, answer)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It is 5.5 liters", "It is 5 liters"),
        ("It is 5.0 liters and 3 cups", "It is 5 liters and 4 cups"),
        ("It costs 1.234,50 euros", "It costs 1,234.60 euros"),
        ("It costs 1 234 dollars", "It costs 1235 dollars"),
        ("It weighs 1e3 grams", "It weighs 100 grams"),
        ("It is 50 liters", "It is 5.0 liters"),
    ],
)
def test_another_number_fails_in_any_spelling(judge: Any, one: str, other: str) -> None:
    for value, answer in ((one, other), (other, one)):
        found = judge(f'{{type: semantic_equals, value: "{value}"}}', answer)
        assert found.verdict == "failed", (value, answer)
