"""How many objects and lists a text of JSON may have, before it is read."""

from __future__ import annotations

import pytest

from pytest_arena.errors import ProviderError
from pytest_arena.providers.systems.http_answers import answer_in
from pytest_arena.providers.systems.http_options import HttpOptions
from pytest_arena.text.json_depth import (
    MOST_CONTAINERS,
    Containers,
    TooManyError,
    check_containers,
)
from pytest_arena.text.json_text import UnreadableJsonError, parse_json
from pytest_arena.tools.exec import _value_of

MANY = "[" + "{}," * MOST_CONTAINERS + "0]"
SAID = "its JSON has more than 500,000 objects and lists"


@pytest.mark.parametrize("text", [MANY, MANY.encode(), "[" * 1_100_000, b'{"":' * 600_000])
def test_too_many_are_told_before_they_are_read(text: str | bytes) -> None:
    with pytest.raises(TooManyError, match=SAID):
        check_containers(text)


@pytest.mark.parametrize("text", ["", "[" * MOST_CONTAINERS, MANY[4:], "0," * 3_000_000])
def test_as_many_as_may_be_are_read(text: str) -> None:
    check_containers(text)
    check_containers(text.encode())


@pytest.mark.parametrize("size", [7, 1000, 1 << 20])
@pytest.mark.parametrize("in_lines", [False, True])
def test_pieces_are_counted_like_the_whole(size: int, in_lines: bool) -> None:
    def take(body: bytes) -> None:
        containers = Containers(in_lines=in_lines)
        for at in range(0, len(body), size):
            containers.add(body[at : at + size])

    take(b"\n" + MANY[4:].encode() + b"\n")
    with pytest.raises(TooManyError):
        take(b"\n" + MANY.encode() + b"\n")
    half = MANY[: len(MANY) // 2 + 100].encode()
    if in_lines:
        take(b"\n".join([half] * 3))
    else:
        with pytest.raises(TooManyError):
            take(b"\n".join([half] * 3))


def test_an_answer_of_too_many_cannot_be_judged_as_json() -> None:
    with pytest.raises(UnreadableJsonError, match=f"^the JSON is too large to be read: {SAID}$"):
        parse_json(MANY)


def test_an_application_and_a_tool_send_as_many_at_most() -> None:
    options = HttpOptions.model_validate({"url": "http://localhost/", "output": "a"})
    with pytest.raises(ProviderError, match=f"^the app sent what is not read: {SAID}$"):
        answer_in("the app", MANY.encode(), "utf-8", options)
    assert _value_of(MANY.encode()) == MANY
