"""`mcp_servers:` of a file, and the columns that name one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import McpServerSpec

_LIKE = "mcp_servers: [{id: kb, command: python, args: [kb_server.py]}]"


def build_servers(tree: YamlMap, context: LoadContext) -> dict[str, McpServerSpec]:
    """Return the file's servers by their ids, without those that have problems."""
    written = tree.get("mcp_servers")
    place = tree.value_place("mcp_servers")
    found: dict[str, McpServerSpec] = {}
    if written is None:
        return found
    if not isinstance(written, (YamlList, YamlMap)):
        context.problems.add(
            "'mcp_servers' is neither a list nor a mapping",
            place,
            expected="a list of servers, each with an id and a command or a url",
            fix=f"write it like {_LIKE}",
        )
        return found
    for entry, name, at in _entries(written):
        spec = build_server(entry, at, context, name)
        if spec is None:
            context.broken_servers.add(name or _id_of(entry))
        elif not spec.id:
            context.problems.add(
                "an MCP server has no 'id'",
                at,
                expected="a name for the server, unique in the file",
                fix="add id: …",
            )
            context.broken_servers.add("")
        elif spec.id in found:
            context.problems.add(
                f"duplicate MCP server {shorten(spec.id)!r}",
                at,
                expected=f"an id of its own; the other stands at {found[spec.id].place}",
                fix="rename one of them",
            )
        else:
            found[spec.id] = spec
    return found


def build_server(
    entry: Any, place: Location, context: LoadContext, name: str | None = None
) -> McpServerSpec | None:
    """Return the server of one mapping, or None after adding its problems; `name` is its id where
    it stands under that name."""
    if not isinstance(entry, YamlMap):
        context.problems.add(
            "an MCP server is not a mapping",
            place,
            expected="a mapping with a command or a url",
            fix=f"write it like {_LIKE}",
        )
        return None
    known = name or _id_of(entry)
    owner = f"MCP server {shorten(known)!r}" if known else "an MCP server"
    values = {**entry, "id": name} if name is not None and "id" not in entry else None
    spec = build_model(McpServerSpec, entry, context.problems, owner, values)
    return None if spec is None else spec.in_folder((context.root / place.file).parent)


def find_server(
    name: str,
    place: Location,
    owner: str,
    context: LoadContext,
    servers: Mapping[str, McpServerSpec] | None = None,
) -> McpServerSpec:
    """Return the server of this id among these, or the file's; a name that there is not adds a
    problem, and is the id of what is returned, which nobody will start."""
    servers = context.servers if servers is None else servers
    found = servers.get(name)
    if found is not None:
        return found
    if not {name, ""} & context.broken_servers:
        known = sorted(servers)
        context.problems.add(
            f"unknown MCP server {shorten(name)!r} in {owner}",
            place,
            expected=one_of(name, known, "an entry of mcp_servers:"),
            fix=suggest(name, known) or "add it to mcp_servers:, or write the server here",
        )
    return McpServerSpec.model_construct(id=name)


def _entries(written: YamlList | YamlMap) -> Iterator[tuple[Any, str | None, Location]]:
    if isinstance(written, YamlMap):
        for name, entry in written.items():
            yield entry, str(name), written.key_place(name)
    else:
        for index, entry in enumerate(written):
            yield entry, None, written.value_place(index)


def _id_of(entry: Any) -> str:
    return str(entry.get("id") or "") if isinstance(entry, YamlMap) else ""
