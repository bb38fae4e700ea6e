"""`providers:` of a configuration, as columns."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.code_module import CodeModule
from pytest_arena.importing.promptfoo.javascript_values import as_in_javascript
from pytest_arena.importing.promptfoo.provider_http import http_of
from pytest_arena.importing.promptfoo.provider_models import (
    ENVIRONMENT,
    LOCAL,
    VENDORS,
    model_of,
)
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.importing.promptfoo.templates import BadTemplateError, fill_without_environment
from pytest_arena.importing.refused import why_provider_refused
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_KEYS = ("id", "label", "config", "prompts", "transform", "delay", "env", "inputs")
_ASKS_NOBODY = ("echo", "mock")
_TAKES_TEXT = ("http", "exec", "echo")
"""What is given one text: a chat as the JSON that it is."""


class Providers:
    """The columns that a configuration names, and those that its tests and judges add."""

    def __init__(self, source: Source, module: CodeModule) -> None:
        self._source = source
        self._findings = source.findings
        self._module = module
        self._by_id: dict[str, str] = {}
        self._unnamed: dict[str, dict[str, Any] | None] = {}
        self.entries: list[dict[str, Any]] = []
        self.identities: dict[str, dict[str, str]] = {}
        """What a column is called there, by its name here: `id`, and `label` where it has one."""
        self.only_prompts: dict[str, tuple[str, ...]] = {}
        """The labels of the prompts that a column is limited to, by its name."""

    def read(self) -> None:
        """Read `providers:` (or `targets:`, as it is called as well)."""
        tree = self._source.tree
        key = "providers" if "providers" in tree else "targets"
        for entry, at in self._listed(tree.get(key), tree.value_place(key)):
            self.add(entry, at)

    def _listed(self, written: Any, place: Location) -> Iterator[tuple[Any, Location]]:
        """Yield entries, those of files of data among them."""
        if isinstance(written, YamlList):
            for index, entry in enumerate(written):
                yield from self._listed(entry, written.value_place(index))
        elif isinstance(written, str) and re.search(r"\.(ya?ml|json)$", written):
            path = self._source.neighbour(written)
            if path is None:
                self._findings.left_out(place, f"there is no file {written}")
                return
            try:
                yield from self._listed(self._source.tree_of(path), place)
            except ArenaFileError as error:
                self._findings.left_out(place, f"{path.name} cannot be read: {error}")
        elif isinstance(written, (str, YamlMap)):
            yield written, place
        elif written is not None:
            self._findings.left_out(place, "a provider that is neither a text nor a mapping")

    def add(
        self, entry: Any, place: Location, group: str | None = None, known_as: str | None = None
    ) -> str | None:
        """Add an entry, and return its column's name; None where it cannot be one."""
        identity, config, label = self._read(entry)
        if not isinstance(identity, str):
            self._findings.left_out(place, "a provider without an id")
            return None
        identity = self._filled(identity, place)
        made = self._of_id(identity, config, place)
        if made is None:
            return None
        own = made.pop("name", identity)
        clean = re.sub(r"[\[\]\n/,]|::", "-", str(label) if label else own).strip()
        taken = {one["name"] for one in self.entries}
        name, number = clean, 2
        while name in taken:
            name, number = f"{clean} {number}", number + 1
        made = {"name": name, **made}
        if isinstance(entry, YamlMap):
            further = self._further(entry, made)
            if "transform" in further and "transform" in made:
                further["transform"] = self._both(made["transform"], further["transform"], entry)
            made |= further
            if isinstance(entry.get("prompts"), YamlList):
                self.only_prompts[name] = tuple(map(str, entry["prompts"]))
        if group is not None:
            made["group"] = group
        problem = why_provider_refused(made, self._source.root)
        if problem is not None:
            self._findings.left_out(place, f"{identity}: an arena does not take it: {problem}")
            return None
        self.entries.append(made)
        self._by_id[identity] = name
        if known_as is not None:
            self._by_id[known_as] = name
        self.identities[name] = {"id": identity, **({"label": str(label)} if label else {})}
        return name

    def named(self, written: str) -> str | None:
        """Return the column that a test names, by its label or its id."""
        for name, identity in self.identities.items():
            if written in (name, identity.get("label")):
                return name
        return self._by_id.get(written)

    def unnamed(self, entry: Any, place: Location) -> dict[str, Any] | None:
        """Return a provider without a name, as a judge or an embedding has it."""
        key = json.dumps(plain(entry), default=str)
        if key not in self._unnamed:
            identity, config, _ = self._read(entry)
            made = None
            if isinstance(identity, str):
                bare = re.sub(r"(?<=:)embeddings?:", "", self._filled(identity, place))
                made = self._of_id(bare, config, place)
            self._unnamed[key] = made and {k: v for k, v in made.items() if k != "name"}
        found = self._unnamed[key]
        return None if found is None else dict(found)

    def by_what_they_take(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the columns that take messages, and those that are given a text; of all columns
        where none are named."""
        kinds = {one["name"]: one["provider"] for one in self.entries}
        asked = list(names) or list(kinds)
        texts = [name for name in asked if kinds.get(name) in _TAKES_TEXT]
        return [name for name in asked if name not in texts], texts

    def pace(self, milliseconds: float, place: Location) -> None:
        """Have every column wait between two calls, as `delay` has it."""
        for entry in self.entries:
            if entry["provider"] not in _ASKS_NOBODY:
                entry.setdefault("rate_limit", _paced(milliseconds))
        self._findings.alike(
            place,
            f"a delay of {milliseconds:g} ms after each call",
            "rate_limit: keeps the same pace",
        )

    def _filled(self, identity: str, place: Location) -> str:
        """Return an id whose template has a value without the variables of the environment."""
        if "{{" not in ENVIRONMENT.sub("", identity):
            return identity
        try:
            found = fill_without_environment(identity)
        except BadTemplateError:
            return identity
        if found.strip():
            self._findings.alike(
                place, f"{identity}: no variable of the environment is read", f"it is {found}"
            )
        return found.strip() or identity

    def _read(self, entry: Any) -> tuple[Any, YamlMap | None, Any]:
        """Return what an entry is called there, its config, and its label."""
        if not isinstance(entry, YamlMap):
            return entry, None, None
        identity, inner = entry.get("id"), entry
        if "id" not in entry and len(entry) == 1:
            # written as {id: {config: …}}
            (identity, inner) = next(iter(entry.items()))
        if not isinstance(inner, YamlMap):
            return identity, None, None
        for key in inner:
            if key not in _KEYS:
                self._findings.left_out(inner.key_place(key), f"unknown key {key!r} of a provider")
        if inner.get("env") is not None:
            self._findings.left_out(
                inner.key_place("env"), "variables of a provider's environment", "set them yourself"
            )
        config = inner.get("config")
        return identity, config if isinstance(config, YamlMap) else None, inner.get("label")

    def _further(self, entry: YamlMap, made: dict[str, Any]) -> dict[str, Any]:
        """Return what an entry says beside its id and config."""
        found: dict[str, Any] = {}
        delay = entry.get("delay")
        if isinstance(delay, (int, float)) and delay > 0 and made["provider"] not in _ASKS_NOBODY:
            found["rate_limit"] = _paced(delay)
            self._findings.alike(
                entry.key_place("delay"), "delay of a provider", "rate_limit: keeps the same pace"
            )
        if entry.get("transform") is not None:
            try:
                found["transform"] = self._module.transform(plain(entry["transform"]))
            except UnusableScriptError as error:
                place = entry.key_place("transform")
                self._findings.left_out(place, f"of a provider: {error}", error.instead)
        return found

    def _both(
        self, first: dict[str, Any], second: dict[str, Any], entry: YamlMap
    ) -> dict[str, Any]:
        """Return a transform that makes of an answer what two do, one after the other."""
        if "javascript" not in second:
            self._findings.left_out(
                entry.key_place("transform"), "transform in Python after a transformResponse"
            )
            return first
        code = second["javascript"]
        body = code if "\n" in code else f"return ({code});"
        return {
            "javascript": "const made = ((output, context) => {\n"
            f"{first['javascript']}}})(output, context);\n"
            f"return ((output, context) => {{\n{body}\n}})(made, context);\n"
        }

    def _of_id(
        self, identity: str, config: YamlMap | None, place: Location
    ) -> dict[str, Any] | None:
        head, _, rest = identity.partition(":")
        if identity == "echo":
            return {"name": "echo", "provider": "echo"}
        if identity.startswith("exec:"):
            return self._exec(rest.strip(), place)
        if identity.startswith(("http:", "https:")) or identity in ("http", "https"):
            return http_of(identity, config, place, self._source)
        if head in VENDORS or head in LOCAL or head in ("ollama", "litellm"):
            return model_of(head, rest, config, place, self._source)
        code = identity.removeprefix("file://").removeprefix("python:")
        given = as_in_javascript(plain(config)) if config is not None else None
        if ".py" in code or identity.startswith("python:"):
            return self._python(code, given, place)
        if re.search(r"\.[cm]?[jt]s\b", code):
            return self._node(identity, given, place)
        self._findings.left_out(
            place,
            f"a provider that an arena has not: {identity}",
            "provider: http or exec may reach it",
        )
        return None

    def _python(self, code: str, config: Any, place: Location) -> dict[str, Any] | None:
        try:
            made = self._module.provider(code, config)
        except UnusableScriptError as error:
            self._findings.left_out(place, f"a provider of Python code: {error}", error.instead)
            return None
        self._told_as_json(place, f"call_api of {code}")
        return made

    def _node(self, identity: str, config: Any, place: Location) -> dict[str, Any] | None:
        try:
            made = self._module.node_provider(identity, config)
        except UnusableScriptError as error:
            fix = error.instead or "wrap it in a program: provider: exec"
            self._findings.left_out(place, f"a provider of JavaScript code: {error}", fix)
            return None
        self._told_as_json(place, f"callApi of {identity.removeprefix('file://')}")
        return made

    def _told_as_json(self, place: Location, what: str) -> None:
        self._findings.alike(
            place,
            what,
            "an output that is no text is told as JSON; version: names its answers for recordings",
        )

    def _exec(self, command: str, place: Location) -> dict[str, Any]:
        try:
            words = shlex.split(command)
        except ValueError:
            words = command.split()
        self._findings.alike(
            place,
            f"exec: {command}",
            "there the arguments are prompt, options and context as JSON, in this order; here the "
            "last two are empty objects",
        )
        name = words[0].rpartition("/")[2] if words else "exec"
        return {
            "name": name, "provider": "exec", "command": [*words, "{{ prompt }}", "{}", "{}"]
        }  # fmt: skip


def _paced(milliseconds: float) -> dict[str, Any]:
    pace = max(round(60_000 / milliseconds, 3), 0.001)
    return {"requests_per_minute": int(pace) if pace.is_integer() else pace}
