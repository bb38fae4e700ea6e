"""Assertions on an answer by regular expression."""

from __future__ import annotations

from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.judging.patterns import Pattern, PatternTimeoutError, search
from pytest_arena.judging.wording import quoted
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome


class Matches(Assertion):
    r"""Hold when a regular expression matches somewhere in the answer.

        - type: matches
          pattern: '(?i)order #\d{6}'

    Flags stand in the pattern: `(?i)` ignores case, `(?s)` lets `.` match line ends. Anchor it
    with `^` and `$` to match the whole answer.

    Error: when the pattern needs more than a second.
    """

    type: ClassVar[str] = "matches"
    aliases: ClassVar[tuple[str, ...]] = ("content_matches",)

    pattern: Pattern = Field(validation_alias=AliasChoices("pattern", "value"))
    """The regular expression, as Python's `regex` package reads it."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return _searched(self.pattern, trial.output or "", wanted=True)


class NotMatches(Assertion):
    r"""Hold when a regular expression matches nowhere in the answer.

        - type: not_matches
          pattern: '\b\d{16}\b'

    Error: when the pattern needs more than a second.
    """

    type: ClassVar[str] = "not_matches"

    pattern: Pattern = Field(validation_alias=AliasChoices("pattern", "value"))
    """The regular expression, as Python's `regex` package reads it."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return _searched(self.pattern, trial.output or "", wanted=False)


def _searched(pattern: str, output: str, *, wanted: bool) -> Outcome:
    try:
        match = search(pattern, output)
    except PatternTimeoutError as error:
        return Outcome.error(str(error))
    reason = (
        f"{quoted(pattern)} matches {quoted(match[0])}"
        if match
        else f"{quoted(pattern)} does not match in {quoted(output)}"
    )
    expected = f"{'a' if wanted else 'no'} match of {quoted(pattern)}"
    return Outcome.of((match is not None) is wanted, reason, expected=expected)
