"""Profanity: whole words and their disguises, and nothing inside harmless words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_arena.judging.detectors.profanity import ProfanityRules, find_profanity
from pytest_arena.schema.guardrail import Said

HARMLESS = """
Scunthorpe Penistone Lightwater Middlesex Sussex assassin assess assessed assist class grass
passage compass embarrass cockpit cocktail peacock Hancock Hitchcock cockatoo cockroach
Dickens Dickinson Dick shiitake Arsenal arsenic sparse title titillate constitution
analysis analyst therapist document cucumber circumvent accumulate Cumming Cummings Wankel
swanky snigger niggle niggardly Nigeria Montenegro prickly pricked tardy mustard custard
retardant Fagin raccoon cocoon tycoon bitumen obituary habitat buttress rebuttal button
password Massachusetts Cassandra Pakistan spice auspicious despicable sextant banal canal
country county account woodcock hoe phoenix titan hello shell Hellenic Essex A55 B55 455
$55 C++ A** as* go** pa$$word cl@ss gl@ss Amsterdam gay lesbian Jewish queer homosexual
"""


@pytest.mark.parametrize("word", HARMLESS.split())
def test_harmless_words_stay_harmless(word: str) -> None:
    for text in (word, word.upper(), f"The {word.lower()}!"):
        if text not in ("The dick!", "The cumming!"):
            assert find_profanity(text, min_severity="mild") == []


@pytest.mark.parametrize(
    "phrase", ["a pussy willow", "spick and span", "the booby trap", "Moby Dick"]
)
def test_harmless_phrases_stay_harmless(phrase: str) -> None:
    assert find_profanity(phrase, min_severity="mild") == []


@pytest.mark.parametrize(
    "text",
    [
        "shit", "SHITTY", "fucking", "motherfuckers", "abso-fucking-lutely", "bitches!", "fuuuuck",
        "f*ck", "sh*t", "f**king", "F***", "a$$hole", "b!tch", "5h1t", "d1ck", "fück", "phuck",
        "f u c k", "s.h.i.t", "f-u-c-k", "**shit**", "_bullshit_", "asshole's", "son of a bitch",
        "piss off", "what a dick", "blow-job",
    ],
)  # fmt: skip
def test_swearing_is_found_in_every_dress(text: str) -> None:
    (one,) = find_profanity(f"Well, {text} then")
    assert one.severity in ("strong", "severe")


@pytest.mark.parametrize(
    "text",
    [
        "f@ck", "f#ck", "f__k", "sh-t", "sh¡t", "shitt", "azzhole", "p*ssy", "cl*sterf*ck",
        "go f yourself", "fu ck", "f ü c k", "mf'er",
        # letters of other scripts, in shapes, struck through
        "fuсk", "ѕhit", "fцck", "fμck", "ƒuck", "fʊck", "ꜰᴜᴄᴋ", "ⓕⓤⓒⓚ", "🅵🆄🅲🅺", "f̶u̶c̶k̶",
    ],
)  # fmt: skip
def test_letters_that_only_look_alike_hide_no_swearing(text: str) -> None:
    assert find_profanity(f"Well, {text} then")


@pytest.mark.parametrize(
    "text",
    [
        "The ass carried the sacks beside a mule.",
        "Blue tits and great tits nest here.",
        "Prick the potatoes with a fork.",
        "The bitch had a litter of six puppies.",
        "faggots with peas and gravy",
        "Retard the spark timing by two degrees.",
        "The tranny needs gear fluid.",
        "a bastard sword",
        "a cigarette, or fag",
        "Fucking, Austria, was renamed",
        "Dildo in Newfoundland",
        "Nguyễn Xuân Phúc met Kiké Hernández",
        "FAP is a disease of the bowel",
        "Be-bop, wop bop",
    ],
)
def test_a_word_in_its_harmless_meaning_is_let_be(text: str) -> None:
    assert find_profanity(text) == []


@pytest.mark.parametrize("text", ["Kiss my ass.", "You bitch!", "nice tits", "such a prick"])
def test_the_same_word_without_that_meaning_is_found(text: str) -> None:
    assert find_profanity(text)


def test_severity_says_what_counts() -> None:
    text = "damn, this is crap"
    assert find_profanity(text) == []
    assert [text[one.start : one.end] for one in find_profanity(text, min_severity="mild")] == [
        "damn",
        "crap",
    ]
    assert find_profanity("shit", min_severity="severe") == []


def test_words_can_be_allowed_and_added() -> None:
    rules = ProfanityRules(allow=("bullshit",), words=("frak", "smeg head"))
    assert rules.look("That is bullshit.", Said()).found is False
    assert rules.look("What the frak?", Said()).shown == ("frak",)
    assert rules.look("You smeg head!", Said()).shown == ("smeg head",)
    assert rules.look("Holy shit", Said()).found is True


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    for one in find_profanity(text, min_severity="mild"):
        assert 0 <= one.start < one.end <= len(text)


@pytest.mark.parametrize("word", ["*", "=", "-", "- -", "\U0001f595", "frak*", "a.b"])
def test_a_word_that_is_never_found_is_refused(word: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ProfanityRules(words=("frak", word))
    (error,) = caught.value.errors()
    assert error["msg"] == f"{word!r} is found in no text, so that it checks nothing"
    assert error["ctx"]["fix"] == "write the whole word; signs are what `not_contains` looks for"


@pytest.mark.parametrize("word", ["d'oh", "smeg-head", "na\u00efve", "\u8822\u8d27"])
def test_a_word_of_ones_own_is_found_as_it_is_written(word: str) -> None:
    assert ProfanityRules(words=(word,)).look(f"Well, {word}.", Said()).found is True
