"""A call of a tool that a task makes itself: what it is called with, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.targets.task_chain.values import text_of


def arguments_of(value: Any, fixed: Mapping[str, Any], parameters: Any) -> dict[str, Any]:
    """Return what a tool is called with: a task's own arguments before what came in."""
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    known = properties if isinstance(properties, dict) else {}
    own = {name: _typed(one, known.get(name)) for name, one in fixed.items()}
    return {**_of_input(value, known), **own}


def _of_input(value: Any, known: Any) -> dict[str, Any]:
    """Return what came in as arguments: a mapping's keys, or a text where the tool takes one."""
    if isinstance(value, dict):
        return {str(name): one for name, one in value.items() if name in known}
    return {"input": text_of(value)} if "input" in known else {}


def _typed(value: Any, schema: Any) -> Any:
    """Return an argument as the tool takes it: a chain's file has texts alone."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if not isinstance(value, str) or kind in (None, "string"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def as_json(result: Any) -> Any:
    """Return a result as JSON where its text is some, as of MCP servers."""
    if isinstance(result, str) and result.strip()[:1] in ("{", "["):
        try:
            return json.loads(result)
        except ValueError:
            return result
    return result


def token_of(result: Any) -> str:
    """Return what the branches of an older chain's hook compare: what it says of the way on."""
    found = as_json(result)
    said = found.get("transition") if isinstance(found, dict) else None
    return said if isinstance(said, str) else "ok"
