"""Tools of a suite as an arena has them: what models are told of each, and what runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.dialects.promptarena.made import literal, mapping
from pytest_arena.loading.dialects.promptarena.manifests import Manifest, Manifests, known_keys
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.problems import one_of
from pytest_arena.loading.tree import YamlMap, plain
from pytest_arena.loading.yaml_errors import decode
from pytest_arena.text.shown_path import path_from

_KEYS = (
    *("name", "description", "input_schema", "mode", "timeout_ms", "mock_result", "mock_template"),
    *("mock_result_file", "mock_template_file", "mock_parts", "http", "client", "exec", "a2a"),
)
_DESCRIBED = ("output_schema", "labels", "namespace", "id")
_OF_HTTP = ("url", "method", "headers", "headers_from_env", "timeout_ms", "request", "response")
_OF_REQUESTS = ("static_query", "static_headers", "header_params")
_MODES = ("mock", "live", "client", "exec", "mcp", "local", "a2a")
_GO_FIELD = re.compile(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*-?\}\}")
_OF_RUNTIME = {
    "a2a_": "agents over A2A",
    "memory__": "a memory of the runtime",
    "skill__": "skills",
}
"""How names of tools begin that are in no file."""
_MAX_BYTES = 2_000_000


class NeedsError(Exception):
    """What something needs that an arena does not have, so that what rests on it is not run."""


def tool_of_runtime(name: str) -> str | None:
    """Return what gives a tool of this name, where it is PromptKit's runtime."""
    return next((what for start, what in _OF_RUNTIME.items() if name.startswith(start)), None)


class SuiteTools:
    """The tools of a suite by name; `needs` holds those that no arena runs, with the reason."""

    def __init__(self, manifests: Manifests, context: LoadContext) -> None:
        self._manifests = manifests
        self._context = context
        self.found: dict[str, Manifest] = {}
        self.made: dict[str, YamlMap] = {}
        self.needs: dict[str, str] = {}
        self.of_servers: set[str] = set()
        """Names of tools that MCP servers give."""

    def add(self, manifest: Manifest) -> None:
        """Take one tool."""
        spec = manifest.spec
        name = str(spec.get("name") or manifest.name)
        self.found[name] = manifest
        owner = f"tool {shorten(name)!r}"
        tree = known_keys(spec, _KEYS, owner, self._context, described=_DESCRIBED)
        mode = str(tree.get("mode") or ("mock" if "mock_result" in tree else "live"))
        if mode == "mcp":
            self.of_servers.add(name)
            return
        try:
            run_by = dict(self._runner(mode, tree, owner))
        except NeedsError as error:
            self.needs[name] = str(error)
            run_by = {"mock": {"error": str(error)}}
        entries: dict[str, Any] = {
            "description": literal(tree.get("description")),
            "parameters": tree.get("input_schema"),
            **run_by,
        }
        if isinstance(tree.get("timeout_ms"), (int, float)) and "http" in run_by:
            entries["timeout"] = tree["timeout_ms"] / 1000
        self.made[name] = mapping(spec, spec.mark, entries)

    def tree(self, like: YamlMap) -> YamlMap:
        """Return all of them, each with what runs it."""
        tools = YamlMap(like.files, like.marks.get("tools", like.mark))
        for name, tool in self.made.items():
            tools.put(name, tool, tool.mark)
        return tools

    def described(self, name: str) -> YamlMap:
        """Return what a pack says of a tool: what it is for, and what it takes."""
        return self.made[name].only({"description", "parameters"})

    def _runner(self, mode: str, tree: YamlMap, owner: str) -> Iterator[tuple[str, Any]]:
        """Yield the key by which an arena runs a tool."""
        if mode in ("mock", "client"):
            yield "mock", self._mock(mode, tree, owner)
        elif mode == "live" and isinstance(tree.get("http"), YamlMap):
            yield "http", self._http(tree["http"], owner)
        elif mode == "exec" and isinstance(tree.get("exec"), YamlMap):
            yield "exec", self._exec(tree["exec"], owner)
        elif mode in ("local", "a2a"):
            what = "an agent over A2A" if mode == "a2a" else "Go code of PromptKit's runtime"
            raise NeedsError(f"{owner} is run by {what}")
        else:
            place = tree.value_place("mode") if "mode" in tree else tree.place
            problems = self._context.problems
            if mode not in _MODES:
                problems.add(
                    f"{owner} has an unknown mode {shorten(mode)!r}",
                    place,
                    expected=one_of(mode, _MODES, ""),
                    fix="write mode: mock with mock_result:, or mode: live with http:",
                )
            else:
                key = {"live": "http"}.get(mode, mode)
                problems.add(
                    f"{owner} is of mode {mode!r} and has no {key!r}",
                    place,
                    expected=f"{key}: how it is run",
                    fix="write mode: mock with mock_result: to answer for it",
                )
            yield "mock", {"result": None}

    def _mock(self, mode: str, tree: YamlMap, owner: str) -> dict[str, Any]:
        if tree.get("mock_parts"):
            self._context.warn(
                tree.key_place("mock_parts"),
                f"{owner} gives its mock_result alone: tools give no pictures or sounds here",
            )
        if "mock_result" in tree:
            return {"result": literal(plain(tree)["mock_result"])}
        for key in ("mock_template", "mock_template_file", "mock_result_file"):
            if isinstance(tree.get(key), str):
                text, place = tree[key], tree.value_place(key)
                if key.endswith("_file"):
                    text = self._text_of(text, place)
                return {"result": _with_arguments(text)}
        if mode == "client":
            raise NeedsError(f"{owner} is run by the caller's device, and has no mock_result")
        self._context.problems.add(
            f"{owner} is of mode 'mock' and says nothing of what it gives",
            tree.place,
            expected="mock_result, or mock_template",
            fix="add mock_result: …",
        )
        return {"result": None}

    def _text_of(self, written: str, place: Location) -> str:
        path = self._manifests.find(written, place, "mock file")
        name = display_name(path, self._context.root)
        return decode(read_limited(path, _MAX_BYTES, place, "mock file"), name)

    def _http(self, written: YamlMap, owner: str) -> dict[str, Any]:
        tree = known_keys(
            written, _OF_HTTP, f"'http' of {owner}", self._context, described=("redact",)
        )
        headers = {**(plain(tree.get("headers")) or {})}
        for one in tree.get("headers_from_env") or ():
            header, _, variable = str(one).partition("=")
            headers[header] = f"${{{variable or header}}}"
        made: dict[str, Any] = {
            "url": _with_arguments(str(tree.get("url", ""))),
            "method": tree.get("method") or "POST",
        }
        request = tree.get("request")
        if isinstance(request, YamlMap):
            for key in request.keys() - set(_OF_REQUESTS):
                raise NeedsError(f"{owner} makes its request by {key!r} of http.request")
            said = plain(request)
            headers |= said.get("static_headers") or {}
            for name, text in (said.get("header_params") or {}).items():
                headers[name] = _with_arguments(str(text))
            made["query"] = said.get("static_query")
        response = tree.get("response")
        if isinstance(response, YamlMap):
            made["output"] = response.get("body_mapping")
        made["headers"] = headers or None
        return {key: value for key, value in made.items() if value is not None}

    def _exec(self, written: YamlMap, owner: str) -> dict[str, Any]:
        keys = ("command", "args", "env", "timeout_ms")
        tree = known_keys(written, (*keys, "runtime"), f"'exec' of {owner}", self._context)
        if tree.get("runtime") not in (None, "exec"):
            raise NeedsError(f"{owner} is run by a server of its own (exec.runtime)")
        env = dict(
            str(one).partition("=")[::2] if "=" in str(one) else (str(one), f"${{{one}}}")
            for one in tree.get("env") or ()
        )
        program = self._program(str(tree.get("command") or ""), tree.value_place("command"))
        command = [program, *(tree.get("args") or ())]
        return {"command": [literal(str(part)) for part in command], "env": env}

    def _program(self, written: str, place: Location) -> str:
        """Return a program of the suite, named from its folder, from that of the tool's file."""
        path = self._manifests.folder / written
        if "/" not in written or PurePosixPath(written).is_absolute() or not path.is_file():
            return written
        here = (self._context.root / place.file).parent
        return f"./{path_from(here, path)}"


def _with_arguments(text: str) -> str:
    """Return a text in which Go's fields are arguments of the call."""
    fields = _GO_FIELD.sub(lambda found: "\0" + found[1] + "\1", text)
    kept = str(literal(fields))
    return kept.replace("\0", "{{ arguments.").replace("\1", " }}")
