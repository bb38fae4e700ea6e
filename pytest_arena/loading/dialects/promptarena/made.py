"""Trees that stand where what they were made of stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_arena.loading.tree import YamlList, YamlMap, planted

_OPEN = re.compile(r"(?<!\\)\{\{(?![^{}]*\}\})")
_BRACES = re.compile(r"(?<!\\)\{\{\s*([^{}]*?)\s*\}\}")


def map_under(tree: YamlMap, key: Any) -> YamlMap:
    """Return the mapping under a key; an empty one where there is none."""
    found = tree.get(key)
    return found if isinstance(found, YamlMap) else YamlMap(tree.files, tree.mark)


def list_under(tree: YamlMap, key: Any) -> YamlList:
    """Return the list under a key; an empty one where there is none."""
    found = tree.get(key)
    return found if isinstance(found, YamlList) else YamlList(tree.files, tree.mark)


def mapping(like: YamlMap | YamlList, mark: int, entries: Mapping[str, Any]) -> YamlMap:
    """Return a mapping whose entries all stand at one place; None is left out."""
    made = YamlMap(like.files, mark)
    for key, value in entries.items():
        if value is not None:
            made.put(key, tree_of(value, like, mark), mark)
    return made


def listed(like: YamlMap | YamlList, mark: int, values: Iterable[Any]) -> YamlList:
    """Return a list, each of whose entries stands where it is from, else at `mark`."""
    made = YamlList(like.files, mark)
    for value in values:
        at = value.mark if isinstance(value, (YamlMap, YamlList)) else mark
        made.put(tree_of(value, like, mark), at)
    return made


def tree_of(value: Any, like: YamlMap | YamlList, mark: int) -> Any:
    """Return a value as a tree at one place; one that is a tree is itself."""
    is_tree = isinstance(value, (YamlMap, YamlList))
    return value if is_tree else planted(value, like.files, mark)


def literal(value: Any, known: Iterable[str] = ()) -> Any:
    r"""Return a value whose texts say `\{{` for braces that no variable of these stands in."""
    names = set(known)

    def kept(found: re.Match[str]) -> str:
        name = re.split(r"[.\[]", found[1], maxsplit=1)[0]
        return found[0] if name in names else "\\" + found[0]

    if isinstance(value, str):
        # braces that are never closed are no template of PromptArena's either
        return _OPEN.sub(r"\\{{", _BRACES.sub(kept, value))
    if isinstance(value, dict):
        return {key: literal(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [literal(inner, names) for inner in value]
    return value
