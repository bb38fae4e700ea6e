"""The variables of a pack's prompts: those that are declared, and those that are in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pytest_arena.loading.tree import WrittenFloat, WrittenInt

_IN_BRACES = re.compile(r"(?<!\\)\{\{\s*([^{}]*?)\s*\}\}")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OF_WORKFLOWS = ("workflow_context",)


def declared_in(written: Any, found: list[str], known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the variables of a prompt: those that it declares, and others that are in it."""
    declared: list[dict[str, Any]] = []
    for one in written if isinstance(written, list) else ():
        entry = dict(one) if isinstance(one, dict) else {"name": one}
        declared.append(
            {"name": entry.pop("name", None), "type": "string", "required": False} | entry
        )
    names = {str(one["name"]) for one in declared}
    return declared + [variable_of(name, known) for name in found if name not in names]


def names_in_braces(value: Any) -> list[str]:
    """Return all that stands in double braces in a text, or in the texts of a mapping."""
    if isinstance(value, str):
        return list(dict.fromkeys(_IN_BRACES.findall(value)))
    inner = value.values() if isinstance(value, dict) else ()
    return list(dict.fromkeys(name for one in inner for name in names_in_braces(one)))


def names_in(texts: list[Any], fragments: Mapping[str, Any]) -> list[str]:
    """Return the variables in texts, and in the texts of mappings, that are no fragments."""
    found = dict.fromkeys(name for one in texts for name in names_in_braces(one))
    return [
        name
        for name in found
        if _NAME.fullmatch(name) and name not in fragments and name not in _OF_WORKFLOWS
    ]


def variable_of(name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a variable is declared: it must be given where no arena file has a value."""
    if name not in known:
        return {"name": name, "type": "string", "required": True}
    value = known[name]
    if isinstance(value, (WrittenFloat, WrittenInt)):
        value = str(value)  # 1.10 is no 1.1, and a telephone number has a plus
    declared = {"name": name, "type": _type_of(value), "required": False}
    return declared if value is None else {**declared, "default": value}


def _type_of(value: Any) -> str:
    for kind, name in ((bool, "boolean"), ((int, float), "number"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "object" if isinstance(value, dict) else "string"
