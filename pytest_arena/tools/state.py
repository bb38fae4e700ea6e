"""What the tools of a trial keep, as the JSON that stands in the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from pytest_arena.results.cleaning import clean_value
from pytest_arena.text.json_depth import TooDeepError, is_too_deep


def state_as_json(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state as JSON; a text stands for a value that no JSON can hold."""
    kept: dict[str, Any] = {}
    for name, value in dict(state).items():
        try:
            kept.update(_entry(name, value))
        except Exception:  # noqa: BLE001 - how a value is written is the user's code
            shown = name if isinstance(name, str) else type(name).__name__
            kept[shown] = f"[a value of type {type(value).__name__} that cannot be kept]"
    return kept


def why_not_kept(state: Mapping[str, Any]) -> str | None:
    """Return which value of a state no JSON can hold, and why; None of one that can be kept."""
    for name, value in dict(state).items():
        try:
            _entry(name, value)
        except Exception as error:  # noqa: BLE001 - how a value is written is the user's code
            shown = repr(name) if isinstance(name, str) else f"of a {type(name).__name__}"
            is_told = type(error) in (ValueError, TooDeepError)
            said = str(error) if is_told else type(error).__name__
            return f"its state {shown} cannot be kept: {said}"
    return None


def _entry(name: Any, value: Any) -> dict[str, Any]:
    """Return a value as JSON under its name; raises what comes of one that is none."""
    found: dict[str, Any]
    try:
        found = to_jsonable_python({name: value}, fallback=str)
    except UnicodeDecodeError:
        found = to_jsonable_python({name: value}, fallback=str, bytes_mode="base64")
    if is_too_deep(found):
        raise TooDeepError
    kept: dict[str, Any] = clean_value(found)
    return kept
