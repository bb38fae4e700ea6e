"""How frameworks spell the tools of MCP servers, and which spellings mean the same tool."""

from __future__ import annotations


def same_tool(name: str, other: str) -> bool:
    """Return whether two names are of the same tool.

    `kb.search`, `mcp__kb__search` and `mcp_kb_search` are the tool `search` of the server `kb`. A
    name without a server is no spelling of one with it: it may be another source's.
    """
    if name == other:
        return True
    first, second = _parts(name), _parts(other)
    if first is not None and second is not None:
        return first == second
    return _run_together(name) is not None and _run_together(name) == _run_together(other)


def _parts(name: str) -> tuple[str, str] | None:
    """Return server and tool, where a name tells them apart."""
    if name.startswith("mcp__"):
        server, separator, tool = name.removeprefix("mcp__").partition("__")
    else:
        server, separator, tool = name.partition(".")
    return (server, tool) if server and separator and tool else None


def _run_together(name: str) -> str | None:
    """Return server and tool as `mcp_<server>_<tool>` has them, which does not say where one ends;
    None of a name without a server."""
    parts = _parts(name)
    if parts is not None:
        return "_".join(parts)
    rest = name.removeprefix("mcp_")
    return rest if rest != name and "_" in rest else None
