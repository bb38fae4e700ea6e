"""Which names mean the same tool of an MCP server."""

from __future__ import annotations

import pytest

from pytest_arena.text.tool_names import same_tool

SPELLINGS = ("kb.find_order", "mcp__kb__find_order", "mcp_kb_find_order")


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("other", SPELLINGS)
def test_spellings_of_one_servers_tool_are_the_same(name: str, other: str) -> None:
    assert same_tool(name, other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("kb.search", "search"),
        ("mcp__kb__search", "search"),
        ("kb.search", "archive.search"),
        ("mcp__kb__search", "mcp__archive__search"),
        ("a.b_c", "a_b.c"),
        ("mcp_kb_search", "kb_search"),
        ("search", "find"),
    ],
)
def test_other_tools_are_others(name: str, other: str) -> None:
    assert not same_tool(name, other)
    assert not same_tool(other, name)
