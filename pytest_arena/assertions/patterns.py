"""Assertions on regular expressions in an answer."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.detectors.regex import (
    Pattern,
    PatternTimeoutError,
    fold_pattern,
    search,
)
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.text.folding import fold


class _Pattern(Assertion):
    pattern: Pattern = Field(validation_alias=AliasChoices("pattern", "value"))
    """The regular expression, as Python's `regex` package reads it."""
    fold: bool = False
    """Search the answer as `contains` sees it, [folded](#what-is-folded): line ends, too, are
    blanks. The pattern's own quotes, dashes and no-break blanks are folded with it."""

    def _search(self, trial: Trial, *, wanted: bool) -> Outcome:
        output = trial.output or ""
        if self.fold:
            text, pattern = fold(output, case_sensitive=True), fold_pattern(self.pattern)
        else:
            text, pattern = output, self.pattern
        try:
            match = search(pattern, text)
        except PatternTimeoutError as error:
            return Outcome.error(str(error))
        shown = quoted(self.pattern)
        reason = (
            f"{shown} matches {quoted(match[0])}"
            if match
            else f"{shown} does not match in {quoted(output)}"
        )
        expected = f"{'a' if wanted else 'no'} match of {shown}"
        return Outcome.of((match is not None) is wanted, reason, expected=expected)


class Matches(_Pattern):
    r"""Holds when a regular expression matches somewhere in the answer.

        - type: matches
          pattern: '(?i)order #\d{6}'

    Flags stand in the pattern: `(?i)` ignores case, `(?s)` lets `.` match line ends. Anchor it
    with `^` and `$` to match the whole answer. The answer is searched as written, but for accents
    (NFC); `fold: true` has it [folded](#what-is-folded).

    Error: when the pattern needs more than a second.
    """

    type: ClassVar[str] = "matches"
    aliases: ClassVar[tuple[str, ...]] = ("content_matches",)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return self._search(trial, wanted=True)


class NotMatches(_Pattern):
    r"""Holds when a regular expression matches nowhere in the answer.

        - type: not_matches
          pattern: '\b\d{16}\b'

    The answer is searched as `matches` does it.

    Error: when the pattern needs more than a second.
    """

    type: ClassVar[str] = "not_matches"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return self._search(trial, wanted=False)
