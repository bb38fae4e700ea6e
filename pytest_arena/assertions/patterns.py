"""Assertions on regular expressions in an answer."""

import re
from collections.abc import Sequence
from typing import ClassVar, Self

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.judging.answer_parts import AnswerPart, last_parts
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.idle_patterns import refuse_always_found, refuse_never_found
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, LookAt, MoreText, Outcome
from pytest_arena.text.folding import fold
from pytest_arena.text.pattern_facts import is_never_found
from pytest_arena.text.regex import (
    Pattern,
    PatternTimeoutError,
    fold_pattern,
    search,
)

_OF_THE_END = re.compile(r"\$|\\[Zz]|\(\?!")
"""What makes a pattern depend on what does not follow."""


class _Pattern(Assertion):
    forbids: ClassVar[bool] = False
    """Whether it holds where the pattern does not match."""

    pattern: Pattern = Field(validation_alias=AliasChoices("pattern", "value"))
    """The regular expression, as Python's `regex` package reads it."""
    fold: bool = False
    """Search the answer as `contains` sees it, [folded](#what-is-folded): line ends, too, are
    blanks. The pattern's own quotes, dashes, no-break blanks and line ends are folded with
    it, written as they are or as codes (`\\u2013`)."""

    @field_validator("pattern")
    @classmethod
    def _decides_something(cls, pattern: str) -> str:
        refuse_always_found(pattern)
        return pattern

    @model_validator(mode="after")
    def _may_be_found(self) -> Self:
        """Refuse a pattern that must not match, and cannot, also where only the folding is why."""
        must_not = self.weight and self.negate is not self.forbids
        if must_not:
            refuse_never_found(self.pattern)
        if not self.fold:
            return self
        folded = fold_pattern(self.pattern)
        refuse_always_found(folded)
        if must_not and is_never_found(folded):
            raise PydanticCustomError(
                "cannot_fail",
                "the pattern {given} is found in no folded text, so that this checks nothing",
                {
                    "given": quoted(self.pattern),
                    "expected": "a pattern of something that folded texts may hold",
                    "fix": "leave `fold` out to look for invisible characters",
                },
            )
        return self

    def is_shown_by_a_part(self, *, held: bool) -> bool:
        if _OF_THE_END.search(self.pattern):
            return False
        return super().is_shown_by_a_part(held=held)

    def _search(self, parts: Sequence[AnswerPart], *, wanted: bool) -> Outcome:
        shown = quoted(self.pattern)
        expected = f"{'a' if wanted else 'no'} match of {shown}"
        pattern = fold_pattern(self.pattern) if self.fold else self.pattern
        for part in parts:
            text = fold(part.text, case_sensitive=True) if self.fold else part.text
            try:
                match = search(pattern, text)
            except PatternTimeoutError as error:
                return Outcome.error(str(error))
            if match:
                reason = f"{shown} matches {quoted(match[0])}{part.where}"
                return Outcome.of(wanted, reason, expected=expected)
        reason = f"{shown} does not match in {quoted(parts[0].text if parts else '')}"
        return Outcome.of(not wanted, reason, expected=expected)


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
    reads_text: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = ("content_matches",)
    more_text: ClassVar[MoreText] = "help"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        # what may not be said may not be handed on to a tool either
        parts = last_parts(trial, "both" if self.negate is not context.turned else "text")
        return self._search(parts, wanted=True)


class NotMatches(_Pattern):
    r"""Holds when a regular expression matches nowhere in the answer.

        - type: not_matches
          pattern: '\b\d{16}\b'

    The answer is searched as `matches` does it.

    Error: when the pattern needs more than a second.
    """

    type: ClassVar[str] = "not_matches"
    forbids: ClassVar[bool] = True
    more_text: ClassVar[MoreText] = "harm"

    look_at: LookAt = "both"
    """What of an answer is looked at: its `text`, the names and arguments of its `tool_calls`, or
    `both`."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return self._search(last_parts(trial, self.look_at), wanted=False)
