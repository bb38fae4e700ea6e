"""Regular expressions of an arena file: compiled when it is loaded, searched with a time limit."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import ArenaError, shorten

if TYPE_CHECKING:
    import regex

SEARCH_TIMEOUT_S = 1.0


class PatternTimeoutError(ArenaError):
    """Report that a pattern ran out of time on a text, so that nothing is known of the text."""

    def __init__(self, pattern: str) -> None:
        super().__init__(
            f"the pattern {shorten(pattern, 60)!r} took longer than {SEARCH_TIMEOUT_S:g} s; "
            f"write it without nested repetition such as '(a+)+'"
        )


def check_pattern(pattern: str) -> str:
    """Return a pattern that compiles; any other is a validation error with the spot in it."""
    import regex

    try:
        compiled(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise PydanticCustomError(
            "pattern",
            "bad regular expression {given}: {problem}",
            {
                "given": repr(shorten(pattern)),
                "problem": str(error),
                "expected": "a regular expression as Python's `regex` package reads it",
            },
        ) from error
    return pattern


Pattern = Annotated[str, AfterValidator(check_pattern)]
"""A regular expression; flags are written in it: `(?i)`, `(?s)`, `(?m)`."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the compiled pattern; a wrong one raises `regex.error`."""
    import regex

    with warnings.catch_warnings():
        # The package warns of set syntax that may change; the arena's author cannot act on it.
        warnings.simplefilter("ignore", FutureWarning)
        return regex.compile(pattern)


def search(pattern: str, text: str) -> regex.Match[str] | None:
    """Return the first match anywhere in the text; more than a second is `PatternTimeoutError`."""
    try:
        return compiled(pattern).search(text, timeout=SEARCH_TIMEOUT_S)
    except TimeoutError as error:
        raise PatternTimeoutError(pattern) from error


def find_all(pattern: str, text: str) -> list[tuple[int, int]]:
    """Return the spans of all matches that are not empty; too slow is `PatternTimeoutError`."""
    try:
        matches = compiled(pattern).finditer(text, timeout=SEARCH_TIMEOUT_S)
        return [match.span() for match in matches if match.end() > match.start()]
    except TimeoutError as error:
        raise PatternTimeoutError(pattern) from error
