"""`prompts:` of a configuration, as texts or chats with a label each."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.importer import Source
from pytest_arena.loading.tree import YamlList, YamlMap

_ENDS = (
    *(".cjs", ".cts", ".j2", ".js", ".json", ".jsonl", ".md", ".mjs", ".mts", ".py", ".ts"),
    *(".txt", ".yml", ".yaml", ".csv"),
)
_CODE = (".cjs", ".cts", ".js", ".mjs", ".mts", ".py", ".ts", ".rb", ".sh")
_SEPARATOR = re.compile(r"(?m)^---\s*$")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: its template, which may be a chat in JSON or YAML."""

    label: str
    text: str
    place: Location

    def is_one_of(self, names: Sequence[str]) -> bool:
        """Return whether a list of labels names it; a prompt without one is named by its text."""
        return self.label in names or any(name.strip() == self.text.strip() for name in names)


def read_prompts(source: Source) -> list[Prompt]:
    """Return all prompts; what cannot be read is listed."""
    tree = source.tree
    written = tree.get("prompts")
    place = tree.value_place("prompts")
    found = list(_prompts(written, place, source))
    labels: dict[str, int] = {}
    named = []
    for place_in_list, prompt in enumerate(found, 1):
        label = prompt.label or f"prompt {place_in_list}"
        number = labels[label] = labels.get(label, 0) + 1
        label = label if number == 1 else f"{label} {number}"
        named.append(Prompt(label, prompt.text, prompt.place))
    return named


def _prompts(written: Any, place: Location, source: Source) -> Iterator[Prompt]:
    if isinstance(written, str):
        yield from _one(written, None, place, source)
    elif isinstance(written, YamlMap):
        # from the path to the label
        for path, label in written.items():
            yield from _one(str(path), str(label), written.key_place(path), source)
    elif isinstance(written, YamlList):
        for index, entry in enumerate(written):
            at = written.value_place(index)
            if isinstance(entry, YamlMap):
                text = entry.get("raw", entry.get("id", entry.get("prompt")))
                label = entry.get("label", entry.get("display"))
                if entry.get("config") is not None:
                    source.findings.alike(
                        entry.key_place("config"),
                        "config of a prompt, which there goes before the provider's",
                        "give the provider an entry of its own with these params",
                    )
                if isinstance(text, str):
                    yield from _one(text, label, at, source)
                    continue
            elif isinstance(entry, str):
                yield from _one(entry, None, at, source)
                continue
            source.findings.left_out(at, "a prompt that is neither a text nor a file")


def _one(text: str, label: str | None, place: Location, source: Source) -> Iterator[Prompt]:
    if not _may_be_path(text):
        yield Prompt(label or "", text, place)
        return
    name, _, _function = text.removeprefix("file://").partition(":")
    paths = _files(name, source)
    if any(name.endswith(end) for end in _CODE):
        source.findings.left_out(
            place,
            f"prompts made by code: {text}",
            "write what it makes as a prompt, with {{ name }} for what varies",
        )
        return
    if not paths:
        if text.startswith("file://") or ("*" in name and name.endswith(_ENDS)):
            source.findings.left_out(place, f"there is no file {text}")
            return
        yield Prompt(label or "", text, place)
        return
    for path in paths:
        whole = label if label and len(paths) == 1 else None
        try:
            yield from _in_file(path, whole, place, source)
        except (ArenaFileError, ValueError) as error:
            source.findings.left_out(place, f"{path.name} cannot be read: {error}")


def _may_be_path(text: str) -> bool:
    if "\n" in text:
        return False
    stem = text.partition(":")[0] if not text.startswith("file://") else text
    looks = text.startswith("file://") or stem.endswith(_ENDS)
    dotted = len(text) > 4 and "." in (text[-3], text[-4])
    return looks or dotted or any(sign in text for sign in "*/\\")


def _files(name: str, source: Source) -> list[Path]:
    if "*" in name:
        root = source.root.resolve()
        found = sorted(path for path in source.path.parent.glob(name) if path.is_file())
        return [path for path in found if path.resolve().is_relative_to(root)]
    path = source.neighbour(name)
    return [path] if path else []


def _in_file(path: Path, label: str | None, place: Location, source: Source) -> Iterator[Prompt]:
    text = source.text_of(path)
    shown = os.path.relpath(path, source.path.parent)
    if path.suffix == ".txt":
        parts = [part.strip() for part in _SEPARATOR.split(text)]
        parts = [part for part in parts if part]
    elif path.suffix == ".jsonl":
        parts = [line for line in text.splitlines() if line.strip()]
    elif path.suffix == ".csv":
        parts = [row["prompt"] for row in csv.DictReader(io.StringIO(text)) if row.get("prompt")]
    else:
        parts = [text.strip("\n")]
    for number, part in enumerate(parts, 1):
        own = label or (shown if len(parts) == 1 else f"{shown} {number}")
        yield Prompt(own if len(parts) == 1 or label is None else f"{own} {number}", part, place)


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
