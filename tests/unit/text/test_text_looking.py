"""Looking for one text in another."""

from __future__ import annotations

import pytest

from pytest_arena.text.looking import SearchedText


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("This is internal\nonly, sorry.", "internal only"),
        ("This is internal only, sorry.", "internal only\n"),
        ("This is internal only, sorry.", "internal only "),
        ("two lines here", "two lines\nhere\n"),
        ("“Yes”", '"'),
        ("so…", "..."),
        ("I \u2764 you", "\u2764\ufe0f"),
        ("a — b", "—"),
        ("list:\n- one", "\n- "),
    ],
)
def test_a_text_is_found(text: str, wanted: str) -> None:
    assert SearchedText(text).holds(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("the class", " ass "),
        ("Ordernaïve", "\u200b naïve"),
        ("Ordernaïve", "\ufeff\u00ad naïve"),
        ("naïveté", "na\u00efv \u200b"),
        ("1000", "1,000"),
        ("1.000", "1,000"),
        ("a-b", "—"),
        ("wait...", "…"),
        ("a-b", "- "),
        ("one two", "onetwo"),
    ],
)
def test_what_is_another_text_is_not_found(text: str, wanted: str) -> None:
    assert not SearchedText(text).holds(wanted)


def test_compared_as_written_only_accents_and_line_ends_are_folded() -> None:
    exact = SearchedText("I can’t, cafe\u0301\r\nhere", exact=True)
    assert exact.holds("CAFÉ\nhere\n")
    assert not exact.holds("can't")
    assert not SearchedText("Café", case_sensitive=True).holds("café")


def test_the_beginning_and_the_end_are_those_of_words() -> None:
    searched = SearchedText("\ufeffDear\u00a0Sir,\nKind\nregards\u200b\n")
    assert searched.begins_with("dear sir")
    assert searched.begins_with("Dear ")
    assert not searched.begins_with("De ")
    assert not searched.begins_with("De \u200b")
    assert searched.ends_with("Kind regards\n")
    assert searched.ends_with(" regards")
    assert not searched.ends_with(" gards")
    assert not searched.ends_with("\u200b gards")
    assert SearchedText("# Title").begins_with("# ")
    assert not SearchedText("#Title").begins_with("# ")
    assert SearchedText("So – ").ends_with("–")
