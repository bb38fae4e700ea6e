"""Streams of other formats with an event that is none, which litellm may take for their end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from servers.wire import Reply, WireServer

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.litellm_wire import Wire
from pytest_arena.results import Request, Response
from pytest_arena.schema import ProviderSpec


def event(text: str, **more: Any) -> bytes:
    said = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **more}
    return b"data: " + json.dumps({"candidates": [said]}).encode() + b"\r\n\r\n"


def ask(reply: Reply, *, stream: bool) -> Response:
    async def once(url: str) -> Response:
        spec = ProviderSpec(
            name="p", provider="gemini", model="gemini-2.5-flash", api_base=url, timeout=30
        )
        keys = {"GEMINI_API_KEY": "sk-canary-of-gemini-0123"}
        provider = LiteLLMProvider(spec, ProviderEnvironment(keys))
        request = Request([{"role": "user", "content": "hi"}], stream=stream, timeout_s=30)
        try:
            return await provider.complete(request)
        finally:
            await provider.close()

    with WireServer(lambda _request: reply) as server:
        return asyncio.run(once(server.url))


@pytest.mark.parametrize("broken", [b"{not json", b'{"candidates": [', b"oops"])
def test_a_broken_event_of_gemini_is_no_end(broken: bytes) -> None:
    body = event("all is well ") + b"data: " + broken + b"\r\n\r\n"
    body += event("and more", finishReason="STOP")
    with pytest.raises(ProviderError, match="a chunk is no JSON") as caught:
        ask(Reply(body=body, body_type="text/event-stream"), stream=True)
    assert caught.value.kind is ErrorKind.BAD_RESPONSE


def test_the_same_without_it_is_an_answer() -> None:
    body = event("all is well ") + event("and more", finishReason="STOP")
    answer = ask(Reply(body=body, body_type="text/event-stream"), stream=True)
    assert (answer.output, answer.finish_reason) == ("all is well and more", "stop")
    assert (answer.input_tokens, answer.output_tokens) == (None, None)


def test_a_whole_answer_of_gemini_without_a_text_is_read_as_what_it_is() -> None:
    body = json.dumps({"candidates": [{"content": "x", "finishReason": "STOP"}]}).encode()
    with pytest.raises(ProviderError, match="its content is neither text nor parts: 'x'"):
        ask(Reply(body=body), stream=False)


WIRES = {
    "/v1/messages": b'data: {"type": "ping"}\n\ndata: {not json\n\ndata: {"type": "x"}\n\n',
    "/api/chat": b'{"done": false}\n{not json\n{"done": true}\n',
}


@pytest.mark.parametrize("path", WIRES)
def test_a_broken_event_of_each_format_is_told(path: str) -> None:
    wire = Wire(path=path, status=200, parts=[(0.0, WIRES[path])], ended=True)
    with pytest.raises(ProviderError, match=r"a chunk is no JSON: \{not json"):
        wire.check(streams=True)


@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b"\n", b": comment\n\n", b"data:\n\n"])
def test_what_is_no_event_breaks_nothing(end: bytes) -> None:
    body = event("Paris", finishReason="STOP") + end
    Wire(path="/x:streamGenerateContent", parts=[(0.0, body)], ended=True).check(streams=True)


@pytest.mark.parametrize("ended", [False, True])
def test_an_event_that_was_cut_is_a_lost_connection_where_the_stream_has_ended(ended: bool) -> None:
    body = event("Paris", finishReason="STOP") + b'data: {"candi'
    wire = Wire(path="/x:streamGenerateContent", parts=[(0.0, body)], ended=ended)
    if not ended:
        # litellm had what it wanted, or its own failure tells what happened
        wire.check(streams=True)
        return
    with pytest.raises(ProviderError, match="the stream ended within a chunk") as caught:
        wire.check(streams=True)
    assert caught.value.kind is ErrorKind.CONNECTION
