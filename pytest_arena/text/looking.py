"""Whether a text holds, begins with or ends with another, both folded."""

from __future__ import annotations

import re

from pytest_arena.text.folding import (
    as_written,
    bare_ends,
    fold,
    is_marks_only,
    visible,
    without_final_break,
)

_NOT_BEHIND, _NOT_BEFORE = r"(?<![^\W_])", r"(?![^\W_])"


class SearchedText:
    """A text in which others are looked for.

    A blank at an end of what is looked for, invisible characters aside, stands for a word's border.
    With `exact` both sides are compared as written, and so is, in any case, a text of nothing but
    marks that has a blank or is on no keyboard: who looks for a dash does not mean a hyphen.
    """

    def __init__(self, text: str, *, case_sensitive: bool = False, exact: bool = False) -> None:
        self._text = text
        self._case_sensitive = case_sensitive
        self._exact = exact
        self._folded: str | None = None

    def holds(self, wanted: str) -> bool:
        """Return whether the text holds another."""
        wanted = without_final_break(wanted)
        if self._is_literal(wanted):
            return self._cased(as_written(wanted)) in self._cased(as_written(self._text))
        needle = self._fold(wanted)
        seen = visible(wanted)
        if not (seen[0].isspace() or seen[-1].isspace()):
            return needle in self._folded_text()
        before = _NOT_BEHIND if seen[0].isspace() else ""
        after = _NOT_BEFORE if seen[-1].isspace() else ""
        return re.search(before + re.escape(needle) + after, self._folded_text()) is not None

    def begins_with(self, wanted: str) -> bool:
        """Return whether the text begins with another, what is blank before either aside."""
        wanted = without_final_break(wanted)
        if self._is_literal(wanted):
            start = as_written(wanted).lstrip() or wanted
            return self._cased(bare_ends(as_written(self._text))).startswith(self._cased(start))
        needle = self._fold(wanted)
        rest = self._folded_text()[len(needle) :]
        return self._folded_text().startswith(needle) and not (
            visible(wanted)[-1].isspace() and rest[:1].isalnum()
        )

    def ends_with(self, wanted: str) -> bool:
        """Return whether the text ends with another, what is blank behind either aside."""
        wanted = without_final_break(wanted)
        if self._is_literal(wanted):
            end = as_written(wanted).rstrip() or wanted
            return self._cased(bare_ends(as_written(self._text))).endswith(self._cased(end))
        needle = self._fold(wanted)
        rest = self._folded_text()[: -len(needle)]
        return self._folded_text().endswith(needle) and not (
            visible(wanted)[0].isspace() and rest[-1:].isalnum()
        )

    def _is_literal(self, wanted: str) -> bool:
        if self._exact:
            return True
        if not is_marks_only(wanted):
            return False
        return not wanted.isascii() or any(character.isspace() for character in wanted)

    def _fold(self, text: str) -> str:
        return fold(text, case_sensitive=self._case_sensitive)

    def _cased(self, text: str) -> str:
        return text if self._case_sensitive else text.casefold()

    def _folded_text(self) -> str:
        if self._folded is None:
            self._folded = self._fold(self._text)
        return self._folded
