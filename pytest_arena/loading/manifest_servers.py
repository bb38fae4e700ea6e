"""`servers:` of a manifest as the MCP servers of its agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.manifest_gaps import OF_SERVER, GapsFound
from pytest_arena.loading.manifest_variables import filled, only_named
from pytest_arena.loading.tree import YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.schema import McpServerSpec
from pytest_arena.schema.manifest import ManifestServer, ManifestToolCost

_USED_WHEN_STARTED = ("args", "env", "headers", "url", "bearer_token", "api_key")


def servers_of(
    written: YamlMap, costs: Mapping[str, ManifestToolCost], gaps: GapsFound, context: LoadContext
) -> dict[str, McpServerSpec]:
    """Return the servers by name, with what `tool_costs` say of their tools.

    An entry of the arena file's `mcp_servers:` stands in for one of its name.
    """
    found: dict[str, McpServerSpec] = {}
    for name in map(str, written):
        spec = context.servers.get(name)
        if spec is None and name not in context.broken_servers:
            spec = _server(name, written, gaps, context)
        if spec is None:
            context.broken_servers.add(name)
        else:
            found[name] = _costing(spec, costs)
    return found


def _server(
    name: str, servers: YamlMap, gaps: GapsFound, context: LoadContext
) -> McpServerSpec | None:
    entry, owner = servers[name], f"MCP server {shorten(name)!r}"
    if not isinstance(entry, YamlMap):
        context.problems.add(
            f"{owner} is not a mapping",
            servers.key_place(name),
            expected="a mapping with a command or a url",
            fix="write it like kb: {type: stdio, command: python, args: [kb_server.py]}",
        )
        return None
    read = entry.like()
    for key in entry:
        late = key in _USED_WHEN_STARTED
        read[key] = only_named(entry, key) if late else filled(entry, key, context.problems)
    server = build_model(ManifestServer, read, context.problems, owner)
    if server is None:
        return None
    gaps.look(entry, OF_SERVER, "servers", name)
    spec = build_model(McpServerSpec, entry, context.problems, owner, _values(name, server))
    return None if spec is None else spec.in_folder((context.root / entry.place.file).parent)


def _values(name: str, server: ManifestServer) -> dict[str, Any]:
    headers = dict(server.headers)
    if server.bearer_token is not None:
        headers["Authorization"] = f"Bearer {server.bearer_token}"
    if server.api_key is not None:
        headers["x-api-key"] = server.api_key
    said = server.model_dump(include={"command", "args", "env", "cwd", "url"}, exclude_unset=True)
    kind = server.transport or server.type
    return {"id": name, **said, **({"headers": headers} if headers else {}), "type": kind}


def _costing(spec: McpServerSpec, costs: Mapping[str, ManifestToolCost]) -> McpServerSpec:
    if not costs:
        return spec
    undoable = [name for name, cost in costs.items() if cost.irreversible]
    weights = {name: cost.cost_weight for name, cost in costs.items()}
    return spec.model_copy(
        update={
            "irreversible": (*spec.irreversible, *undoable),
            "cost_weights": {**weights, **spec.cost_weights},
        }
    )
