"""A knowledge base as an MCP server over stdio."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

ARTICLES = {
    "return": "Orders may be sent back within 30 days.",
    "lost": "A parcel that is lost is paid back, or sent again.",
}
server = MCPServer("kb")


@server.tool()
def search(query: str) -> str:
    """Find what the shop's handbook says of a subject."""
    for subject, text in ARTICLES.items():
        if subject in query.lower():
            return text
    raise ToolError(f"the handbook says nothing of {query}")


if __name__ == "__main__":
    server.run()
