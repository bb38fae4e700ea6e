"""What an MCP server over HTTP sends has an end, packed or not."""

from __future__ import annotations

import asyncio

import pytest
from servers.attacks import MEGABYTE, AttackServer

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
