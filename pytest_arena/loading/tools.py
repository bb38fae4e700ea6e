"""`tools:` of a file, of its agents and of its cases: what models are offered, in OpenAI's form,
and what runs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.mcp import find_server
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.templates import render_value
from pytest_arena.loading.tool_mocks import build_tool_mock
from pytest_arena.loading.tree import YamlList, YamlMap, pack_mark, plain
from pytest_arena.loading.validate import build_model
from pytest_arena.references import UnresolvedError
from pytest_arena.results.request_response import Tool
from pytest_arena.schema import McpServerSpec, ToolSpec

SERVER = "mcp:"
"""What begins the name of an MCP server among tools; all of its tools are meant."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}")
"""What at least one vendor takes as a tool's name; each has rules of its own."""
_MAPPING = "a mapping with description and parameters, or a function as module:function"


class Tools(dict[str, ToolPlan]):
    """Tools by name, and the MCP servers that are named beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.servers: dict[str, McpServerSpec] = {}

    def changed(self, change: Callable[[ToolPlan], ToolPlan]) -> Tools:
        """Return these with each tool changed; they are shared by many cases."""
        made = Tools()
        made.update((name, change(tool)) for name, tool in self.items())
        made.servers = self.servers
        return made


class DeclaredTools:
    """The tools of a file: each case is offered all of them, or what its own `tools:` says, or its
    agent's."""

    def __init__(self, tree: YamlMap, context: LoadContext) -> None:
        self._tree = tree
        self._built: dict[int, tuple[object, Tools]] = {}
        self.are_whole = True
        """Whether none of them was refused, so that one which is missing is not there."""
        is_filled = "{{" not in str(tree.get("tools"))
        of_file = self._of_file({}, context) if is_filled else {}
        self.without_variables = tuple(tool.offered for tool in of_file.values())
        """What is offered where there is no case; tools with templates need one."""
        self.names = tuple(of_file)
        """The tools of the file itself, where no template decides which there are."""

    def of_case(
        self,
        case: YamlMap,
        owner: str,
        variables: Mapping[str, Any],
        context: LoadContext,
        agent: YamlMap | None = None,
        servers: Mapping[str, McpServerSpec] | None = None,
    ) -> Tools:
        """Return what a case offers, by its own `tools:`, its agent's, or the file's.

        `case` is filled in already; the others are by its variables. `servers` are those that may
        be named, unless they are the file's.
        """
        of_file = self._of_file(variables, context)
        if case.get("tools") is not None:
            written, owner = case, f"'tools' of {owner}"
        elif agent is not None and agent.get("tools") is not None:
            written, owner = agent, "'tools' of the agent"
        else:
            return of_file
        builder = _Builder(owner, context, of_file, servers)
        tools = written["tools"]
        if written is not case:
            tools = render_value(written, "tools", variables, context.problems)
        builder.take(tools, written.value_place("tools"))
        return builder.found

    def _of_file(self, variables: Mapping[str, Any], context: LoadContext) -> Tools:
        if self._tree.get("tools") is None:
            return Tools()
        written = render_value(self._tree, "tools", variables, context.problems)
        if id(written) not in self._built:
            before = len(context.problems)
            builder = _Builder("'tools'", context)
            builder.take(written, self._tree.value_place("tools"))
            self.are_whole = self.are_whole and len(context.problems) == before
            self._built[id(written)] = (written, builder.found)
        return self._built[id(written)][1]


class _Builder:
    """Builds the tools of one `tools:`, by name; `known` are the file's, which a case may name, as
    it may `servers`."""

    def __init__(
        self,
        owner: str,
        context: LoadContext,
        known: Tools | None = None,
        servers: Mapping[str, McpServerSpec] | None = None,
    ) -> None:
        self._owner = owner
        self._context = context
        self._known = known
        self._servers = context.servers if servers is None else servers
        self.found = Tools()

    def take(self, written: Any, place: Location) -> None:
        """Add what is written: tools by name, a list of them, or a single name."""
        if isinstance(written, YamlMap) and set(written) == {"file"} and _is_file(written["file"]):
            self._from_file(written)
        elif isinstance(written, YamlMap):
            for name, value in written.items():
                self._define(str(name), value, written.key_place(name))
        elif isinstance(written, YamlList):
            for index, value in enumerate(written):
                self._listed(value, written.value_place(index))
        elif isinstance(written, str) and written.strip():
            self._listed(written, place)
        else:
            self._refuse(f"{self._owner} is neither a mapping nor a list", place)

    def _listed(self, entry: Any, place: Location) -> None:
        if isinstance(entry, str):
            if entry.strip().startswith(SERVER):
                self._server(entry.strip().removeprefix(SERVER).strip(), place)
            elif ":" in entry and entry not in (self._known or {}):
                self._define(_name_of(entry), entry, place)
            else:
                self._name(entry.strip(), place)
        elif isinstance(entry, YamlMap) and isinstance(entry.get("file"), str):
            self._from_file(entry)
        elif isinstance(entry, YamlMap):
            tool = _bare(entry)
            call = tool.get("python")
            name = tool.get("name") or (_name_of(call) if isinstance(call, str) else None)
            if name is None:
                of_server = next(iter({"mcp", "mcp_server"} & tool.keys()), None)
                fix = f"write mcp:{tool[of_server]}" if of_server else "add name: …"
                self._refuse(f"a tool in {self._owner} has no name", place, fix)
            else:
                self._define(str(name), tool, place)
        else:
            self._refuse(f"an entry of {self._owner} is no tool", place)

    def _name(self, name: str, place: Location) -> None:
        known: Mapping[str, ToolPlan] = self._known or {}
        if name in known:
            self._add(name, known[name], place)
        elif self._known is None:
            self._refuse(f"tool {shorten(name)!r} is not described", place)
        else:
            self._context.problems.add(
                f"unknown tool {shorten(name)!r} in {self._owner}",
                place,
                expected=one_of(name, sorted(known), "a tool of the file's tools:"),
                fix=suggest(name, known) or "describe it under tools: of the file",
            )

    def _server(self, name: str, place: Location) -> None:
        """Add a server with all tools that it will say it has."""
        self.found.servers[name] = find_server(
            name, place, self._owner, self._context, self._servers
        )

    def _from_file(self, entry: YamlMap) -> None:
        """Add the tools of a YAML or JSON file, which an application may share."""
        place = entry.value_place("file")
        for key in entry:
            if key != "file":
                self._refuse(f"'file' and {key!r} stand in one entry", entry.key_place(key))
        with self._context.gathering():
            path = self._context.find(entry["file"], place, "tools file")
            tree = self._context.read_tree(path, place, "tools file")
            self.take(tree, Location(self._context.files[-1], 1, 1))

    def _define(self, name: str, value: Any, place: Location) -> None:
        if not _NAME.fullmatch(name):
            self._context.problems.add(
                f"bad tool name {shorten(name)!r}",
                place,
                expected="letters, digits, '_' and '-', as vendors take it",
                fix="rename the tool",
            )
            return
        context, owner = self._context, f"tool {shorten(name)!r}"
        if isinstance(value, str):
            spec = _spec_of_call(value, place, owner, context)
        elif isinstance(value, YamlMap):
            value = _bare(value)
            values = {key: one for key, one in value.items() if key != "name"}
            if "mock" in value:
                values["mock"] = build_tool_mock(value, owner, context)
            spec = build_model(ToolSpec, value, context.problems, owner, values)
        else:
            self._refuse(f"{owner} is not a mapping", place)
            return
        if spec is not None:
            self._add(name, _tool(name, spec, spec.place or place, context), place)

    def _add(self, name: str, tool: ToolPlan | None, place: Location) -> None:
        if tool is None:
            return
        if name in self.found:
            self._context.problems.add(
                f"duplicate tool {shorten(name)!r}",
                place,
                expected="a name of its own for each tool",
                fix="rename one of them, or remove it",
            )
        self.found[name] = tool

    def _refuse(self, what: str, place: Location, fix: str | None = None) -> None:
        self._context.problems.add(
            what,
            place,
            expected=_MAPPING,
            fix=fix or "write it like tools: {find_order: {description: …, parameters: {…}}}",
        )


def _is_file(value: Any) -> bool:
    """Return whether a text names a file, and no function."""
    return isinstance(value, str) and ":" not in value


def _name_of(call: str) -> str:
    """Return the name that the tool of `module:Class.function` has without one of its own."""
    return call.rpartition(":")[2].rpartition(".")[2]


def _bare(entry: YamlMap) -> YamlMap:
    """Return what stands under `function:`, as OpenAI's form has it; other forms as they are."""
    inner = entry.get("function")
    return inner if isinstance(inner, YamlMap) and entry.keys() <= {"type", "function"} else entry


def _spec_of_call(call: str, place: Location, owner: str, context: LoadContext) -> ToolSpec | None:
    files = [place.file]
    tree = YamlMap(files, pack_mark(0, place.line, place.column))
    tree.put("python", call, tree.mark)
    return build_model(ToolSpec, tree, context.problems, owner)


def _tool(name: str, spec: ToolSpec, place: Location, context: LoadContext) -> ToolPlan | None:
    """Return a tool that can be offered, or None after adding why its function tells nothing."""
    description, parameters = spec.description, spec.parameters
    folder, code, shares = (context.root / place.file).parent, "", False
    if spec.python is not None:
        from pytest_arena.loading.tool_functions import (
            UndescribedError,
            code_of,
            describe_function,
            takes_state,
        )

        try:
            said, parameters = describe_function(spec.python, context.root, folder)
            code = code_of(spec.python, context.root, folder)
            shares = takes_state(spec.python, context.root, folder)
        except (UnresolvedError, UndescribedError) as error:
            context.problems.add(f"tool {shorten(name)!r}: {error}", place)
            return None
        description = description if description is not None else said
    function: dict[str, Any] = {"name": name}
    if description:
        function["description"] = description
    function["parameters"] = plain(parameters or {"type": "object", "properties": {}})
    if spec.strict is not None:
        function["strict"] = spec.strict
    offered: Tool = {"type": "function", "function": function}
    return ToolPlan(name, offered, spec, place, folder, context.root, code, shares)
