"""How alike texts are in their words and letters, and what themes they take up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.judging.similarity.lexical import TooLongError, is_negated, similarity
from pytest_arena.judging.similarity.numbers import numbers_of
from pytest_arena.judging.similarity.themes import found_themes

PAIRS = Path(__file__).parents[3] / "benchmarks" / "similar" / "pairs.jsonl"


def test_every_paraphrase_is_more_alike_than_every_unrelated_pair() -> None:
    pairs = [json.loads(line) for line in PAIRS.read_text().splitlines()]
    values = {label: [] for label in ("same", "near", "different")}  # type: ignore[var-annotated]
    for pair in pairs:
        values[pair["label"]].append(similarity(pair["a"], pair["b"]))
    assert min(values["same"]) > max(values["different"])


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_symmetric_and_between_0_and_1(first: str, second: str) -> None:
    assert similarity(first, second) == pytest.approx(similarity(second, first))
    assert 0 <= similarity(first, second) <= 1
    assert similarity(first, first) == 1


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [
        ("It ships on Friday.", "on friday it SHIPS", 0.95, 1.0),
        ("two parcels", "2 parcels", 0.6, 1.0),
        ("the refund was refunded", "refunds are refunding", 0.5, 1.0),
        ("recieve the pacakge", "receive the package", 0.2, 0.8),
        ("お荷物は金曜日に届きます", "荷物は金曜日に届く予定です", 0.5, 1.0),
        ("apples and pears", "quantum physics", 0.0, 0.05),
        ("", "something", 0.0, 0.0),
    ],
)
def test_examples(first: str, second: str, least: float, most: float) -> None:
    assert least <= similarity(first, second) <= most


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(TooLongError) as caught:
        similarity("a" * 100_001, "b")
    assert str(caught.value) == "a text of 100,001 characters is too long to be compared"


def test_numbers_and_negations_are_found() -> None:
    assert numbers_of("Five of the 1,200 in 3.5 days, one by one") == {"5", "1200", "3.5"}
    assert is_negated("We don't ship there")
    assert is_negated("Never")
    assert not is_negated("A knot in the notebook")


def test_themes_are_found_by_all_their_words_in_any_form() -> None:
    text = "Your invoice was billed twice; we will refund the second payment."
    themes = ("billing", "refunds", "second invoice", "shipping", "late payment")
    assert found_themes(text, themes) == ("billing", "refunds", "second invoice")
    assert found_themes("", themes) == ()


def test_themes_are_found_in_folded_texts() -> None:
    assert found_themes("A re\u00adfund isn`t ｂｉｌｌｅｄ.", ("refund", "billing")) == (
        "refund",
        "billing",
    )
