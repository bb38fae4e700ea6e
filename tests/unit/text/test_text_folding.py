"""What is the same in a comparison of texts, and the way back to where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.text.folding import (
    bare_ends,
    fold,
    fold_in_place,
    is_marks_only,
    straight,
    visible,
    without_final_break,
)

ODD = (
    "aB \n\r\te\u0301\u0300\u00e9\u00a0\u200b\u200d\u2019\u2026\u2011"
    "`'\n\ufb01\u1100\u1161\u11a8\uff21\ufeff\u0130\u0441\u24d5\u0336"
)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("We don’t", "we don't"),
        ("“quoted”", '"quoted"'),
        ("don`t", "don't"),
        ("rock`n`roll, isn`t `it`?", "rock'n'roll, isn't `it`?"),
        ("cafe\u0301`s", "café's"),
        ("don´t donʼt donˊt don‵t 5′ 6″ ג׳ירפה", "don't don't don't don't 5' 6\" ג'ירפה"),
        ("`pip`s and `git log`s, a ```b```c", "`pip`s and `git log`s, a ```b```c"),
        ("an `open\ndon`t", "an `open don't"),
        ("`1`x` ``", "`1`x` ``"),
        ("9–17 — 9‑17 − 1", "9-17 - 9-17 - 1"),
        ("wait…", "wait..."),
        ("100\u00a0EUR, 10\u202f000", "100 eur, 10 000"),
        ("a \r\n\t b\u2028c", "a b c"),
        ("pass\u00adword, zero\u200bwidth\ufeff", "password, zerowidth"),
        ("cafe\u0301", "café"),
        ("Die STRASSE", "die straße".casefold()),
        ("İstanbul", "istanbul"),
        ("1,000", "1,000"),
        ("--force", "--force"),
        ("\u2764\ufe0f", "\u2764"),
        ("ha\u3164ck", "hack"),
        ("ha\uffa0ck", "hack"),
        ("ha\U000e0100ck", "hack"),
    ],
)
def test_what_looks_the_same_is_the_same(written: str, plain: str) -> None:
    assert fold(written) == plain


def test_what_no_reader_sees_is_not_visible() -> None:
    assert visible("\ufeffpa\u00adss\u200bword\r\ncafe\u0301 ❤\ufe0f…") == "password\ncafé ❤…"


def test_a_straightened_text_has_its_length() -> None:
    text = "“Don`t” – don’t… a\u00adb\u2028c"
    assert straight(text) == "\"Don't\" - don't… a\u00adb\u2028c"


def test_full_width_forms_are_folded_where_asked_for() -> None:
    assert fold("ｈａｃｋ", wide=True) == "hack"
    assert fold("𝗵𝗮𝗰𝗸 𝒾𝓉 𝟜𝟚", wide=True) == "hack it 42"
    assert fold("ｈａｃｋ") == "ｈａｃｋ"


def test_blanks_and_invisible_characters_go_from_both_ends() -> None:
    assert bare_ends("\ufeff \u00a0a \u200b b\u200b\n\u3000") == "a \u200b b"


@pytest.mark.parametrize(
    ("text", "bare"), [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("\n", "\n")]
)
def test_one_final_line_break_of_either_kind_goes(text: str, bare: str) -> None:
    assert without_final_break(text) == bare


@pytest.mark.parametrize(("text", "marks"), [("—", True), ("- ", True), ("❤", False), ("5", False)])
def test_marks_are_what_is_neither_word_nor_symbol(text: str, marks: bool) -> None:
    assert is_marks_only(text) is marks


@given(st.text(st.sampled_from(ODD), max_size=9), st.booleans())
def test_a_text_folded_in_place_is_the_folded_text(text: str, wide: bool) -> None:
    folded = fold_in_place(text, wide=wide)
    assert " ".join(folded.text.split()) == fold(text, case_sensitive=True, wide=wide)


@given(st.text(st.sampled_from(ODD), max_size=9))
def test_every_place_in_a_folded_text_stands_somewhere_in_the_original(text: str) -> None:
    folded = fold_in_place(text)
    spans = [folded.span(place, place + 1) for place in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


def test_a_place_covers_what_was_folded_away_inside_of_it() -> None:
    text = "so: cafe\u0301 pa\u00adss…"
    folded = fold_in_place(text)
    start = folded.text.index("café pass...")
    assert text[slice(*folded.span(start, len(folded.text)))] == "cafe\u0301 pa\u00adss…"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("h\u0430ck", "hack"),
        ("f\u03bcn", "fun"),
        ("ⓗⓐⓒⓚ", "hack"),
        ("🅷🅰🅲🅺", "hack"),
        ("ʜᴀᴄᴋ", "hack"),
        ("h\u0336a\u0336c\u0336k", "hack"),
        # words of one script, and signs of their own
        ("спасибо", "спасибо"),
        ("καλημέρα", "καλημέρα"),
        ("π r²", "π r²"),
    ],
)
def test_letters_that_look_alike_are_the_same_where_words_are_looked_for(
    written: str, plain: str
) -> None:
    assert fold(written, wide=True) == plain
    assert fold_in_place(written, wide=True).text.lower() == plain
