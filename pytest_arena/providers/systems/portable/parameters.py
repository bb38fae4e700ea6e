"""What a function can be given, and how it asks for it: by its parameters' names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

OFFERED = (
    "prompt",
    "messages",
    "variables",
    "case",
    "session",
    "config",
    "traceparent",
    "otel_endpoint",
)
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def arguments_for(
    function: Callable[..., Any], given: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return what a function takes of what is offered: by position, and by name.

    A single positional parameter with another name gets the prompt.
    """
    parameters = list(inspect.signature(function).parameters.values())
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return (), dict(given)
    named = {
        one.name: given[one.name]
        for one in parameters
        if one.name in given and one.kind is not one.POSITIONAL_ONLY
    }
    by_position = [one for one in parameters if one.kind is one.POSITIONAL_ONLY]
    first = tuple(given[one.name] for one in by_position if one.name in given)
    if named or first:
        return first, named
    return (given["prompt"],), {}


def taken_by(function: Callable[..., Any]) -> list[str]:
    """Return the names of what a function is given."""
    first, named = arguments_for(function, {name: name for name in OFFERED})
    return [*first, *named]


def why_not_callable(signature: inspect.Signature, name: str) -> str | None:
    """Return why a function cannot be called with what is offered, with its signature."""
    parameters = list(signature.parameters.values())
    takes = any(one.name in OFFERED or one.kind is one.VAR_KEYWORD for one in parameters)
    wanted = [
        one
        for one in parameters
        if one.default is one.empty
        and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        and one.name not in OFFERED
    ]
    shown = f"{name}{signature}"
    if takes:
        names = ", ".join(repr(one.name) for one in wanted)
        return f"nothing can be given for {names} of {shown}" if wanted else None
    alone = [one for one in parameters if one.kind in (*_POSITIONAL, one.VAR_POSITIONAL)]
    if len(wanted) <= 1 and alone and all(one.kind in _POSITIONAL for one in wanted):
        return None
    return f"{shown} takes nothing that a case can give"
