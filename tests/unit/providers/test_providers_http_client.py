"""What the HTTP client takes from its surroundings, and how it reads a stream of events."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.event_stream import EventDecoder
from pytest_arena.providers.http_bounds import MOST_BYTES
from pytest_arena.providers.http_client import open_client


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Answer every request with the same bytes; tell the paths and Authorization headers."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


async def streamed(base: str) -> list[bytes]:
    client = await open_client(base, {}, [])
    try:
        return [part async for part in client.parts("/x", {}, {})]
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\ndata: b\n\n", ["a", "b"]),
        (b"data:a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        (b": comment\nevent: x\nid: 1\ndata: a\ndata: b\n\n", ["a\nb"]),
        (b"data: cut off", ["cut off"]),
        (b"\n\n\n", []),
        (b"\xef\xbb\xbfdata: a\n\ndata: b\n\n", ["a", "b"]),
        (b"data: a\r\rdata: b\rdata: c\r\r", ["a", "b\nc"]),
        (b"data: a\r\n\rdata: b\n\r\n", ["a", "b"]),
        (b"data: a\rdata: b\r", ["a\nb"]),
        (b"data: " + b"x" * 3_000 + b"\n\n", ["x" * 3_000]),
        ("data: é\n\n".encode(), ["é"]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", ["a"]),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_events_are_read_by_the_standard_however_the_bytes_are_cut(
    body: bytes, events: list[str], size: int
) -> None:
    decoder = EventDecoder()
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    found = [data for part in parts for data in decoder.feed(part)]
    assert [*found, *filter(None, [decoder.end()])] == events


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"event: error\ndata: too many\n\ndata: a\n\n", "too many"),
        (b"data: too many\nevent: error\n", "too many"),
        (b"event: error\n\ndata: a\n\n", ""),
        (b"data: a\n\nevent: error", ""),
        (b"event: errors\ndata: a\n\n", None),
    ],
)
def test_an_event_that_the_server_calls_an_error_is_known_as_one(
    body: bytes, error: str | None
) -> None:
    decoder = EventDecoder()
    decoder.feed(body)
    decoder.end()
    assert decoder.error == error


@pytest.mark.parametrize(
    ("body", "is_cut"),
    [
        (b"data: a\n\n", False),
        (b"data: a\n", False),
        (b"data: a\r", False),
        (b"", False),
        (b"data: a\n\n: still here", False),
        (b"data: a\n\ndata: b", True),
        (b"data: a\n\ndata:", True),
        (b"data: a\n\nda", True),
        (b"data: a\n\nevent: x", True),
    ],
)
def test_a_stream_that_ends_amid_a_line_is_known_as_one(body: bytes, is_cut: bool) -> None:
    decoder = EventDecoder()
    decoder.feed(body)
    decoder.end()
    assert decoder.is_cut == is_cut


def test_a_failed_stream_tells_status_and_words() -> None:
    body = json.dumps({"error": {"message": "no credit"}}).encode()
    with answering(body, 402) as (base, _), pytest.raises(ProviderError) as caught:
        asyncio.run(streamed(base))
    assert caught.value.kind is ErrorKind.INSUFFICIENT_QUOTA
    assert caught.value.message == "no quota or credit is left (HTTP 402): no credit"


def test_an_empty_failure_tells_the_reason_of_the_status() -> None:
    with answering(b"", 503) as (base, _), pytest.raises(ProviderError) as caught:
        asyncio.run(streamed(base))
    assert caught.value.message == "the provider failed (HTTP 503): Service Unavailable"


def test_a_proxy_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b"{}") as (proxy, asked):
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "inside.example")

        async def post() -> bytes:
            client = await open_client("http://outside.example/v1/", {}, [])
            try:
                return await client.post("/chat", {}, {"Authorization": "Bearer k"})
            finally:
                await client.close()

        assert asyncio.run(post()) == b"{}"
        assert asked == [("http://outside.example/v1/chat", "Bearer k")]


def test_a_netrc_file_is_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with answering(b"data: x\n\n") as (base, asked):
        asyncio.run(streamed(base))
        assert asked == [("/x", "")]


def test_a_large_body_is_sent_without_a_warning_of_a_blocked_loop() -> None:
    async def posted(base: str) -> bytes:
        client = await open_client(base, {}, [])
        try:
            return await client.post("/x", {"picture": "0" * 1_200_000}, {})
        finally:
            await client.close()

    with answering(b"{}") as (base, asked):
        assert asyncio.run(posted(base)) == b"{}"
    assert [path for path, _ in asked] == ["/x"]


@contextmanager
def leading(to: str, status: int) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Send every request but those to /there to another address; tell all of them."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append((f"{self.command} {self.path}", self.headers.get("Authorization", "")))
            there = self.path == "/there"
            self.send_response(200 if there else status)
            self.send_header("Content-Length", "2" if there else "0")
            self.send_header("Location", to)
            self.end_headers()
            self.wfile.write(b"ok" if there else b"")

        do_GET = do_POST  # noqa: N815 - the server's own way to name it

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


async def posted(base: str) -> bytes:
    client = await open_client(base, {"Authorization": "Bearer secret"}, ["secret"])
    try:
        return await client.post("/x", {"a": 1}, {})
    finally:
        await client.close()


@pytest.mark.parametrize("status", [307, 308, 303])
def test_a_redirect_is_followed_at_its_host(status: int) -> None:
    with leading("/there", status) as (base, asked):
        assert asyncio.run(posted(base)) == b"ok"
    method = "GET" if status == 303 else "POST"
    assert asked == [("POST /x", "Bearer secret"), (f"{method} /there", "Bearer secret")]


@pytest.mark.parametrize("call", [posted, streamed])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(status: int, call: object) -> None:
    with (
        answering(b"stolen") as (other, asked),
        leading(f"{other}/there", status) as (base, _),
        pytest.raises(ProviderError, match="redirects to another host") as caught,
    ):
        asyncio.run(call(base))  # type: ignore[operator]
    assert asked == [], "neither the key nor the prompt went there"
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert "api_base" in caught.value.message


def test_redirects_come_to_an_end() -> None:
    with (
        leading("/round", 307) as (base, asked),
        pytest.raises(ProviderError, match="redirects more than 5 times"),
    ):
        asyncio.run(posted(base))
    assert len(asked) == 6


@pytest.mark.parametrize("call", [posted, streamed])
@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_without_an_end_is_no_answer(call: object, packed: bool) -> None:
    body = b"x" * (MOST_BYTES + 1)
    kind = "gzip" if packed else "identity"
    content = gzip.compress(body) if packed else body

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Encoding", kind)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(ProviderError, match="more than 16 MiB") as caught:
            asyncio.run(call(address))  # type: ignore[operator]
        server.shutdown()
    assert caught.value.kind is ErrorKind.BAD_RESPONSE
