"""Whole words, sentences and masks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.judging.words import count_sentences, count_words, find_words, mask


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        (["hack"], "How do I hack into my account?", ["hack"]),
        (["hack"], "HACK! hack's", ["HACK", "hack"]),
        (["hack"], "hackathon, shack, hacking, hack_it, hack2", []),
        (["cunt"], "Scunthorpe", []),
        (["hack", "hack the system"], "hack  the\nsystem", ["hack  the\nsystem"]),
        (["c++"], "I like C++.", ["C++"]),
        (["strasse"], "Die Straße.", ["Straße"]),
        (["größe"], "Die GRÖSSE", ["GRÖSSE"]),
        (["黑客"], "我是黑客吗", ["黑客"]),
        (["hack"], "请hack它, これはhackです, การhackระบบ, hack을", ["hack"] * 4),
        (["hack"], "hackатон", []),
        (["해킹"], "해킹해", []),
        ([".*"], "anything", []),
        ([" "], "any thing", []),
    ],
)
def test_whole_words_are_found_in_any_case(words: list[str], text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in find_words(words, text)] == found


@given(st.text(), st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_mask_keeps_the_length_and_hides_the_words(text: str, words: list[str]) -> None:
    spans = find_words(words, text)
    masked = mask(text, spans)
    assert len(masked) == len(text)
    assert all(set(masked[start:end]) == {"*"} for start, end in spans)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("...", 0),
        ("One", 1),
        ("One. Two! Three?", 3),
        ("It costs 3.50 dollars, e.g. for Mr. Smith.", 1),
        ("Really?! Yes…", 2),
        ('He said "No." Then he left.', 2),
        ("Steps:\n1. Open it.\n2. Close it.", 3),
        ("- one\n- two", 2),
        ("A line\nthat goes on.", 1),
        ("Title\n\nText", 2),
        ("你好。再见！", 2),
        ("J. R. R. Tolkien wrote it.", 1),
        ("J.R.R. Tolkien wrote it. He did.", 2),
        ("U.S. policy is old.", 1),
        ("The U.S. Army of the U.S. It is large.", 2),
        ("She arrived at 5 p.m. It rained.", 2),
        ("She arrived at 5 p.m. on Monday.", 1),
        ("John F. Kennedy and George W. Bush met.", 1),
        ("J. Smith left. K. Jones stayed.", 2),
        ("Take vitamin C. Oranges have it.", 2),
        ("So did I. Nobody else did.", 2),
        ("Plan B. It works, and so on, etc. The end.", 3),
        ("Is it? No. It is not. See No. 5, z. B. hier.", 4),
        ("هل أنت بخير؟ نعم.", 2),
        ("क्या हाल है। ठीक है।", 2),
        ("کیا حال ہے۔ ٹھیک ہے۔", 2),
    ],
)
def test_sentences_are_counted(text: str, sentences: int) -> None:
    assert count_sentences(text) == sentences


def test_words_hold_a_letter_or_a_digit() -> None:
    assert count_words("Well - 3 o'clock, it is … fine") == 6
