"""Text from strangers is cleaned once, where it enters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.results import Response, ToolCall
from pytest_arena.results.cleaning import clean_response, clean_text, clean_value


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("\udc00 and \ud800x", "\ufffd and \ufffdx"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("é😀", "é😀"),
        ("\ufeffé\0\ud83d\ude00", "\ufeffé\ufffd😀"),
    ],
)
def test_text_is_cleaned_where_it_enters(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_whatever_enters_can_be_written(text: str) -> None:
    cleaned = clean_text(text)
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned == clean_text(cleaned)


def test_keys_and_values_of_json_are_cleaned_alike() -> None:
    assert clean_value({"a\0": ["\ud83d\ude00", 1, None]}) == {"a\ufffd": ["😀", 1, None]}


def test_every_text_of_a_response_is_cleaned_and_secrets_are_hidden_in_the_answer() -> None:
    call = ToolCall("find\0", {"what\0": "\ud800"}, "1\0")
    response = Response("my key\0", "stop\0", (call,), model="m\ud83d\ude00")
    clean_response(response, lambda text: text.replace("key", "[REDACTED]"))
    assert response == Response(
        "my [REDACTED]\ufffd",
        "stop\ufffd",
        (ToolCall("find\ufffd", {"what\ufffd": "\ufffd"}, "1\ufffd"),),
        model="m😀",
    )
