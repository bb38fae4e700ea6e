"""Answers that would lead elsewhere, never end, or take all memory: by every way to an endpoint."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from servers.attacks import MEGABYTE, AttackServer, answer

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.openai import OpenAIProvider
from pytest_arena.results import Request, Response
from pytest_arena.results.cleaning import clean_response
from pytest_arena.schema import ProviderSpec
from pytest_arena.text.json_depth import MOST_CONTAINERS
from pytest_arena.text.unpacking import Unpacker, UnpackingError

KEY = "sk-canary-of-the-attacks-0123"
WAYS = {"openai": OpenAIProvider, "litellm": LiteLLMProvider}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[AttackServer, AttackServer]]:
    with AttackServer() as elsewhere, AttackServer(elsewhere.url) as server:
        yield server, elsewhere


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def ask(
    server: AttackServer, way: str, attack: str, *, stream: bool = False, **given: Any
) -> Response:
    """Have a provider ask for an attack, once; `notes` get what it says to the run."""
    notes: list[str] = given.pop("notes", [])
    kind, model, base = way, attack, f"{server.url}/v1"
    if way == "litellm":
        model = f"openai/{attack}"
    elif way == "anthropic":
        kind, model, base = "litellm", f"anthropic/{attack}", server.url
    spec = ProviderSpec(name="p", provider=kind, model=model, api_base=base, timeout=30, **given)
    request = Request([{"role": "user", "content": "between us"}], stream=stream, timeout_s=30)

    async def once() -> Response:
        keys = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
        environment = ProviderEnvironment(keys, add_note=lambda _, note: notes.append(note))
        provider: Provider = WAYS[kind](spec, environment)
        try:
            response = await provider.complete(request)
        finally:
            await provider.close()
        clean_response(response)
        return response

    return asyncio.run(once())


def refusal(
    server: AttackServer, way: str, attack: str, *, stream: bool = False, **given: Any
) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(server, way, attack, stream=stream, **given)
    assert KEY not in caught.value.message
    return caught.value


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_is_an_error_and_never_followed(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool, status: int
) -> None:
    server, elsewhere = servers
    error = refusal(server, way, f"redirect-{status}", stream=stream)
    assert "redirects to another host" in error.message
    assert error.kind is ErrorKind.CONFIGURATION
    assert elsewhere.asked == []


NOT_HERE = {
    "http:///v1": "another host: http://127.0.0.1:80",
    "http:/v1": "another host: http://127.0.0.1:80",
    "HTTP:////x/v1": "another host: http://127.0.0.1:80",
    "https:///v1": "another host: https://127.0.0.1:443",
    "//localhost:9/v1": "another host: http://localhost:9",
    "http://127.0.0.1/v1": "another host: http://127.0.0.1:80",
    "http://127.0.0.1:PORT@localhost:9/v1": "another host: http://localhost:9",
    "https://127.0.0.1:PORT/v1": "another host: https://127.0.0.1:PORT",
    "http://[::1]:PORT/": "another host: http://[::1]:PORT",
    "http://127.0.0.1.:PORT/": "another host: http://127.0.0.1.:PORT",
    "http://localho\tst:9/": "what is no URL",
    "http:\\\\localhost:9\\v1": "what is no URL",
    "http://[bad/": "another host: http://%5Bbad:80",
    "//[bad/": "another host: http://%5bbad:80",
    "////localhost:9/v1": "what is no URL",
}
"""What is said of locations in odd writing, of which httpx makes something of its own."""


@pytest.mark.parametrize("location", NOT_HERE)
def test_where_httpx_would_go_counts_and_not_what_is_written(location: str) -> None:
    with AttackServer() as server:
        port = server.url.rpartition(":")[2]
        server.to = location.replace("PORT", port)
        error = refusal(server, "litellm", "to")
    said = NOT_HERE[location].replace("PORT", port)
    assert error.message.splitlines()[0] == f"127.0.0.1:{port} redirects to {said}"
    assert error.kind is ErrorKind.CONFIGURATION
    assert len(server.asked) == 1


@pytest.mark.parametrize("location", ["http://127.0.0.1:PORT/v1", "HTTP://u:p@127.0.0.1:PORT/v1"])
def test_a_location_at_the_host_is_followed_however_it_is_written(way: str, location: str) -> None:
    with AttackServer() as server:
        server.to = location.replace("PORT", server.url.rpartition(":")[2])
        # /v1 is asked for the same attack and sends on to itself
        error = refusal(server, way, "to")
        assert error.message.endswith("redirects more than 5 times")
        assert [asked.path for asked in server.asked][1:] == ["/v1"] * 5


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://localhost:9/v1", "another host: http://localhost:9"),
        ("http://[::1]:9/v1", "another host: http://[::1]:9"),
        ("ws://127.0.0.1:9/v1", "what is no address of HTTP: ws:"),
        ("file:///etc/passwd", "what is no address of HTTP: file:"),
        ("http://127.0.0.1:abc/", "what is no URL"),
    ],
)
def test_where_a_redirect_leads_is_told(way: str, location: str, said: str) -> None:
    with AttackServer() as server:
        server.to = location
        error = refusal(server, way, "to")
    first, *rest = error.message.splitlines()
    assert first.endswith(f" redirects to {said}")
    other = "the other one" if "another" in said else "the endpoint that answers"
    assert rest == [
        "  expected: an answer of the host that the api_base names",
        f"  fix: write {other} as api_base",
    ]
    assert error.kind is ErrorKind.CONFIGURATION


@pytest.mark.parametrize("location", ["javascript:alert(1)", "mailto:a@b.c", "data:,x"])
def test_a_location_that_no_host_answers_is_told(way: str, location: str) -> None:
    with AttackServer() as server:
        server.to = location
        error = refusal(server, way, "to")
    scheme = location.partition(":")[0]
    # httpx reads no more of it than that it is none of its own
    told = (f"redirects to what is no address of HTTP: {scheme}:", "redirects to what is no URL")
    assert told[way == "litellm"] in error.message
    assert error.kind is ErrorKind.CONFIGURATION


def test_redirects_end_by_each_way(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool
) -> None:
    error = refusal(servers[0], way, "round", stream=stream)
    assert error.message.endswith("redirects more than 5 times")


@pytest.mark.parametrize("attack", ["endless", "events", "comments", "bomb", "bombed"])
def test_an_answer_has_an_end(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool, attack: str
) -> None:
    server, _ = servers
    server.sent = 0
    error = refusal(server, way, attack, stream=stream, max_response_mb=2)
    assert error.message.endswith("sent more than 2 MiB in one answer")
    assert error.kind is ErrorKind.BAD_RESPONSE
    # what is on its way when it is given up is in the system's buffers
    assert server.sent < 24 * MEGABYTE


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_was_packed_and_has_no_end_is_a_lost_connection(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool, encoding: str
) -> None:
    error = refusal(servers[0], way, f"cut-{encoding}", stream=stream)
    assert error.message.endswith("ended its answer amid what it had packed")
    assert error.kind is ErrorKind.CONNECTION


def test_the_limit_is_what_the_entry_says(
    servers: tuple[AttackServer, AttackServer], way: str
) -> None:
    server, _ = servers
    assert len(ask(server, way, "big-1500000", max_response_mb=2).output) == 1_500_000
    assert "more than 1 MiB" in refusal(server, way, "big-1500000", max_response_mb=1).message


def test_an_encoding_that_nobody_asked_for_is_not_unpacked(
    servers: tuple[AttackServer, AttackServer],
) -> None:
    error = refusal(servers[0], "litellm", "bombed-br")
    assert error.message.endswith("answered in an encoding that was not asked for: br")


@pytest.mark.parametrize("attack", ["deep-100000", "deep-300", "beside-100000", "beside-300"])
def test_json_has_a_depth(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool, attack: str
) -> None:
    error = refusal(servers[0], way, attack, stream=stream)
    assert "its JSON is nested more than 200 deep" in error.message
    assert error.kind is ErrorKind.BAD_RESPONSE


PARTS = {"objects": b"{},", "lists": b"[],", "pairs": b'{"":0},', "nested": b"[[[{}]]],"}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("where", ["beside", "instead"])
def test_json_has_so_many_objects_and_lists(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool, part: bytes, where: str
) -> None:
    many = b"[" + part * (MOST_CONTAINERS // (part.count(b"{") + part.count(b"["))) + b"0]"
    body = answer("ok hello")[:-1] + b',"x":' + many + b"}"
    given = body if where == "beside" else many
    servers[0].given = b"data: " + given + b"\n\ndata: [DONE]\n\n" if stream else given
    error = refusal(servers[0], way, "given", stream=stream)
    assert error.message.endswith(": its JSON has more than 500,000 objects and lists")
    assert error.kind is ErrorKind.BAD_RESPONSE


def test_a_stream_has_as_many_in_each_of_its_events(
    servers: tuple[AttackServer, AttackServer], way: str
) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "ok"}}], "x": [{}] * 100_000}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    servers[0].given = events(*[chunk] * 6, end)
    assert ask(servers[0], way, "given", stream=True).output == "ok" * 6


def test_a_text_may_have_more_brackets_than_an_answer_has_parts(
    servers: tuple[AttackServer, AttackServer], way: str
) -> None:
    text = "{x} [y]\n" * (MOST_CONTAINERS // 2 - 100)
    servers[0].given = answer(text)
    assert ask(servers[0], way, "given").output == text


def test_anthropics_answer_has_so_many_objects_and_lists(
    servers: tuple[AttackServer, AttackServer], stream: bool
) -> None:
    body = b'{"type":"ping","x":[' + b"{}," * MOST_CONTAINERS + b"0]}"
    servers[0].given = b"data: " + body + b"\n\n" if stream else body
    error = refusal(servers[0], "anthropic", "given", stream=stream)
    assert error.message.endswith(": its JSON has more than 500,000 objects and lists")
    assert error.kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_arguments_that_are_too_deep_stay_the_text_that_came(
    servers: tuple[AttackServer, AttackServer], way: str, depth: int
) -> None:
    (call,) = ask(servers[0], way, f"arguments-{depth}").tool_calls
    assert call.arguments == "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "count", ["NaN", "Infinity", "1e999", "-5", "9" * 400, "9" * 5000, "1.5", '"ten"', "[1]"]
)
def test_counts_that_cannot_be_are_unknown(
    servers: tuple[AttackServer, AttackServer], way: str, count: str
) -> None:
    response = ask(servers[0], way, f"usage-{count}")
    assert response.output == "ok hello"
    assert response.input_tokens is None
    assert response.cost_usd is None


NAMELESS: list[Any] = [
    {"a": 1},
    "x",
    5,
    [None],
    ["f"],
    [{}],
    [{"id": "a"}],
    [{"id": "a", "function": None}],
    [{"id": "a", "function": "f"}],
    [{"id": "a", "function": {"arguments": "{}"}}],
    [{"index": 0, "function": {"name": None, "arguments": '{"a": 1}'}}],
    *([{"id": "a", "function": {"name": name}}] for name in (5, "", None, " ", ["f"])),
    [{"id": "a", "function": {"name": "f"}}, {"id": "b", "function": {}}],
]


@pytest.mark.parametrize("calls", NAMELESS, ids=range(len(NAMELESS)))
def test_a_call_of_no_tool_is_no_answer(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool, calls: Any
) -> None:
    servers[0].given = said({"content": None, "tool_calls": calls}, stream=stream)
    error = refusal(servers[0], way, "given", stream=stream)
    assert error.message == "the provider's answer cannot be read: a tool call has no name"
    assert error.kind is ErrorKind.BAD_RESPONSE


def test_a_call_of_anthropics_without_a_name_is_no_answer(
    servers: tuple[AttackServer, AttackServer], stream: bool
) -> None:
    call = {"type": "tool_use", "id": "a", "name": None, "input": {}}
    begun = {"index": 0, "content_block": call}
    end = {"delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}}
    usage = {"input_tokens": 10, "output_tokens": 1}
    message = {"id": "m", "role": "assistant", "model": "m", "content": [], "usage": usage}
    servers[0].given = {**message, "content": [call], "stop_reason": "tool_use"}
    if stream:
        servers[0].given = events(
            {"type": "message_start", "message": message},
            {"type": "content_block_start", **begun},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", **end},
            {"type": "message_stop"},
        )
    error = refusal(servers[0], "anthropic", "given", stream=stream)
    assert error.kind is ErrorKind.BAD_RESPONSE


@pytest.mark.parametrize("calls", [[None], [{}], 5, [{"index": 0, "function": {"name": ""}}]])
def test_what_says_nothing_of_a_call_costs_no_text(
    servers: tuple[AttackServer, AttackServer], way: str, stream: bool, calls: Any
) -> None:
    servers[0].given = said({"content": "ok", "tool_calls": calls}, stream=stream)
    response = ask(servers[0], way, "given", stream=stream)
    assert (response.output, response.tool_calls) == ("ok", ())


def said(message: dict[str, Any], *, stream: bool) -> Any:
    """Return a chat completion of one message, or a stream of one."""
    choice = {"index": 0, "finish_reason": "stop", "delta" if stream else "message": message}
    body = {"id": "x", "model": "m", "choices": [choice]}
    return events(body) if stream else body


def events(*bodies: Any) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(body).encode() for body in bodies)


UNCOUNTED = {
    "NaN": "nan",
    "-Infinity": "-inf",
    "1e400": "inf",
    "9" * 5000: "inf",
    "-5": "-5",
    "10.5": "10.5",
    "true": "True",
    '"10"': "'10'",
    "[10]": "[10]",
    '{"a": 1}': "{'a': 1}",
    "100000001": "100000001",
}
"""Counts that cannot be, as they come and as they are told."""


@pytest.mark.parametrize("count", UNCOUNTED, ids=lambda count: count[:10])
def test_counts_of_anthropics_that_cannot_be_are_unknown_with_a_note(
    servers: tuple[AttackServer, AttackServer], stream: bool, count: str
) -> None:
    usage = f'{{"input_tokens": {count}, "output_tokens": 7}}'
    servers[0].given = _message(usage, stream=stream)
    notes: list[str] = []
    response = ask(servers[0], "anthropic", "given", stream=stream, notes=notes)
    assert (response.output, response.input_tokens, response.cost_usd) == ("ok", None, None)
    said = f"provider 'p' reports a usage that cannot be (input_tokens: {UNCOUNTED[count]})"
    assert notes == [f"{said}; such tokens and their cost count as unknown"]


@pytest.mark.parametrize("usage", ["null", '"free"', "[1]", "5"])
def test_what_is_no_usage_costs_no_answer(
    servers: tuple[AttackServer, AttackServer], stream: bool, usage: str
) -> None:
    servers[0].given = _message(usage, stream=stream)
    notes: list[str] = []
    response = ask(servers[0], "anthropic", "given", stream=stream, notes=notes)
    assert (response.output, response.input_tokens) == ("ok", None)
    assert len(notes) == (usage != "null")


def test_a_stream_that_litellm_gives_up_for_its_usage_is_told(
    servers: tuple[AttackServer, AttackServer],
) -> None:
    # an event that comes in several parts, which are not put together before litellm sees them
    usage = '{"pad": "%s", "input_tokens": NaN, "output_tokens": 7}'.replace("%s", "x" * 900_000)
    servers[0].given = _message(usage, stream=True)
    error = refusal(servers[0], "anthropic", "given", stream=True)
    told = "litellm cannot read its usage (input_tokens: nan)"
    assert error.message == f"the provider's answer cannot be read: {told}"
    assert error.kind is ErrorKind.BAD_RESPONSE


def test_arguments_of_a_tool_that_are_named_like_counts_stay_as_they_are(
    servers: tuple[AttackServer, AttackServer],
) -> None:
    given = {"input_tokens": -5, "usage": "no"}
    call = {"type": "tool_use", "id": "a", "name": "f", "input": given}
    usage = {"input_tokens": True, "output_tokens": 7}
    message = {"id": "m", "type": "message", "role": "assistant", "model": 5, "content": [call]}
    servers[0].given = {**message, "stop_reason": "tool_use", "usage": usage}
    response = ask(servers[0], "anthropic", "given")
    assert response.tool_calls[0].arguments == given
    assert (response.input_tokens, response.model) == (None, None)


@pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"model": 5}', b"[]", b'"x"'])
def test_an_answer_that_litellm_cannot_read_is_told_in_a_line_and_not_asked_for_again(
    servers: tuple[AttackServer, AttackServer], body: bytes
) -> None:
    servers[0].given = body
    error = refusal(servers[0], "anthropic", "given")
    assert error.kind is ErrorKind.BAD_RESPONSE
    assert "\n" not in error.message
    assert "Traceback" not in error.message


def _message(usage: str, *, stream: bool) -> bytes:
    """Return a message of Anthropic's with this usage, whole or as a stream."""
    text = {"type": "text", "text": "ok"}
    message: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "model": "m"}
    message |= {"content": [text], "stop_reason": "end_turn", "usage": "USAGE"}
    if not stream:
        return json.dumps(message).replace('"USAGE"', usage).encode()
    delta = {"type": "text_delta", "text": "ok"}
    return events(
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {**text, "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 7},
        },
        {"type": "message_stop"},
    ).replace(b'"USAGE"', usage.encode())


@pytest.mark.parametrize(("encoding", "window"), [("gzip", 31), ("deflate", 15), ("deflate", -15)])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_what_was_packed_is_unpacked(encoding: str, window: int, size: int) -> None:
    plain = b"hello " * 1000
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    packed = packer.compress(plain) + packer.flush()
    unpacker = Unpacker(encoding, len(plain))
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(piece for part in parts for piece in unpacker.feed(part)) == plain
    assert unpacker.has_ended


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_gzip_may_have_several_parts_and_something_behind(size: int) -> None:
    packed = gzip.compress(b"one, ") + gzip.compress(b"") + gzip.compress(b"two") + b"\0\0"
    unpacker = Unpacker("x-gzip", 1000)
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(piece for part in parts for piece in unpacker.feed(part)) == b"one, two"
    assert unpacker.has_ended


@pytest.mark.parametrize("size", [1 << 16, 1 << 17, (1 << 16) + 1])
def test_pieces_that_are_full_are_followed_by_the_rest(size: int) -> None:
    unpacker = Unpacker("gzip", size)
    assert b"".join(unpacker.feed(gzip.compress(b"x" * size))) == b"x" * size
    assert unpacker.has_ended


@pytest.mark.parametrize("left_out", [1, 8, 12])
def test_whether_what_was_packed_has_ended_is_known(left_out: int) -> None:
    unpacker = Unpacker("gzip", 1000)
    assert unpacker.has_ended
    list(unpacker.feed(gzip.compress(b"hello hello hello")[:-left_out]))
    assert not unpacker.has_ended


def test_what_cannot_be_unpacked_is_told() -> None:
    with pytest.raises(UnpackingError, match=r"^sent what cannot be unpacked: "):
        list(Unpacker("gzip", 1000).feed(b"no gzip at all"))
