"""Escapes that are read in place: what each becomes, and where it stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.text.unescaping import unescape_in_place


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a&#64;b &amp; c", "a@b & c"),
        ("%C3%A9t%C3%A9", "été"),
        ("%2540", "@"),
        (r"\u0040 \x40 \u{1F600}", "@ @ 😀"),
        ("100% of &nothing; %C3 \\n \\ud83d", "100% of &nothing; %C3 \\n \\ud83d"),
    ],
)
def test_escapes_are_read_and_all_else_stays(text: str, read: str) -> None:
    assert unescape_in_place(text).text == read


def test_a_place_leads_back_to_the_whole_escape() -> None:
    folded = unescape_in_place("so: bob%40corp.io!")
    start = folded.text.index("@")
    assert folded.span(start, start + 1) == (7, 10)
    assert folded.span(0, len(folded.text)) == (0, 18)


@given(st.text("&#6x4;%20\\uaé ", max_size=40))
def test_every_place_of_any_text_leads_back_inside_of_it(text: str) -> None:
    folded = unescape_in_place(text)
    for place in range(len(folded.text)):
        start, end = folded.span(place, place + 1)
        assert 0 <= start < end <= len(text)
