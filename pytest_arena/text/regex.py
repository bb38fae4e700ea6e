"""Regular expressions of an arena file: compiled when it is loaded, searched with a time limit."""

from __future__ import annotations

import re
import unicodedata
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
_CHARACTER = (
    r"(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\N\{[^}]+\}|"
    r"\\?[^\x00-\x7f])"
)
"""One beyond ASCII, as it is, behind a backslash or as its code; also the codes of others."""
_PIECE = re.compile(
    rf"(?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|"
    rf"(?P<one>{_CHARACTER})|(?P<break>\\[nrtfv])|\\.",
    re.DOTALL,
)
_MEMBER = re.compile(rf"({_CHARACTER})-({_CHARACTER})|{_CHARACTER}|\\.", re.DOTALL)
_QUANTIFIERS = tuple("?*+{")
_NEVER = "(?:(?!))"


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
    """Return a pattern for folded texts: its own quotes, dashes and blanks folded like theirs,
    written as they are or as codes. What no folded text has is a part that never matches."""
    return _PIECE.sub(_folded, _BACKTICK.sub("'", pattern)) or (pattern and _NEVER)


def _folded(match: re.Match[str]) -> str:
    after = match.string[match.end() :]
    if match["class"]:
        return _folded_class(match[0])
    if match["break"]:
        # a run of them is one blank
        return "" if re.match(r"\\[nrtfv]", after) else r"\ "
    if not match["one"]:
        return match[0]
    plain = _plain(match[0])
    return _NEVER if plain == "" and after.startswith(_QUANTIFIERS) else plain


def _folded_class(written: str) -> str:
    start = "[^" if written.startswith("[^") else "["
    members = _MEMBER.sub(_folded_member, written[len(start) : -1])
    if members:
        return f"{start}{members}]"
    return _NEVER if start == "[" else written


def _folded_member(match: re.Match[str]) -> str:
    if match[1] is None:
        return _plain(match[0])
    if _plain(match[1]) == match[1] and _plain(match[2]) == match[2]:
        return match[0]
    inside = map(chr, range(ord(_meant(match[1])), ord(_meant(match[2])) + 1))
    return match[0] + "".join(dict.fromkeys(_plain(one) for one in inside if _plain(one) != one))


def _plain(written: str) -> str:
    """Return one character as it is in a folded text, or as it was written if it stays the same."""
    meant = _meant(written)
    plain = fold_marks(meant).replace("\n", " ")
    if plain == meant:
        return written
    return "".join(f"\\{one}" if one in "-. " else one for one in plain)


def _meant(written: str) -> str:
    """Return the character that is written as itself or as its code; of another escape itself."""
    if len(written) < 3:
        return written[-1] if not written.isascii() else written
    if written[1] == "N":
        return unicodedata.lookup(written[3:-1])
    return chr(int(written[2:], 16))


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
