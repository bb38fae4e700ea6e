"""Which names mean the same tool of an MCP server."""

from __future__ import annotations

import pytest

from pytest_arena.text.tool_names import means_tool, same_tool

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


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize(
    "wanted",
    ["*", "kb.*", "*.find_order", "k*.find_*", "mcp__kb__*", "mcp__*", "mcp_kb_*", "*find*"],
)
def test_a_wildcard_means_a_tool_under_all_of_its_spellings(wanted: str, name: str) -> None:
    assert means_tool(wanted, name)


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize(
    "wanted", ["find_*", "archive.*", "kb.search*", "kb", "find_order", "?b.*"]
)
def test_a_wildcard_means_no_other_tool(wanted: str, name: str) -> None:
    assert not means_tool(wanted, name)


@pytest.mark.parametrize(
    ("wanted", "name", "means"),
    [
        ("find_*", "find_order", True),
        ("find_*", "refund", False),
        ("kb.*", "search", False),
        ("*.search", "search", False),
        ("a.*", "mcp_a_b_c", True),
        ("a_b.*", "mcp_a_b_c", True),
        ("[ab]*", "a", False),
        ("[ab]*", "[ab]c", True),
        ("mcp_*", "search", False),
        ("*", "", True),
        ("kb.*", "mcp_", False),
        ("mcp__*__*", "mcp____", True),
    ],
)
def test_a_wildcard_stands_for_any_text(wanted: str, name: str, means: bool) -> None:
    assert means_tool(wanted, name) is means
