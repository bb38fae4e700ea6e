"""Packs as YAML manifests (`kind: PromptPack`), in the shape that packs have in JSON."""

from __future__ import annotations

from typing import Any

from pytest_arena.errors import ArenaFileError, Location, Problem
from pytest_arena.loading.tree import YamlList, YamlMap

_BY_NAME = ("fragments", "prompts", "tools")


def is_manifest(tree: YamlMap) -> bool:
    """Return whether a tree is such a manifest."""
    return tree.get("kind") == "PromptPack" or ("spec" in tree and "apiVersion" in tree)


def as_json_has_it(tree: YamlMap, name: str) -> YamlMap:
    """Return the `spec` of a manifest with its lists of named things as mappings.

    Every value keeps its place.
    """
    spec = tree.get("spec")
    if tree.get("kind") != "PromptPack" or not isinstance(spec, YamlMap):
        kind = tree.get("kind")
        raise ArenaFileError(
            Problem(
                f"{name} is a {kind}, and no pack" if kind else f"{name} has no 'kind'",
                tree.value_place("kind") if kind else Location(name, 1, 1),
                "kind: PromptPack with spec: {prompts: […]}",
                "name a file that is a PromptPack",
            )
        )
    pack = spec.only(spec)
    for key in _BY_NAME:
        if isinstance(pack.get(key), YamlList):
            pack[key] = _by_name(pack[key], key)
    return pack


def _by_name(entries: YamlList, key: str) -> YamlMap:
    found = YamlMap(entries.files, entries.mark)
    for index, entry in enumerate(entries):
        name = entry.get("name", entry.get("id")) if isinstance(entry, YamlMap) else None
        if not isinstance(name, str):
            raise ArenaFileError(
                Problem(
                    f"an entry of {key!r} has no name",
                    entries.value_place(index),
                    "a mapping with name",
                    "add name: …",
                )
            )
        if name in found:
            raise ArenaFileError(
                Problem(
                    f"duplicate {name!r} in {key!r}",
                    entry.value_place("name"),
                    "a name of its own for each",
                    "rename one of them",
                )
            )
        found.put(name, _text_of(entry) if key == "fragments" else entry, entry.mark)
    return found


def _text_of(fragment: YamlMap) -> Any:
    return next((fragment[key] for key in ("content", "template", "text") if key in fragment), "")
