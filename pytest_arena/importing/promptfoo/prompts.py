"""`prompts:` of a configuration, as texts or chats with a label each."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import yaml

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.promptfoo.code_runner import CodeRunner, is_code, told
from pytest_arena.importing.promptfoo.javascript_values import json_text
from pytest_arena.importing.promptfoo.scripts import UnusableScriptError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlList, YamlMap, plain
from pytest_arena.text.shown_path import path_from

_ENDS = (
    *(".cjs", ".cts", ".j2", ".js", ".json", ".jsonl", ".md", ".mjs", ".mts", ".py", ".ts"),
    *(".txt", ".yml", ".yaml", ".csv"),
)
_PROGRAMS = (".rb", ".sh", ".bash", ".pl", ".php", ".exe", ".bat", ".ps1")
_SEPARATOR = re.compile(r"(?m)^---\s*$")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: its template, which may be a chat in JSON or YAML, or the code that makes it."""

    label: str
    text: str
    place: Location
    config: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that go before the provider's."""
    code: str | None = None
    """The function that makes it for each test, as `file.py:name`."""

    def is_one_of(self, names: Sequence[str]) -> bool:
        """Return whether a list of labels names it; a prompt without one is named by its text, and
        a name that ends in `*` or `:*` stands for all that begin so."""
        own = (self.label, self.text.strip())
        for name in names:
            begin = name.removesuffix("*").removesuffix(":")
            if name.strip() in own or (name.endswith("*") and self.label.startswith(begin)):
                return True
        return False


def read_prompts(source: Source, code: CodeRunner) -> list[Prompt]:
    """Return all prompts; what cannot be read is listed."""
    tree = source.tree
    found = list(_Reader(source, code).read(tree.get("prompts"), tree.value_place("prompts")))
    labels: dict[str, int] = {}
    named = []
    for place_in_list, prompt in enumerate(found, 1):
        label = prompt.label or f"prompt {place_in_list}"
        number = labels[label] = labels.get(label, 0) + 1
        named.append(replace(prompt, label=label if number == 1 else f"{label} {number}"))
    return named


class _Reader:
    """Reads what `prompts:` names."""

    def __init__(self, source: Source, code: CodeRunner) -> None:
        self._source = source
        self._findings = source.findings
        self._code = code

    def read(self, written: Any, place: Location) -> Iterator[Prompt]:
        if isinstance(written, str):
            yield from self._one(written, None, place, {})
        elif isinstance(written, YamlMap):
            # from the path to the label
            for path, label in written.items():
                yield from self._one(str(path), str(label), written.key_place(path), {})
        elif isinstance(written, YamlList):
            for index, entry in enumerate(written):
                yield from self._entry(entry, written.value_place(index))

    def _entry(self, entry: Any, at: Location) -> Iterator[Prompt]:
        if isinstance(entry, str):
            yield from self._one(entry, None, at, {})
            return
        if isinstance(entry, YamlMap):
            text = entry.get("raw", entry.get("id", entry.get("prompt", entry.get("file"))))
            label = entry.get("label", entry.get("display"))
            config = plain(entry.get("config"))
            if isinstance(text, str):
                given = config if isinstance(config, dict) else {}
                shown = None if label is None else str(label)
                yield from self._one(text, shown, at, given)
                return
        self._findings.left_out(at, "a prompt that is neither a text nor a file")

    def _one(
        self, text: str, label: str | None, place: Location, config: Mapping[str, Any]
    ) -> Iterator[Prompt]:
        if not _may_be_path(text):
            yield Prompt(label or "", text, place, config)
            return
        bare = text.removeprefix("file://")
        if is_code(text) and "*" not in text and (text.startswith("file://") or " " not in text):
            yield from self._of_code(text, label, place, config)
            return
        name = bare.partition(":")[0]
        if text.startswith("exec:") or name.endswith(_PROGRAMS):
            self._findings.left_out(
                place,
                f"prompts made by a program: {text}",
                "write what it makes as a prompt, with {{ name }} for what varies",
            )
            return
        paths = self._files(bare) or self._files(name)
        if not paths:
            if text.startswith("file://") or ("*" in name and name.endswith(_ENDS)):
                self._findings.left_out(place, f"there is no file {text}")
                return
            if name.endswith(_ENDS) and not re.search(r"\s", text):
                self._findings.alike(
                    place, f"there is no file {text}, so that its name is the prompt, as there"
                )
            yield Prompt(label or "", text, place, config)
            return
        for path in paths:
            whole = label if label and len(paths) == 1 else None
            if "*" in bare and is_code(path.name):
                shown = path_from(self._source.path.parent, path)
                yield from self._of_code(shown, whole, place, config)
                continue
            try:
                yield from self._in_file(path, whole, place, config)
            except (ArenaFileError, ValueError, csv.Error) as error:
                self._findings.left_out(place, f"{path.name} cannot be read: {error}")

    def _of_code(
        self, text: str, label: str | None, place: Location, config: Mapping[str, Any]
    ) -> Iterator[Prompt]:
        try:
            self._code.refuse()
        except UnusableScriptError as error:
            told(self._source, place, f"prompts made by code: {text}", error)
            return
        bare = text.removeprefix("file://").removeprefix("./")
        yield Prompt(label or bare.replace(":", " "), text, place, config, code=text)

    def _files(self, name: str) -> list[Path]:
        if "*" in name:
            root = self._source.root.resolve()
            try:
                found = sorted(self._source.path.parent.glob(name))
            except (ValueError, NotImplementedError):
                return []
            files = [path for path in found if path.is_file()]
            return [path for path in files if path.resolve().is_relative_to(root)]
        path = self._source.neighbour(name)
        return [path] if path else []

    def _in_file(
        self, path: Path, label: str | None, place: Location, config: Mapping[str, Any]
    ) -> Iterator[Prompt]:
        text = self._source.text_of(path)
        shown = path_from(self._source.path.parent, path)
        if path.suffix == ".txt":
            parts = [part.strip() for part in _SEPARATOR.split(text)]
            parts = [part for part in parts if part]
        elif path.suffix == ".jsonl":
            parts = [line for line in text.splitlines() if line.strip()]
        elif path.suffix == ".csv":
            rows = csv.DictReader(io.StringIO(text))
            parts = [row["prompt"] for row in rows if row.get("prompt")]
        elif path.suffix in (".yaml", ".yml"):
            parts = [self._as_json(path) or text.strip("\n")]
        else:
            parts = [text.strip("\n")]
        for number, part in enumerate(parts, 1):
            own = label or (shown if len(parts) == 1 else f"{shown} {number}")
            named = own if len(parts) == 1 or label is None else f"{own} {number}"
            yield Prompt(named, part, place, config)

    def _as_json(self, path: Path) -> str | None:
        """Return what a file of YAML is there, JSON; None where templates make it no YAML."""
        try:
            return json_text(plain(self._source.tree_of(path)))
        except ArenaFileError:
            return None


def _may_be_path(text: str) -> bool:
    if "\n" in text:
        return False
    stem = text.partition(":")[0] if not text.startswith("file://") else text
    looks = text.startswith(("file://", "exec:")) or stem.endswith(_ENDS)
    dotted = len(text) > 4 and "." in (text[-3], text[-4])
    return looks or dotted or any(sign in text for sign in "*/\\")


def chat_of(text: str) -> list[dict[str, Any]] | None:
    """Return the messages where a text is a chat: a list of roles and contents; None elsewhere."""
    if not text.lstrip().startswith(("[", "- ")):
        return None
    try:
        found = json.loads(text, strict=False) if text.lstrip()[0] == "[" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        return None
    if not isinstance(found, list) or not found:
        return None
    whole = all(isinstance(one, dict) and {"role", "content"} <= one.keys() for one in found)
    return found if whole else None


def made_prompt(given: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the text that a function of a prompt gave, and the parameters with it."""
    if isinstance(given, str):
        return given, {}
    if isinstance(given, dict) and "prompt" in given:
        inner, config = given["prompt"], given.get("config")
        text = inner if isinstance(inner, str) else json_text(inner)
        return text, config if isinstance(config, dict) else {}
    if isinstance(given, (dict, list)):
        return json_text(given), {}
    raise UnusableScriptError("it gave neither a text nor an object")
