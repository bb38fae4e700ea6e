"""Pieces of a service's answer: which of them are errors, and where their text stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_arena.errors import ProviderError
from pytest_arena.providers.systems.http_answers import StreamedAnswer
from pytest_arena.providers.systems.http_options import HttpOptions
from pytest_arena.providers.systems.portable.pieces import Timing


def came(*pieces: Any, **keys: Any) -> dict[str, Any]:
    options = HttpOptions(url="http://bot/", stream="ndjson", **keys)
    answer = StreamedAnswer("POST bot/", options, Timing())
    for piece in pieces:
        answer.feed(json.dumps(piece).encode() + b"\n")
    return answer.end()


@pytest.mark.parametrize(
    "piece",
    [
        {"error": "boo"},
        {"error": {"message": "boo"}},
        {"error": True},
        {"text": " there", "error": "boo"},
        {"type": "error", "errorText": "boo"},
    ],
)
def test_a_piece_that_is_an_error_is_no_part_of_an_answer(piece: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match=r"POST bot/ sent an error: \{"):
        came({"text": "hello"}, piece, {"text": "."}, delta="text")


@pytest.mark.parametrize("error", [None, False, "", {}, []])
def test_a_piece_that_says_there_was_no_error_is_none(error: Any) -> None:
    assert came({"text": "hello", "error": error}, delta="text") == {"output": "hello"}


def test_a_path_that_looks_at_errors_makes_them_the_answer() -> None:
    assert came({"error": "boo"}, delta="text || error") == {"output": "boo"}
    assert came({"error": {"text": "boo"}}, output="error.text") == {"output": "boo"}


def test_an_error_beside_a_call_is_the_tools() -> None:
    call = {"name": "find", "arguments": {}, "error": "no stock"}
    found = came(call, {"text": "sold out"}, delta="text", tool_calls="name && @")
    assert found == {"output": "sold out", "tool_calls": [call]}


def test_a_text_of_the_answer_may_speak_of_errors() -> None:
    assert came({"text": '{"error": "boo"}'}, delta="text") == {"output": '{"error": "boo"}'}


@pytest.mark.parametrize("keys", [{"delta": "d.text"}, {"output": "d.text"}])
def test_a_path_that_leads_to_nothing_in_any_piece_is_an_error(keys: dict[str, str]) -> None:
    (key,) = keys
    with pytest.raises(ProviderError) as caught:
        came({"text": "hel"}, {"text": "lo"}, **keys)
    assert caught.value.message == f'POST bot/ has nothing at {key} (d.text): {{"text": "hel"}}'


def test_an_empty_text_at_the_path_is_an_answer() -> None:
    assert came({"text": ""}, {"done": True}, delta="text") == {"output": ""}


def test_calls_without_a_text_are_an_answer() -> None:
    call = {"name": "find", "arguments": {}}
    found = came({"call": call}, delta="text", tool_calls="call")
    assert found == {"output": "", "tool_calls": [call]}


def events(body: bytes, **keys: Any) -> dict[str, Any]:
    options = HttpOptions(url="http://bot/", stream="sse", **keys)
    answer = StreamedAnswer("POST bot/", options, Timing())
    answer.feed(body)
    return answer.end()


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (b"data: all is well\n\ndata: and zz", {}),
        (b"data: all is well\n\ndata:", {}),
        (b"data: all is well\n\nda", {}),
        (b'data: {"t": "well"}\n\ndata:', {"delta": "t"}),
        (b'data: {"t": "well"}\n\nevent: me', {"delta": "t"}),
    ],
)
def test_a_stream_that_ends_amid_a_piece_is_cut(body: bytes, keys: dict[str, str]) -> None:
    with pytest.raises(ProviderError, match="POST bot/: the stream ended amid a piece"):
        events(body, **keys)


@pytest.mark.parametrize(
    ("body", "keys", "output"),
    [
        (b"data: all is well\n", {}, "all is well"),
        (b"data: all is well\n\n: still here", {}, "all is well"),
        (b"data: all is well\n\ndata: [DONE]", {}, "all is well"),
        (b'data: {"t": "all"}\n\ndata: {"t": " is well"}', {"delta": "t"}, "all is well"),
        (b'\xef\xbb\xbfdata: {"t": "all"}\n\ndata: {"t": "!"}\n\n', {"delta": "t"}, "all!"),
        (b'data: {"t": "all"}\r\rdata: {"t": "!"}\r\r', {"delta": "t"}, "all!"),
        (b'data: {"t": ["all", " is"]}\n\ndata: {"t": []}\n\n', {"delta": "t"}, "all is"),
        (b'data: {"t": "all"}\n\ndata: {"t": null}\n\n', {"delta": "t"}, "all"),
    ],
)
def test_a_stream_that_ends_where_a_piece_does_is_whole(
    body: bytes, keys: dict[str, str], output: str
) -> None:
    assert events(body, **keys) == {"output": output}


@pytest.mark.parametrize(
    "body",
    [
        b"data: all\n\nevent: error\n\n",
        b"data: all\n\nevent: error",
        b"event: error\n\ndata: a\n\n",
    ],
)
def test_an_event_that_is_called_an_error_needs_no_data(body: bytes) -> None:
    with pytest.raises(ProviderError, match="POST bot/ sent an error: it has no text"):
        events(body)


@pytest.mark.parametrize("piece", [1, True, {"a": "b"}, ["all", 1], [["all"]]])
def test_a_piece_that_is_no_text_is_not_left_out(piece: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        came({"t": "all"}, {"t": piece}, delta="t")
    said = json.dumps(piece)
    assert caught.value.message == f"POST bot/ has no text at delta (t): {said}"


def test_an_end_alone_is_no_answer() -> None:
    with pytest.raises(ProviderError, match="sent no pieces of a stream"):
        events(b"data: [DONE]\n\n", delta="t")
