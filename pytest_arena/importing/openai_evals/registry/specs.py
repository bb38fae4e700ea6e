"""Entries of the registry's YAML: evals by their class, and specs of graders that are models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_arena.errors import ArenaFileError, Location
from pytest_arena.importing.importer import Source
from pytest_arena.importing.made import LeftOutError
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlList, YamlMap, plain

_LFS = "version https://git-lfs"


@dataclass(frozen=True, slots=True)
class EvalSpec:
    """One eval of the registry: its class, and what that is given."""

    name: str
    tree: YamlMap
    place: Location

    @property
    def kind(self) -> str:
        """The class, as `module:Class`."""
        return str(self.tree["class"])

    @property
    def args(self) -> YamlMap:
        found = self.tree.get("args")
        return found if isinstance(found, YamlMap) else YamlMap(self.tree.files, self.tree.mark)

    def arg(self, key: str) -> Any:
        return plain(self.args.get(key))


def is_eval_spec(tree: Any) -> bool:
    """Return whether a value is one of the registry's evals."""
    return isinstance(tree, YamlMap) and isinstance(tree.get("class"), str) and ":" in tree["class"]


def is_registry(tree: Any) -> bool:
    """Return whether a file is one of the registry's, with evals or their names."""
    return isinstance(tree, YamlMap) and any(map(is_eval_spec, tree.values()))


def read_specs(source: Source) -> Iterator[EvalSpec]:
    """Yield the evals of a file; names that stand for one of another file are told."""
    for key, tree in source.tree.items():
        if is_eval_spec(tree):
            yield EvalSpec(str(key), tree, source.tree.key_place(key))
        elif not isinstance(tree, YamlMap) or "id" not in tree:
            source.findings.left_out(source.tree.key_place(key), f"{key!r}, which is no eval")
        elif tree["id"] not in source.tree:
            source.findings.left_out(
                tree.value_place("id"), f"{tree['id']!r}, which is no eval of this file"
            )


def with_registry(source: Source) -> Source:
    """Return a source that may read the registry which its file lies in: `evals/` beside `data/`
    and `modelgraded/`, though these be outside of the root directory."""
    above = source.path.parent.parent
    is_one = any((above / name).is_dir() for name in ("data", "modelgraded"))
    return replace(source, root=above) if is_one and above in source.root.parents else source


def data_file(name: Any, source: Source) -> Path:
    """Return a file of samples: below `data/` of the registry, or beside the YAML."""
    if not isinstance(name, str) or not name:
        raise LeftOutError("no samples_jsonl")
    folder = source.path.parent
    for parent in (folder, *list(folder.parents)[:3]):
        for place in (parent / "data", parent):
            path = source.neighbour(name, place)
            if path is not None:
                return path
    raise LeftOutError(
        f"there is no file {name}", "samples lie in data/ of the registry, or beside the YAML"
    )


def read_samples(name: Any, source: Source) -> YamlList:
    """Return the samples of a file of JSON lines."""
    path = data_file(name, source)
    try:
        if source.text_of(path).startswith(_LFS):
            raise LeftOutError(f"{name} is a pointer of Git LFS", "fetch it with git lfs pull")
        if path.suffix not in (".jsonl", ".ndjson"):
            raise LeftOutError(f"{name} is no file of JSON lines")
        tree = source.tree_of(path)
    except ArenaFileError as error:
        raise LeftOutError(f"{name} cannot be read: {error}") from error
    return tree if isinstance(tree, YamlList) else YamlList([name], 0)


def graded_spec(name: Any, source: Source) -> YamlMap:
    """Return a spec of a grading model by its name, from `modelgraded/` or the file itself."""
    if not isinstance(name, str) or not name:
        raise LeftOutError("no modelgraded_spec")
    folder = source.path.parent
    for parent in (folder, *list(folder.parents)[:3]):
        for path in sorted((parent / "modelgraded").glob("*.y*ml")):
            if source.neighbour(path.name, path.parent) is None:
                continue
            try:
                tree = source.tree_of(path)
            except ArenaFileError:
                continue
            found = tree.get(name) if isinstance(tree, YamlMap) else None
            if isinstance(found, YamlMap):
                return found
    raise LeftOutError(
        f"there is no modelgraded spec {name!r}",
        "its YAML lies in modelgraded/ of the registry, beside evals/",
    )
