"""JSON as models write it by hand, made strict: other quotes, comments, commas too many."""

from __future__ import annotations

import json
import re

_CURLY, _CURLY_SINGLE = "“”„‟", "‘’‚‛"
_TOKEN = re.compile(
    rf"""
    (?P<nothing>[\s\u200b-\u200f\u2060\ufeff]+|//[^\n]*|\#[^\n]*|/\*.*?\*/|[*`]+|\.{{3}}|…)
    |"(?P<double>(?:[^"\\]|\\.)*+)"
    |'(?P<single>(?:[^'\\]|\\.|(?<=[^\W\d_])'(?=[^\W\d_]))*+)'
    |[{_CURLY}](?P<curly>(?:[^{_CURLY}\\]|\\.)*+)[{_CURLY}]
    |[{_CURLY_SINGLE}](?P<curly_single>
        (?:[^{_CURLY_SINGLE}\\]|\\.|(?<=[^\W\d_])’(?=[^\W\d_]))*+)[{_CURLY_SINGLE}]
    |(?P<number>[-+]?\.?\d[\w.]*(?:\s*/\s*\d+|%)?)
    |(?P<word>[-+]?[^\W\d][\w-]*)
    |(?P<mark>[{{}}\[\]:,：，])
    """,
    re.DOTALL | re.VERBOSE,
)
_TEXTS = ("double", "single", "curly", "curly_single")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORDS = {
    "true": "true",
    "false": "false",
    **dict.fromkeys(("null", "none", "undefined"), "null"),
    **dict.fromkeys(("nan", "infinity", "inf"), "NaN"),
}
_IN_A_TEXT = re.compile(r'\\(?P<escaped>u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)|(?P<quote>")', re.DOTALL)
_MARKS = {"：": ":", "，": ","}


def tightened(text: str) -> str | None:
    """Return JSON for a text that is nearly such; None where it is not, or could mean two things.

    Read are texts in single and curly quotes, bare words as keys and values, comments, a comma
    before a closing bracket, an ellipsis that stands for further entries, Python's constants,
    escapes that JSON lacks, and fractions (`4/5`, as a text). What is no number becomes NaN.
    A quote that is not escaped inside of a text stays a mistake.
    """
    made: list[str] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        if token["nothing"] is None:
            piece = _piece(token)
            if piece in "]}" and made and made[-1] == ",":
                made.pop()
            made.append(piece)
    return " ".join(made)


def _piece(token: re.Match[str]) -> str:
    """Return one token as JSON writes it."""
    kind = token.lastgroup or ""
    written = token[kind]
    if kind in _TEXTS:
        return f'"{_IN_A_TEXT.sub(_escaped, written)}"'
    if kind == "mark":
        return _MARKS.get(written, written)
    if kind == "number" and _NUMBER.fullmatch(written):
        return written
    return _WORDS.get(written.lstrip("+-").lower()) or json.dumps(written)


def _escaped(match: re.Match[str]) -> str:
    """Return an escape as JSON has it, or the character that it stands for."""
    escaped = match["escaped"]
    if escaped is None:
        return '\\"'
    if (escaped[0] == "u" and len(escaped) > 1) or escaped in '"\\/bfnrt':
        return match[0]
    if escaped[0] == "x" and len(escaped) > 1:
        return f"\\u00{escaped[1:]}"
    return escaped if escaped in "'\n" else f"\\\\{escaped}"
