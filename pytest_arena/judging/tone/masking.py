"""A text without what is not its writer's own words: code, links, tables, quotations."""

from __future__ import annotations

import re

from pytest_arena.text.folding import straight

_BLOCK = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_LINK = re.compile(r"https?://\S+|www\.\S+|<url>", re.IGNORECASE)
_PIECE = re.compile(r"\S+")
# What follows an @ in an address, up to its last dot with a name behind.
_DOMAIN = re.compile(r"@\S+\.\w+")
_INLINE = re.compile(r"`[^`\n]+`")
_TABLE = re.compile(r"^[ ]*\|.*\|[ ]*$", re.MULTILINE)
_CITED = re.compile(r"^[ ]*>.*$", re.MULTILINE)
_QUOTED = re.compile(r'(?<!\w)"[^"\n]{2,400}"(?!\w)')
_MARKUP = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|^#+(?=\s)", re.MULTILINE)
_PROGRAM = re.compile(
    r"^\s*(?:def |class |import |from \S+ import|return\b|if \(|for \(|while \(|const |let |var "
    r"|function\b|public |private |#include|SELECT\b|INSERT\b|UPDATE\b"
    r"|</?\w+[^>]*>|[{}\[\]();]+\s*$"
    r"|[\w.\[\]\"']+\s*[:+-]?=\s*\S|[{\[]?\s*\"[\w-]+\"\s*:|\$ )|[{};]\s*$",
)


def mask(text: str) -> tuple[str, bool]:
    """Return a text of the same length, with blanks for what the writer did not say, and whether
    there was code in it.

    Covered are code, links, tables, cited lines and markup; places in the result are places in the
    text. Typographic quotes and dashes become plain ones.
    """
    plain = straight(text).replace("\t", " ")
    has_code = False
    if "```" in plain or "~~~" in plain:
        plain, blocks = _BLOCK.subn(_blank, plain)
        has_code = blocks > 0
    if "`" in plain:
        plain, pieces = _INLINE.subn(_blank, plain)
        has_code = has_code or pieces > 0
    plain = _LINK.sub(_blank, plain)
    if "@" in plain:
        plain = _PIECE.sub(_without_address, plain)
    for pattern in (_TABLE, _CITED, _MARKUP):
        plain = pattern.sub(_blank, plain)
    return plain, has_code


def quotations(plain: str) -> list[tuple[int, int]]:
    """Return where a masked text has something in double quotes: other people's words."""
    return [match.span() for match in _QUOTED.finditer(plain)] if '"' in plain else []


def looks_like_code(plain: str) -> bool:
    """Return whether most lines of a text read as a program, a query or data."""
    lines = [line for line in plain.splitlines() if line.strip()]
    return bool(lines) and sum(bool(_PROGRAM.search(line)) for line in lines) > len(lines) / 2


def _without_address(piece: re.Match[str]) -> str:
    """Return a piece between blanks with its e-mail address covered, if it has one.

    An address is looked for once a piece: a pattern that may begin at any of its letters takes
    time by the cube of its length.
    """
    text = piece[0]
    at = text.find("@", 1)
    domain = _DOMAIN.match(text, at) if at > 0 else None
    return text if domain is None else " " * domain.end() + text[domain.end() :]


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
