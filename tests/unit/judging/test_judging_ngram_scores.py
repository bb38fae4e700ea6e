"""Sentence BLEU and chrF are those of sacrebleu, which is the oracle here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu import sentence_bleu, sentence_chrf

from pytest_arena.judging.similarity.lexical import TooLongError
from pytest_arena.judging.similarity.ngram_scores import bleu, chrf

PAIRS = [
    ("The cat sat on a mat.", "The cat sat on the mat today."),
    ("It costs 1,299.50 dollars -- a lot!", "It costs 1,299.50 dollars, which is a lot."),
    ("a well-known 3-5 day wait, isn't it?", "A well-known wait of 3-5 days; isn't it?"),
    ("Use &lt;b&gt; &amp; &quot;quotes&quot;", 'Use <b> & "quotes" here'),
    ("over-\nhyphenated\nlines  of\ttext ", "overhyphenated lines of text"),
    ("<skipped> one two", "one two three four five six"),
    ("Ihre Bestellung wurde gestern versandt.", "Ihre Bestellung wurde versandt."),
    ("你的订单已发货。", "您的订单已经发货。"),
    ("one", "one"),
    ("two words", "two other words"),
    ("x", "y"),
    ("", "something"),
    (" \n", "something"),
    ("something", "."),
    ("cat & dog ... [ok] {a|b} ~/path", "cat and dog... [ok] {a|b} ~/path"),
    ("5.5.5, .5 5. ,5", "5.5.5 , 0.5 5 .5"),
]
texts = st.text(
    st.sampled_from(" abcX,.-'!&;<>\n\t0123(/é你\u00a0") | st.characters(codec="utf-8"), max_size=30
)


def oracles(answer: str, reference: str) -> tuple[float, float]:
    return (
        sentence_bleu(answer, [reference]).score / 100,
        sentence_chrf(answer, [reference]).score / 100,
    )


@pytest.mark.parametrize(("answer", "reference"), PAIRS)
def test_scores_are_those_of_sacrebleu(answer: str, reference: str) -> None:
    found = (bleu(answer, reference), chrf(answer, reference))
    assert found == pytest.approx(oracles(answer, reference), abs=1e-12)


@given(texts, texts.filter(bool))
def test_scores_of_any_text_are_those_of_sacrebleu(answer: str, reference: str) -> None:
    found = (bleu(answer, reference), chrf(answer, reference))
    assert found == pytest.approx(oracles(answer, reference), abs=1e-12)
    assert all(0 <= score <= 1 for score in found)


def test_a_text_is_wholly_like_itself() -> None:
    text = "The cat sat on the mat today."
    assert (bleu(text, text), chrf(text, text)) == (1, 1)


@pytest.mark.parametrize("score", [bleu, chrf])
def test_answers_too_long_to_score_are_refused(score: object) -> None:
    with pytest.raises(TooLongError) as caught:
        score("a " * 50_001, "a")  # type: ignore[operator]
    assert str(caught.value) == "an answer of 100,002 characters is too long to be compared"
