"""How deep values from strangers may be nested, so that whatever walks through them comes back."""

from __future__ import annotations

from typing import Any

MOST_DEPTH = 200
"""Of objects and lists within each other: far less than Python's own limit, of which pytest, its
plug-ins and the walk itself take their part."""


class TooDeepError(ValueError):
    """A value that is nested too deeply to be read."""

    def __init__(self) -> None:
        super().__init__(f"its JSON is nested more than {MOST_DEPTH} deep")


def may_be_too_deep(text: bytes | str) -> bool:
    """Return whether there are enough brackets in a text of JSON; quickly, since hardly any has."""
    if isinstance(text, bytes):
        return text.count(b"[") + text.count(b"{") > MOST_DEPTH
    return text.count("[") + text.count("{") > MOST_DEPTH


def is_too_deep(value: Any) -> bool:
    """Return whether objects and lists are nested more than `MOST_DEPTH` deep."""
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, (list, tuple)):
                inner.extend(one)
        if not inner:
            return False
        level = inner
    return any(isinstance(one, (dict, list, tuple)) for one in level)
