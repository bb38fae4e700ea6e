"""A key that nothing knows: what was expected in its place, and what is meant by it."""

from __future__ import annotations

from pytest_arena.errors import Location, Problem, nearest, shorten, suggest
from pytest_arena.loading.other_names import meant_key
from pytest_arena.loading.problems import one_of

GENERATION = (
    "temperature",
    "max_tokens",
    "top_p",
    "top_k",
    "seed",
    "stop",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
)
"""Generation parameters that people write beside `params:` instead of into it."""


def unknown_key(key: str, place: Location, inside: str, known: list[str]) -> Problem:
    """Return the problem of a key that nothing knows."""
    return Problem(
        f"unknown key {shorten(key)!r} in {inside}",
        place,
        one_of(key, known, "no further keys"),
        _as_param(key, known)
        or meant_key(key, known)
        or suggest(key, known)
        or _like_param(key, known)
        or "remove it",
    )


def means_key(key: object, wanted: str) -> bool:
    """Return whether an unknown key stands for a wanted one, misspelt or by another name."""
    word = str(key)
    return bool(meant_key(word, (wanted,)) or nearest(word, (wanted,)))


def _as_param(key: str, known: list[str]) -> str | None:
    """Return how to write a generation parameter that stands beside where `params` may stand."""
    return f"write params: {{{key}: …}}" if "params" in known and key in GENERATION else None


def _like_param(key: str, known: list[str]) -> str | None:
    """Return the same for one that is misspelt, or written as another tool writes it."""
    near = nearest(key, GENERATION) if "params" in known else None
    return near and f"write params: {{{near}: …}}"
