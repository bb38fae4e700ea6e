"""Words and sentences of a masked text, with contractions taken apart."""

from __future__ import annotations

import re
from typing import NamedTuple

STOP = "."
"""Stands between two sentences, so that no phrase runs over."""

_PIECE = re.compile(
    r"[A-Za-zÀ-ɏ][A-Za-z0-9À-ɏ']*|\d[\d.,:%]*(?:[a-z][a-z0-9]*)?|[.!?]+[\"')\]]*(?=\s|$)|[!?]+|\n+|[;:](?=\s)"
)
_ENDINGS = {"n't": "not", "'re": "are", "'ve": "have", "'ll": "will", "'m": "am", "'d": "would"}
_IS = frozenset(
    [
        "it",
        "that",
        "he",
        "she",
        "there",
        "here",
        "what",
        "who",
        "how",
        "where",
        "when",
        "this",
        "everything",
    ]
)
_WHOLE = {
    "can't": ("can", "not"),
    "won't": ("will", "not"),
    "cannot": ("can", "not"),
    "shan't": ("shall", "not"),
    "let's": ("let", "us"),
    "y'all": ("you", "all"),
}


class Tokens(NamedTuple):
    """The words of a text in lower case, `STOP` between sentences, and where each stands.

    `sentence` is the number of the sentence of each token. "don't" is two tokens, `do` and `not`,
    at one place. `words` are the words as written, each with the number of
    its sentence and its place, `ends` the marks that end the sentences.
    """

    texts: list[str]
    spans: list[tuple[int, int]]
    sentence: list[int]
    words: list[tuple[str, int, int]]
    ends: list[str]
    contractions: list[tuple[int, int, int]]
    """The first token, and the span, of each contraction."""


def tokenize(plain: str) -> Tokens:
    """Return the tokens of a masked text."""
    found = Tokens([STOP], [(0, 0)], [0], [], [], [])
    number, is_open = 0, False
    for match in _PIECE.finditer(plain):
        piece, span = match[0], match.span()
        if piece[0].isalnum():
            is_open = True
            found.words.append((piece, number, span[0]))
            _add(found, piece.lower().rstrip("'"), span, number)
        elif piece[0] in ";:":
            _put(found, STOP, span, number)
        elif is_open:
            _put(found, STOP, span, number)
            found.ends.append(piece[0] if piece[0] != "\n" else "")
            number, is_open = number + 1, False
    if is_open:
        _put(found, STOP, (len(plain), len(plain)), number)
        found.ends.append("")
    return found


def _add(found: Tokens, word: str, span: tuple[int, int], number: int) -> None:
    parts = _apart(word) if "'" in word or word == "cannot" else (word,)
    if len(parts) > 1 and word != "cannot":
        found.contractions.append((len(found.texts), *span))
    for part in parts:
        _put(found, part, span, number)


def _put(found: Tokens, text: str, span: tuple[int, int], number: int) -> None:
    found.texts.append(text)
    found.spans.append(span)
    found.sentence.append(number)


def _apart(word: str) -> tuple[str, ...]:
    if word in _WHOLE:
        return _WHOLE[word]
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return (word[: -len(ending)], full)
    if word.endswith("'s") and word[:-2] in _IS:
        return (word[:-2], "is")
    return (word,)
