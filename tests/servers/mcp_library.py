"""A library as an MCP server, written with the official package; spoken to as its argument says."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from servers.loopback import LoopbackServer

BOOKS = {"emma": "Jane Austen", "ulysses": "James Joyce"}


def library() -> MCPServer:
    server = MCPServer("library")

    @server.tool()
    def author(title: str) -> dict[str, str]:
        """Tell who wrote a book."""
        if title.lower() not in BOOKS:
            raise ToolError(f"there is no book {title!r}")
        return {"author": BOOKS[title.lower()]}

    @server.resource("library://books/{title}")
    def book(title: str) -> str:
        """A book's line in the catalogue."""
        return f"{title} by {BOOKS[title]}"

    @server.prompt()
    def recommend(reader: str) -> str:
        """Ask for a book for a reader."""
        return f"Recommend a book to {reader}."

    return server


class Library(LoopbackServer):
    """The library over streamable HTTP; `headers` are those of the requests, `status` what all are
    answered with, where it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: list[dict[str, str]] = []
        self.status: int | None = None

    async def serve(self) -> None:
        inner = library().streamable_http_app()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
            if scope["type"] == "http" and self.status is not None:
                await send({"type": "http.response.start", "status": self.status, "headers": []})
                await send({"type": "http.response.body", "body": b"come back later"})
                return
            await inner(scope, receive, send)

        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            await self.until_stopped(listening.getsockname()[1])
            server.should_exit = True
            server.force_exit = True
            await serving


if __name__ == "__main__" and sys.argv[1:] == ["stdio"]:
    library().run()
