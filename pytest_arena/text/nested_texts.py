"""The texts within a value of mappings and lists: found, or filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def texts_in(value: Any) -> Iterator[str]:
    """Yield all texts within a value, those of keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts_in(inner)


def filled_in(value: Any, fill: Callable[[str], Any]) -> Any:
    """Return a value with all texts within it filled in, those of keys left alone."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, Mapping):
        return {name: filled_in(inner, fill) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled_in(inner, fill) for inner in value]
    return value
