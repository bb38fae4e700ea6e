"""What the HTTP client takes from its surroundings, and how it reads a stream of events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.chat_completions import failed_in_stream
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


async def events_of(base: str) -> list[str]:
    client = await open_client(base, {}, [])
    events: AsyncIterator[str] = client.events("/x", {}, {})
    try:
        return [data async for data in events]
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
        (b"data: " + b"x" * 300_000 + b"\n\n", ["x" * 300_000]),
        ("data: é\n\n".encode(), ["é"]),
    ],
)
def test_events_are_read_by_the_standard(body: bytes, events: list[str]) -> None:
    with answering(body) as (base, _):
        assert asyncio.run(events_of(base)) == events


def test_a_failed_stream_tells_status_and_words() -> None:
    body = json.dumps({"error": {"message": "no credit"}}).encode()
    with answering(body, 402) as (base, _), pytest.raises(ProviderError) as caught:
        asyncio.run(events_of(base))
    assert caught.value.kind is ErrorKind.AUTHENTICATION
    assert caught.value.message == "authentication failed (HTTP 402): no credit"


def test_an_empty_failure_tells_the_reason_of_the_status() -> None:
    with answering(b"", 503) as (base, _), pytest.raises(ProviderError) as caught:
        asyncio.run(events_of(base))
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
        asyncio.run(events_of(base))
        assert asked == [("/x", "")]


@pytest.mark.parametrize(
    ("chunk", "kind"),
    [
        ({"error": {"message": "slow down", "code": 429}}, ErrorKind.RATE_LIMIT),
        ({"error": {"message": "oops", "code": "server_error"}}, ErrorKind.SERVER),
        ({"error": "oops"}, ErrorKind.SERVER),
    ],
)
def test_an_error_within_a_stream_has_its_kind(chunk: object, kind: ErrorKind) -> None:
    error = failed_in_stream(chunk)
    assert error is not None
    assert error.kind is kind


def test_a_chunk_without_an_error_is_none() -> None:
    assert failed_in_stream({"choices": [], "error": None}) is None
    assert failed_in_stream([]) is None
