"""Whether a text takes up themes, told by their words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_arena.judging.similarity.lexical import similarity
from pytest_arena.judging.words import stem
from pytest_arena.text.folding import fold

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_RELATED = 0.55
"""From this similarity on a word counts as a form of a theme's word: billing and bill."""


def found_themes(text: str, themes: Sequence[str]) -> tuple[str, ...]:
    """Return the themes of which every word stands in the text, in any order, in some form."""
    words = _words(text)
    stems = {stem(word) for word in words}
    return tuple(theme for theme in themes if _is_found(theme, words, stems))


def _is_found(theme: str, words: set[str], stems: set[str]) -> bool:
    wanted = _words(theme)
    return bool(wanted) and all(
        stem(word) in stems or any(_is_form(word, other) for other in words) for word in wanted
    )


def _words(text: str) -> set[str]:
    return {match[0] for match in _WORD.finditer(fold(text, wide=True))}


def _is_form(word: str, other: str) -> bool:
    alike = min(len(word), len(other)) >= 4 and word[:3] == other[:3]
    return alike and similarity(word, other) >= _RELATED
