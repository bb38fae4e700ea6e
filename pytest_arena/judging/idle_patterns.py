"""Patterns and texts that decide nothing are refused, wherever one is written."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError

from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.text.pattern_facts import is_always_found, is_never_found


def refuse_always_found(pattern: str) -> None:
    """Refuse a pattern that must match, and always does."""
    if is_always_found(pattern):
        raise PydanticCustomError(
            "cannot_fail",
            "the pattern {given} is found in every answer, so that this checks nothing",
            {
                "given": quoted(pattern),
                "expected": "a pattern of something that need not be there",
                "fix": "write + for *, or anchor it: ^…$",
            },
        )


def refuse_never_found(pattern: str) -> None:
    """Refuse a pattern that must not match, and cannot."""
    if is_never_found(pattern):
        raise PydanticCustomError(
            "cannot_fail",
            "the pattern {given} is found in no text, so that this checks nothing",
            {
                "given": quoted(pattern),
                "expected": "a pattern of something that may be there",
                "fix": "have ^ begin the pattern, $ end it, and (?!…) hold something",
            },
        )


def refuse_empty_text(value: Any) -> Any:
    """Return what is to be held; refuse a text of nothing, which every text holds."""
    if value == "":
        raise PydanticCustomError(
            "cannot_fail",
            "an empty text, which every text holds",
            {"expected": "a text to look for", "fix": "name a part of the text"},
        )
    return value
