"""How frameworks spell the tools of MCP servers, and which spellings mean the same tool."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_arena.text.wildcards import fits


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


def means_tool(wanted: str, name: str) -> bool:
    """Return whether a name that a person wrote, in which `*` stands for any text, means a tool.

    `kb.*` are all tools of the server `kb`, however they are spelled.
    """
    if "*" not in wanted:
        return same_tool(wanted, name)
    return any(fits(wanted, spelling) for spelling in _spellings(name))


def _spellings(name: str) -> Iterator[str]:
    """Yield a name, and the others of the same tool of a server."""
    yield name
    parts = _parts(name)
    run_together = _run_together(name)
    if run_together is None:
        return
    yield f"mcp_{run_together}"
    ends = [at for at, letter in enumerate(run_together) if letter == "_" and at]
    cut = [(run_together[:at], run_together[at + 1 :]) for at in ends]
    for server, tool in [parts] if parts is not None else cut:
        yield f"{server}.{tool}"
        yield f"mcp__{server}__{tool}"


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
