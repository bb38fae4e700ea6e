"""Similarities against their oracles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.judging.similarity.lexical import TooLongError
from pytest_arena.judging.similarity.metrics import (
    edit_distance,
    edit_similarity,
    mean_pairwise,
    rouge,
)

sentences = st.lists(
    st.sampled_from(["the", "cat", "sat", "on", "a", "Mat,", "don't", "42", "über"]), max_size=12
).map(" ".join)


@given(sentences, sentences, st.sampled_from(["rouge1", "rouge2", "rouge3", "rouge5", "rougeL"]))
@settings(deadline=None)
def test_rouge_is_the_reference_implementations(answer: str, reference: str, variant: str) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    oracle = RougeScorer([variant], use_stemmer=False).score(reference, answer)[variant].fmeasure
    assert rouge(answer, reference, variant) == pytest.approx(oracle)  # type: ignore[arg-type]


def test_the_edit_distance_is_levenshteins() -> None:
    assert edit_distance("kitten", "sitting") == 3
    assert edit_similarity("kitten", "sitting") == pytest.approx(4 / 7)
    assert edit_similarity("", "") == 1


@given(st.lists(st.text(max_size=8), min_size=2, max_size=4))
def test_the_mean_of_pairs_does_not_depend_on_order(texts: list[str]) -> None:
    assert mean_pairwise(texts) == pytest.approx(mean_pairwise(texts[::-1]))
    assert 0 <= mean_pairwise(texts) <= 1
    assert mean_pairwise([texts[0]] * 3) == 1


def test_texts_too_long_to_compare_are_refused() -> None:
    with pytest.raises(TooLongError) as caught:
        edit_distance("a" * 1_000_000, "b" * 1_000_000)
    assert str(caught.value) == (
        "texts of 1,000,000 and 1,000,000 characters are too long to be compared"
    )
