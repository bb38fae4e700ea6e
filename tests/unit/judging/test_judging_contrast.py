"""Whether two alike texts say the same: in the same words, or a word, number or name apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_arena.judging.similarity.contrast import contrast, first_contrast

PAIRS = Path(__file__).parents[3] / "benchmarks" / "similar" / "contrasts.tsv"
ROWS = [
    line.split("\t")
    for line in PAIRS.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize("part", ["rules", "held"])
def test_what_differs_in_one_thing_is_never_the_same(part: str) -> None:
    pairs = [row[1:] for row in ROWS if row[0] == part]
    assert len(pairs) > 50
    wrong = [
        (first, second)
        for kind, first, second in pairs
        for one, other in ((first, second), (second, first))
        if contrast(one, other).same is not (kind == "same")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("Cats are animals", "Animals are cats", "the same words stand in another order"),
        (
            "Save it and close it now",
            "Close it and save it now",
            "the same words stand in another order",
        ),
        ("You save 5 % of $20", "You save 20 % of $5", "the same words stand in another order"),
        ("Open from 5 to 9", "Open from 9 to 5", "the same words stand in another order"),
        ("2-3 days", "2-4 days", "'3' stands against '4'"),
        ("It is 👍", "It is 👎", "'👍' stands against '👎'"),
        ("if a != b", "if a = b", "'!' stands against nothing"),
        ("run !ready", "run ready", "'!' stands against nothing"),
        ("Write C#.", "Write C.", "'#' stands against nothing"),
        ("take -x", "take x", "'-' stands against nothing"),
        ("Das ist gut", "Das ist nicht gut", "nothing stands against 'nicht'"),
        ("Yes", "No", "'yes' stands against 'no'"),
        ("Yes", "...", "one has no words"),
    ],
)
def test_what_differs_is_named(first: str, second: str, reason: str) -> None:
    found = contrast(first, second)
    assert (found.same, found.near, found.reason) == (False, True, reason)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It costs -$5.00 now", "it costs −5 dollars now"),
        ("The winner is the blue team", "The blue team is the winner"),
        ("We aren’t open in May", "we are not open in May."),
        ("Great! Thanks - bye!", "Great, thanks – bye"),
        ("...", "..."),
    ],
)
def test_spellings_of_one_thing_are_the_same(first: str, second: str) -> None:
    assert contrast(first, second).same


def test_texts_that_share_little_are_not_near() -> None:
    assert not contrast("It rains a lot", "Wet weather came down here").near
    # but with another number they may be the same sentence with another fact
    assert contrast("The fee for all members is 5 euros", "You pay 7 when you join the club").near


def test_the_first_contrast_of_several_texts_is_told() -> None:
    assert first_contrast(["On Friday we ship", "We ship on Friday", "we ship on friday!"]) is None
    told = first_contrast(["We ship on Friday", "We ship on Monday", "We ship on Friday"])
    assert told == "'friday' stands against 'monday'"


def test_long_texts_of_the_same_few_words_are_compared_in_time() -> None:
    assert not contrast("a b " * 10_000 + "c", "c " + "b a " * 10_000).same


@pytest.mark.parametrize("other", ["5!", "(5)!", "5'", "#5", "5‰", ".5", "5²", "5%", "-5", "~5"])
def test_a_sign_at_a_number_makes_another_number(other: str) -> None:
    assert not contrast(other, "5").same
    assert not contrast(f"It is {other}", "It is 5").same


def test_a_letter_with_a_factorial_is_not_the_letter_and_half_written_short_is_half() -> None:
    assert not contrast("n! ways", "n ways").same
    assert contrast("It weighs .5 kg", "It weighs 0.5 kg").same
    assert contrast("Hello! It is 'five'", "Hello, it is five").same


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5*", "5"),
        ("5-", "5"),
        ("− 5", "5"),
        ("5 - 3", "5 3"),
        ("5e-3", "5e3"),
        ('5"', "5"),
        ("1.000", "1"),
        ("a_1", "a1"),
        ("a-1", "a1"),
        ("a.1", "a1"),
        ("x*", "x"),
        ("x'", "x"),
        ("O−", "O"),
        ("A*", "A"),
        ("@bob", "bob"),
        (".net", "net"),
        ("*.txt", "txt"),
        ("2**3", "2*3"),
        ("[1, 2)", "[1, 2]"),
        ("f(x)", "f[x]"),
        ("the item(s)", "the items"),
        ("the cats' bowl", "the cat's bowl"),
        ("at 9 am", "at 9 pm"),
        ("5 MB a day", "5 Mb a day"),
        ("1 mW", "1 MW"),
        ("A few came", "Few came"),
        ("1 million", "1 billion"),
        ("twenty-five", "twenty, five"),
        ("twenty and five", "25"),
        ("/a", "/ a"),
        ("5A", "5 A"),
        ("A4", "A 4"),
        ("H2O", "H 2 O"),
        ("a-1", "a - 1"),
        ("it draws 5 A", "it draws 5"),
        ("plan A", "plan"),
        ("plan a", "plan"),
        ("10 a day", "10 days"),
        ("0,500", "500"),
        ("1 500", "1, 500"),
        ("3: 5", "3, 5"),
        ("+5", "5"),
        ("3.0", "3"),
        ("3·5", "3 5"),
        ("½ cup", "cup"),
        ("½", "¼"),
        ("५०٪", "५०"),
        ("５％", "５"),
        ('5" and 6"', "5 and 6"),
        ("£5", "5 pounds"),
        ("1 mw", "1 MW"),
        ("5 K", "5 k"),
        ("a ≠ b", "a = b"),
        ("यह दिन", "यह दीन"),
        ("你好？", "你好。"),
        ("no one", "no 1"),
        ("the app store", "the app shop"),
        ("Ana and Ben are 5 and 9", "Ben and Ana are 5 and 9"),
    ],
)
def test_a_mark_that_prose_does_not_need_tells(first: str, second: str) -> None:
    assert not contrast(first, second).same
    assert not contrast(f"I think {first} is right", f"I think {second} is right").same


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("**Paris**", "Paris."),
        ("“Paris”", "paris"),
        ("`pip install x`", "pip install x"),
        ("- Open it\n- Close it", "• Open it\n• Close it"),
        ("Call us—we can help", "Call us - we can help."),
        ("Restart it (or not)", "Restart it or not"),
        ("It's 5 – no more.", "It's 5, no more"),
        ("3-day trip", "3 day trip"),
        ("10 a.m.", "10 am"),
        ("in the U.S.A.", "in the USA"),
        ("in the us", "in the US"),
        ("你好。", "你好"),
        ("twenty-five people", "25 people"),
        ("1.5 million dollars", "$1,500,000"),
        ("one thousand five hundred", "1500"),
        ("Use 'A' or \"B\"", "Use A or B"),
        ("and/or", "and / or"),
        ("5 kg, 20 %, 5°C", "5kg, 20%, 5 °C"),
        ("It costs 1,500 dollars", "it costs $1500"),
        ("a 20% fee", "20% fee"),
        ("May 5, 2024", "May 5 2024"),
        ("Mr. Smith called", "Mr Smith called"),
        ("Quoi ?", "Quoi?"),
        ("« Paris »", "Paris"),
    ],
)
def test_marks_of_prose_and_of_markdown_do_not_tell(first: str, second: str) -> None:
    assert contrast(first, second).same


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("No. Refunds are given.", "No refunds are given."),
        ("no, changes were made", "no changes were made"),
        ("no - changes were made", "no changes were made"),
        (
            "We refund if you paid. On Monday we close.",
            "We refund. If you paid on Monday we close.",
        ),
    ],
)
def test_where_a_sentence_ends_tells(first: str, second: str) -> None:
    found = contrast(first, second)
    assert (found.same, found.near) == (False, True)
    assert found.reason.startswith("a sentence ends behind")


def test_a_comma_is_one_of_thousands_in_english_alone() -> None:
    assert contrast("It is 1,500 kg", "it is 1500 kg").same
    assert not contrast("Es sind 1,500 kg", "es sind 1500 kg").same
    assert not contrast("1,500", "1500").same


def test_kinds_of_sentence_ends_do_not_tell() -> None:
    assert contrast("Open it. Close it!\nDone", "open it; close it. done").same
    assert contrast("No, it is.", "No. It is.").same


def test_words_that_are_others_in_capitals_tell_where_case_is_kept() -> None:
    assert not contrast("He is in the US.", "He is in us.").same
    assert not contrast("I like the Polish table", "I like the polish table").same
    assert contrast("i like the polish table", "I like the Polish table").same
    assert contrast("May I go?", "may I go?").same


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    ["'a ", '"', "(a ", "*a ", "_a", "`", "- ", "one ", "five hundred ", "a.b.", "5!", "1,"],
)
def test_hostile_texts_are_taken_apart_in_time(piece: str) -> None:
    text = piece * (40_000 // len(piece))
    assert not contrast(text, text + "x y").same
