"""`${NAME}` and `${NAME:-default}` in a manifest, filled in as its runtime does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import YamlList, YamlMap

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}\n]*))?\}")


def filled(tree: YamlMap, key: Any, problems: ProblemList) -> Any:
    """Return a value of a mapping with its variables filled in; one that is not set and has no
    default is a problem."""

    def fill(text: str, place: Location) -> str:
        def value(match: re.Match[str]) -> str:
            name, default = match[1], match[2]
            if name not in os.environ and default is None:
                problems.add(
                    f"the manifest needs the environment variable {name}",
                    place,
                    expected=f"{name} to be set, since ${{{name}}} is used",
                    fix=f"export {name}=…, or write ${{{name}:-default}}",
                )
            return os.environ.get(name, default or "")

        return _REFERENCE.sub(value, text)

    return _mapped(tree[key], tree.value_place(key), fill)


def only_named(tree: YamlMap, key: Any) -> Any:
    """Return a value of a mapping in which `${NAME}` stands for variables that are set, or have no
    default: these are filled in when they are used, so that no secret is in what is loaded."""

    def name(match: re.Match[str]) -> str:
        has_no_default = match[2] is None or match[1] in os.environ
        return f"${{{match[1]}}}" if has_no_default else match[2]

    return _mapped(tree[key], tree.value_place(key), lambda text, _: _REFERENCE.sub(name, text))


def _mapped(value: Any, place: Location, change: Callable[[str, Location], str]) -> Any:
    """Return a value with its texts changed, in which everything stands where it stood."""
    if isinstance(value, str):
        return change(value, place)
    if isinstance(value, YamlMap):
        mapping = value.like()
        for key, inner in value.items():
            mapping[key] = _mapped(inner, value.value_place(key), change)
        return mapping
    if isinstance(value, YamlList):
        twin = value.like()
        twin += [_mapped(inner, value.value_place(i), change) for i, inner in enumerate(value)]
        return twin
    return value
