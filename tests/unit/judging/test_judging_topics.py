"""Topics, by their words with the endings of plurals and verbs."""

from __future__ import annotations

import pytest

from pytest_arena.judging.detectors.topics import TopicRules, stem
from pytest_arena.schema.guardrail import Said

FORBIDDEN = TopicRules(forbidden={"medicine": ("diagnosis", "prescribe", "side effect")})
ALLOWED = TopicRules(allowed={"billing": ("invoice", "refund"), "delivery": ("parcel", "ship")})


@pytest.mark.parametrize("text", ["My DIAGNOSIS is", "We prescribed it", "the side\n effects"])
def test_a_forbidden_topic_is_known_by_its_words(text: str) -> None:
    assert FORBIDDEN.look(text, Said()).found is True


@pytest.mark.parametrize(
    "text", ["医生的诊断是流感", "是diagnosis的", "การวินิจฉัยโรค", "side effectsが"]
)
def test_scripts_without_blanks_hide_no_topic(text: str) -> None:
    phrases = ("诊断", "diagnosis", "วินิจฉัย", "side effect")
    rules = TopicRules(forbidden={"medicine": phrases})
    assert rules.look(text, Said()).found is True
    assert rules.look("医生断诊是", Said()).found is False


def test_it_is_named_with_the_words_that_told() -> None:
    look = FORBIDDEN.look("The diagnosis and its side effects", Said())
    assert look.reason == "the topic 'medicine' comes up: 'diagnosis', 'side effects'"
    assert look.spans == ((4, 13), (22, 34))


def test_other_texts_are_off_the_topic() -> None:
    assert FORBIDDEN.look("The side door, an effect", Said()).found is False
    assert ALLOWED.look("Who won the match?", Said()).reason == (
        "none of the allowed topics comes up: billing, delivery"
    )
    assert ALLOWED.look("It was shipped.", Said()).reason == "the topic is 'delivery': 'ship'"


def test_several_words_can_be_asked_for() -> None:
    rules = TopicRules(forbidden={"medicine": ("dose", "doctor")}, min_words=2)
    assert rules.look("The doctor is in", Said()).found is False
    assert rules.look("The doctor gave two doses", Said()).found is True


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("refund refunds refunded refunding", True),
        ("policy policies", True),
        ("ship shipped shipping ships", True),
        ("class classes", True),
        ("police policy", False),
        ("bus bushes", False),
        ("vote voter", False),
    ],
)
def test_only_endings_of_plurals_and_verbs_are_taken_off(words: str, same: bool) -> None:
    assert (len({stem(word) for word in words.split()}) == 1) is same


def test_a_sentence_like_an_example_counts_where_that_is_asked_for() -> None:
    examples = ("How do I invest my savings?", "stocks")
    rules = TopicRules(forbidden={"finance": examples}, min_similarity=0.5)
    look = rules.look("Hello. How should I invest savings of mine? Thanks", Said())
    assert look.found is True
    assert look.spans == ((7, 42),)
    assert rules.look("How do I reset my password?", Said()).found is False
    assert TopicRules(forbidden={"finance": examples}).look("invest savings", Said()).found is False
