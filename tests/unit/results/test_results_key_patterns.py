"""Keys are found by their forms; those that a message quotes in part only where that is asked."""

from __future__ import annotations

import pytest

from pytest_arena.text.key_patterns import KeySpan, find_keys, hide_keys

GITHUB = "gh" + "p_0123456789abcdefghijklmnopqrstuvwxyz"
SLACK = "xo" + "xb-123456789012-sk-abcdef"


@pytest.mark.parametrize("text", ["sk-proj-ab****cd", "key-abcdef", "Bearer abc", "?key=a b"])
def test_what_a_message_quotes_of_a_key_is_hidden_only_where_asked(text: str) -> None:
    assert hide_keys(text) == text
    assert "[REDACTED]" in hide_keys(text, quoted=True)


@pytest.mark.parametrize("quoted", [False, True])
def test_a_key_of_a_known_form_is_hidden_in_any_text(quoted: bool) -> None:
    assert hide_keys(f"not {GITHUB}, nor this", quoted=quoted) == "not [REDACTED], nor this"


def test_keys_that_overlap_are_one_from_the_first_to_the_last_letter() -> None:
    assert hide_keys(f"a {SLACK}.xyz b", quoted=True) == "a [REDACTED] b"
    assert find_keys(f"a {SLACK}.xyz b", quoted=True) == [KeySpan("Slack token", 2, 33)]
