"""What libyaml dislikes about a text, said so that a person can mend it."""

from __future__ import annotations

import re

from yaml import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from pytest_arena.errors import ArenaFileError, Location, Problem

_NOT_TEXT = "UTF-8 text"

# What libyaml says, what it means to a person, and what to do; the first that fits is taken.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a ':' stands where no value can begin",
        "quote the text if it holds ': ', or mend the indentation",
    ),
    (
        "could not find expected ':'",
        "a key without its ':'",
        "write it like key: value, and quote a text of several lines or begin it with '|'",
    ),
    (
        "did not find expected key",
        "the indentation does not fit what stands above",
        "give all keys of one mapping the same indentation, and quote texts that hold quotes",
    ),
    (
        "did not find expected '-' indicator",
        "the indentation does not fit the list above",
        "give all '-' of one list the same indentation",
    ),
    (
        "block sequence entries are not allowed",
        "a '-' stands where no list can begin",
        "begin the list in a line of its own, or quote the text",
    ),
    (
        "did not find expected ',' or",
        "a '[' or '{' is not closed before this",
        "close it, put ',' between the entries, or quote a text that holds brackets",
    ),
    (
        "unexpected end of stream",
        "a quote is opened and never closed",
        "close the quote",
    ),
    ("unexpected document indicator", "a quote is opened and never closed", "close the quote"),
    (
        "unknown escape character",
        "an unknown escape in a text in double quotes",
        "use single quotes, or double the backslash",
    ),
    (
        "escape code",
        "an escape that stands for no character",
        "write the character itself, both halves of a pair like \\ud83d\\ude00, or single quotes",
    ),
    (
        "undefined tag handle",
        "a YAML tag is not allowed",
        "quote the text if it begins with '!'",
    ),
    (
        "while scanning an anchor",
        "a '&' begins an anchor without a name",
        "quote the text if it begins with '&'",
    ),
    (
        "while scanning an alias",
        "a '*' begins an alias without a name",
        "quote the text if it begins with '*'",
    ),
    (
        "did not find expected node content",
        "a value is missing or begins with a special character",
        "quote the text if it begins with one of , ] } % @ ` &",
    ),
    (
        "cannot start any token",
        "a character that cannot begin a value",
        "quote the text if it begins with one of @ ` %, and indent with spaces, not tabs",
    ),
)


def decode(data: bytes, name: str) -> str:
    """Return a file's bytes as text, without a byte order mark; raise where it is not UTF-8.

    Lines end alike whatever the system that wrote it, or git for it, ends them with: what is asked
    and its hashes are the same everywhere.
    """
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        place = Location(name, before.count(b"\n") + 1, column)
        problem = Problem("the file is not UTF-8", place, _NOT_TEXT, "save it as UTF-8")
        raise ArenaFileError(problem) from None


def syntax_problem(error: YAMLError, text: str, name: str) -> Problem:
    """Return what is wrong with a text that libyaml cannot read, at its place."""
    if isinstance(error, ReaderError):
        return _bad_character(text, name)
    if not isinstance(error, MarkedYAMLError):
        return Problem(f"cannot be read as YAML: {error}", Location(name, 1, 1))
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    place = Location(name, line, column)
    lines = text.split("\n")
    # libyaml's last line may lie behind the text
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        tab = written.index("\t") + 1
        return Problem(
            "a tab in the indentation",
            Location(name, line, tab),
            "spaces, since YAML allows no tabs there",
            "indent with spaces",
        )
    said = " ".join(part for part in (error.problem, error.context) if part)
    if "while scanning a quoted scalar" in said and error.context_mark is not None:
        mark = error.context_mark
        place = Location(name, mark.line + 1, mark.column + 1)
    if _is_left_open(said) and (comment := _comment_above(lines, line)):
        return Problem(
            "a '#' begins a comment, and what stands behind it closes nothing",
            Location(name, *comment),
            "valid YAML",
            "quote the text that holds '#', or close what is open before it",
        )
    for words, what, fix in _KNOWN:
        if words in said:
            return Problem(what, place, "valid YAML", fix)
    return Problem(f"cannot be read as YAML: {said}", place, "valid YAML", "mend this line")


def _is_left_open(said: str) -> bool:
    return any(words in said for words in ("flow node", "flow mapping", "flow sequence"))


def _comment_above(lines: list[str], line: int) -> tuple[int, int] | None:
    """Return where a comment that holds a closing bracket begins in the last line above one."""
    above = next((n for n in range(min(line - 1, len(lines)), 0, -1) if lines[n - 1].strip()), 0)
    comment = re.search(r"(?<=\s)#.*[\]}]", lines[above - 1]) if above else None
    return (above, comment.start() + 1) if comment else None


def is_depth_limit(error: YAMLError) -> bool:
    """Return whether libyaml gave up on a text because it is nested too deep."""
    return isinstance(error, MarkedYAMLError) and "nesting depth" in str(error.problem)


def _bad_character(text: str, name: str) -> Problem:
    line = column = 1
    for character in text:
        if not _is_printable(character):
            return Problem(
                f"the character U+{ord(character):04X} is not allowed in YAML",
                Location(name, line, column),
                "printable characters",
                'remove it, or write it as an escape in double quotes, like "\\x07"',
            )
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    return Problem("a character that is not allowed in YAML", Location(name, 1, 1), "plain text")


def _is_printable(character: str) -> bool:
    # Source: https://yaml.org/spec/1.2.2/#51-character-set
    code = ord(character)
    return (
        character in "\t\n\r\x85"
        or 0x20 <= code <= 0x7E
        or 0xA0 <= code <= 0xD7FF
        or (0xE000 <= code <= 0xFFFD and code != 0xFEFF)
        or code >= 0x10000
    )
