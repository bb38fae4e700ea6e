"""Regular expressions of an arena file: compiled when it is loaded, searched with a time limit."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from pytest_arena.errors import ArenaError, shorten
from pytest_arena.text.folding import fold_in_place, fold_marks, in_nfc, without_final_break
from pytest_arena.text.pattern_facts import empty_class

if TYPE_CHECKING:
    import regex

SEARCH_TIMEOUT_S = 1.0
_BACKTICK = re.compile(r"(?<=[^\W\d_])(?<!\\.)`(?=[^\W\d_])")
"""One between two letters, the first of which is none of a pattern's escapes."""
_FOREIGN = re.compile(r"(?<!\\)((?:\\\\)*)\\?([^\x00-\x7f])")
"""A character beyond ASCII, with the backslash before it, if it has one of its own."""


class PatternTimeoutError(ArenaError):
    """A pattern ran out of time on a text, so that nothing is known of the text."""

    def __init__(self, pattern: str) -> None:
        super().__init__(
            f"the pattern {shorten(pattern, 60)!r} took longer than {SEARCH_TIMEOUT_S:g} s; "
            f"write it without nested repetition such as '(a+)+'"
        )


def pattern_of(written: str) -> str:
    """Return the pattern that a YAML text means: in NFC, without a block's final line break."""
    return in_nfc(without_final_break(written))


def check_pattern(pattern: str) -> str:
    """Return the pattern of a text, where it compiles; any other is a validation error with the
    spot in it."""
    import regex

    pattern = pattern_of(pattern)
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
    nothing = empty_class(pattern)
    if nothing is not None:
        raise PydanticCustomError(
            "pattern",
            "bad regular expression {given}: no character is in {nothing}",
            {
                "given": repr(shorten(pattern)),
                "nothing": shorten(nothing),
                "expected": "a class that leaves out less than a set and its complement, which the "
                "`regex` package takes for any character",
                "fix": r"write [\s\S] for any character, or (?!) for what nothing matches",
            },
        )
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


@lru_cache(maxsize=1024)
def fold_pattern(pattern: str) -> str:
    """Return a pattern for folded texts: its own quotes, dashes and blanks folded like theirs."""
    return _FOREIGN.sub(_folded, _BACKTICK.sub("'", pattern))


def _folded(match: re.Match[str]) -> str:
    plain = fold_marks(match[2]).replace("\n", " ")
    if plain == match[2]:
        return match[0]
    return match[1] + "".join(f"\\{one}" if one in "-. " else one for one in plain)


def search(pattern: str, text: str) -> regex.Match[str] | None:
    """Return the first match anywhere in the text's NFC; more than a second is
    `PatternTimeoutError`."""
    try:
        return compiled(pattern).search(in_nfc(text), timeout=SEARCH_TIMEOUT_S)
    except TimeoutError as error:
        raise PatternTimeoutError(pattern) from error


def find_all(pattern: str, text: str) -> list[tuple[int, int]]:
    """Return the spans of all matches that are not empty; too slow is `PatternTimeoutError`."""
    composed = fold_in_place(text, marks=False)
    try:
        matches = compiled(pattern).finditer(composed.text, timeout=SEARCH_TIMEOUT_S)
        return [composed.span(*m.span()) for m in matches if m.end() > m.start()]
    except TimeoutError as error:
        raise PatternTimeoutError(pattern) from error
