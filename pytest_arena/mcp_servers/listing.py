"""The tools that a server says it has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import shorten
from pytest_arena.json_schema import SchemaUnusableError, mismatches, schema_fault
from pytest_arena.light_dataclass import dataclass
from pytest_arena.mcp_servers.failures import ServerUnusable
from pytest_arena.results.cleaning import clean_text, clean_value

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import Tool

MOST_ENTRIES = 1_000
"""Of one list."""
_MOST_PAGES = 100
_LONGEST_NAME = 128
_LONGEST_DESCRIPTION = 10_000
_LARGEST_SCHEMA = 100_000
"""Characters, as JSON."""


@dataclass(frozen=True, slots=True)
class ListedTool:
    """One tool of a server, as the server describes it."""

    name: str
    description: str
    parameters: dict[str, Any]
    """The JSON Schema of its arguments."""
    output_schema: dict[str, Any] | None
    """The JSON Schema of its structured content, which it has to keep to."""

    def misfit(self, value: Any) -> str | None:
        """Return in what structured content is not as the tool itself describes it; None where it
        is."""
        if self.output_schema is None:
            return None
        if value is None:
            return "it has an outputSchema, and gave no structured content"
        if (fault := _fault(self.output_schema)) is not None:
            return f"its outputSchema is none: {fault}"
        try:
            found = mismatches(value, self.output_schema)
        except SchemaUnusableError as error:
            return f"its outputSchema cannot be held against a value: {error}"
        return None if found is None else f"its structured content is not as it says: {found}"


async def list_tools(client: Client, offered: Callable[[str], bool]) -> tuple[ListedTool, ...]:
    """Return those of a server's tools that are `offered`, checked; all pages of the list.

    A list without end, and a tool that is none, are a `ServerUnusable`.
    """
    tools: list[Tool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) > MOST_ENTRIES:
            break
    if cursor is not None or len(tools) > MOST_ENTRIES:
        raise ServerUnusable(f"lists tools without end: more than {len(tools)}")
    # a stranger's schemas may take long to check
    return await asyncio.to_thread(_checked, [tool for tool in tools if offered(tool.name)])


def _checked(tools: Iterable[Tool]) -> tuple[ListedTool, ...]:
    found: dict[str, ListedTool] = {}
    for listed in map(_listed, tools):
        if listed.name in found:
            raise ServerUnusable(f"lists the tool {listed.name!r} twice")
        found[listed.name] = listed
    return tuple(found.values())


def _listed(tool: Tool) -> ListedTool:
    name = tool.name
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ServerUnusable(f"lists a tool whose name is none: {shorten(name, 60)!r}")
    if (fault := _fault(tool.input_schema)) is not None:
        raise ServerUnusable(f"describes its tool {name!r} by an inputSchema that is none: {fault}")
    return ListedTool(
        clean_text(name),
        clean_text(tool.description or "")[:_LONGEST_DESCRIPTION],
        clean_value(tool.input_schema),
        tool.output_schema,
    )


def _fault(schema: dict[str, Any]) -> str | None:
    try:
        text = json.dumps(schema)
        if len(text) > _LARGEST_SCHEMA:
            return f"it has {len(text):,} characters"
        return _fault_in(text)
    except RecursionError:
        return "it is nested too deeply"


@lru_cache(maxsize=512)
def _fault_in(text: str) -> str | None:
    """Check a schema once: the same ones come with each list, and with each call of a tool."""
    return schema_fault(json.loads(text))
