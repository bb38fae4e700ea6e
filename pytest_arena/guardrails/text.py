"""Guardrails on what a text must or must not match."""

from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.judging.detectors.messages import listed, quoted
from pytest_arena.judging.idle_patterns import refuse_always_found, refuse_never_found
from pytest_arena.judging.words import Texts, count_sentences, find_words, mask
from pytest_arena.schema.assertion import Direction
from pytest_arena.schema.guardrail import Guardrail, LookedAt, Violation
from pytest_arena.schema.out_of_reach import never_as_many
from pytest_arena.text.folding import characters
from pytest_arena.text.regex import Pattern, find_all, search


class RequiredPattern(Guardrail):
    r"""Finds answers that a regular expression does not match anywhere.

        - type: required_pattern
          pattern: '(?i)support@example\.com'
          on_violation: replace
          message: Please write to support@example.com.

    Replacing needs a `message`: there is nothing in the text to change.

    Error: when the pattern needs more than a second.
    """

    type: ClassVar[str] = "required_pattern"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""
    look_at: Literal["text"] = "text"
    """What of an answer is looked at: its text alone, since no tool call must hold the pattern."""
    pattern: Pattern
    """The regular expression, as Python's `regex` package reads it."""

    @field_validator("pattern")
    @classmethod
    def _may_be_missing(cls, pattern: str) -> str:
        refuse_always_found(pattern)
        return pattern

    @model_validator(mode="after")
    def _can_replace(self) -> Self:
        if self.on_violation == "replace" and self.message is None:
            raise PydanticCustomError(
                "guardrail_message",
                "required_pattern has nothing to replace a text with",
                {"expected": "a `message`, which stands in place of the text"},
            )
        return self

    def find(self, text: str) -> Violation | None:
        if search(self.pattern, text):
            return None
        return Violation(f"the pattern {quoted(self.pattern)} does not match")


class ForbiddenPattern(Guardrail):
    r"""Finds texts that a regular expression matches somewhere.

        - type: forbidden_pattern
          pattern: '\b\d{16}\b'
          direction: output
          on_violation: replace

    Replaced matches are covered by asterisks, or the whole text by `message`.

    Error: when the pattern needs more than a second.
    """

    type: ClassVar[str] = "forbidden_pattern"

    pattern: Pattern
    """The regular expression, as Python's `regex` package reads it."""

    @field_validator("pattern")
    @classmethod
    def _may_be_found(cls, pattern: str) -> str:
        refuse_never_found(pattern)
        return pattern

    def find(self, text: str) -> Violation | None:
        first = search(self.pattern, text)
        if first is None:
            return None
        spans = find_all(self.pattern, text)
        matched = tuple(dict.fromkeys(text[start:end] for start, end in spans))
        found = f": {listed(matched)}" if matched else ""
        return Violation(
            f"the pattern {quoted(self.pattern)} matches{found}",
            matched,
            self.message if self.message is not None else mask(text, spans),
        )


class MaxLength(Guardrail):
    """Finds answers with more characters than this.

        - type: max_length
          value: 1000
          on_violation: replace

    A replaced text is cut after `value` characters; `message` is not used. What no reader sees,
    such as zero-width characters, is not counted, and left out of what is cut.

    Error: never.
    """

    type: ClassVar[str] = "max_length"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""
    look_at: LookedAt = "text"
    """What of an answer is looked at: its `text` unless given, each text in its `tool_calls`, what
    tools gave back (`tool_results`), `both` of the first two, or `all`."""
    value: int = Field(gt=0)
    """The most characters."""

    def cannot_fire_within(self, most_bytes: int) -> str | None:
        return never_as_many(self.value, most_bytes, "characters")

    def find(self, text: str) -> Violation | None:
        seen = characters(text)
        if len(seen) <= self.value:
            return None
        return Violation(
            f"{len(seen):,} characters, over the {self.value:,} allowed",
            replacement="".join(seen[: self.value]),
        )


class MaxSentences(Guardrail):
    """Finds answers with more sentences than this.

        - type: max_sentences
          value: 3

    A sentence ends at `.`, `!`, `?`, `…` or their like in other scripts (`。`, `؟`, `।`), at a
    blank line, and where an item of a list begins. Initials and common abbreviations (`U.S.`)
    end none, unless a word such as `It` or `The` follows. A replaced text becomes the `message`.

    Error: never.
    """

    type: ClassVar[str] = "max_sentences"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""
    look_at: Literal["text"] = "text"
    """What of an answer is looked at: its text alone."""
    value: int = Field(gt=0)
    """The most sentences."""

    def cannot_fire_within(self, most_bytes: int) -> str | None:
        return never_as_many(self.value, most_bytes, "sentences")

    def find(self, text: str) -> Violation | None:
        number = count_sentences(text)
        if number <= self.value:
            return None
        return Violation(f"{number:,} sentences, over the {self.value:,} allowed")


class BannedWords(Guardrail):
    """Finds banned words and phrases in inputs and outputs: whole words, in any case.

        - type: banned_words
          words: [hack, "social security number"]
          direction: output
          on_violation: replace

    `hack` is found in "Hack it!" and "_hack_", not in "hackathon" or "hacking". Both are
    [folded](assertions.md#what-is-folded). Replaced words are covered by asterisks, or the whole
    text by `message`.

    Error: never.
    """

    type: ClassVar[str] = "banned_words"

    words: Texts
    """The words and phrases."""

    def find(self, text: str) -> Violation | None:
        spans = find_words(self.words, text)
        if not spans:
            return None
        matched = tuple(dict.fromkeys(text[start:end] for start, end in spans))
        noun = "word" if len(matched) == 1 else "words"
        return Violation(
            f"found the banned {noun} {listed(matched)}",
            matched,
            self.message if self.message is not None else mask(text, spans),
        )
