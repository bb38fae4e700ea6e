"""What an MCP server over HTTP sends has an end, and what it is sent stays with it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from servers.attacks import MEGABYTE, AttackServer
from servers.web_server import WebServer

from pytest_arena.errors import ArenaError
from pytest_arena.schema.mcp import McpServerSpec

httpx2 = pytest.importorskip("httpx2")


@pytest.mark.parametrize("attack", ["endless", "bomb", "events"])
def test_the_bytes_of_a_server_have_an_end(attack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_arena.mcp_servers import http

    monkeypatch.setattr(http, "_MOST_STREAMED", 2 * MEGABYTE)

    async def asked(url: str) -> None:
        async with http._Client(timeout=60) as client:
            await client.post(f"{url}/{attack}", json={})

    with AttackServer() as server:
        with pytest.raises(httpx2.ReadError, match="sent more than 2 MiB in one answer"):
            asyncio.run(asked(server.url))
        assert server.sent < 24 * MEGABYTE


@pytest.mark.parametrize("stream", [False, True])
def test_the_objects_of_a_servers_message_are_counted(stream: bool) -> None:
    from pytest_arena.mcp_servers import http

    async def asked(url: str) -> None:
        async with http._Client(timeout=60) as client:
            await client.post(f"{url}/given", json={})

    with AttackServer() as server:
        body = b"[\n" * (not stream) + b"{}," * 500_001
        server.given = b"data: " + body if stream else body
        with pytest.raises(httpx2.ReadError, match="more than 500,000 objects and lists"):
            asyncio.run(asked(server.url))


REDIRECTS = [301, 302, 303, 307, 308]


class MovingServer(WebServer):
    """An MCP server that sends whoever asks it a method, or opens its stream, somewhere else."""

    def __init__(self, status: int, elsewhere: str, method: str = "initialize") -> None:
        super().__init__()
        self.status = status
        self.elsewhere = elsewhere
        self.method = method
        self.heard: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json() if request.can_read_body else {}
        method = asked.get("method", request.method)
        self.heard.append(method)
        if method == self.method:
            return web.Response(status=self.status, headers={"Location": self.elsewhere})
        if method == "GET":
            return web.Response(status=405)
        if "id" not in asked:
            return web.Response(status=202)
        result: dict[str, Any] = {"tools": [{"name": "add", "inputSchema": {"type": "object"}}]}
        if method == "initialize":
            version = asked["params"]["protocolVersion"]
            info = {"name": "moving", "version": "1"}
            result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
        elif method == "tools/call":
            result = {"content": [{"type": "text", "text": "3"}]}
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": result})


def added(server: MovingServer) -> object:
    """Return what the server's tool gives, once it was listed."""
    from pytest_arena.mcp_servers.server import McpServer, ServerHost

    async def asked() -> object:
        headers = {"X-Key": "a-key-that-is-for-one-host"}
        spec = McpServerSpec(url=f"{server.url}/mcp", headers=headers)
        client = McpServer(spec, ServerHost(fill=str))
        try:
            (tool,) = await client.tools("")
            return await client.call(tool, {}, "", 20)
        finally:
            await client.close()

    return asyncio.run(asked())


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("method", ["initialize", "tools/call"])
def test_a_redirect_to_another_host_is_an_error_and_never_followed(
    status: int, method: str
) -> None:
    with (
        AttackServer() as other,
        MovingServer(status, f"{other.url}/mcp", method) as server,
        pytest.raises(
            ArenaError, match=r"redirects to another host: http://127\.0\.0\.1:"
        ) as caught,
    ):
        added(server)
    assert "fix: write the other one as url" in str(caught.value)
    assert method in server.heard
    assert other.asked == []


def test_a_redirected_stream_is_not_followed_and_calls_go_on() -> None:
    with (
        AttackServer() as other,
        MovingServer(307, f"{other.url}/mcp", "GET") as server,
    ):
        added(server)
    assert other.asked == []
