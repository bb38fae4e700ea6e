"""Guardrail on words that must not get in or out."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.judging.wording import listed
from pytest_arena.judging.words import Texts, find_words, mask
from pytest_arena.schema.guardrail import Guardrail, Violation


class BannedWords(Guardrail):
    """Find banned words and phrases in inputs and outputs: whole words, in any case.

        - type: banned_words
          words: [hack, "social security number"]
          direction: output
          on_violation: replace

    `hack` is found in "Hack it!", not in "hackathon" or "hacking". A blank in a phrase stands
    for any run of blanks. Replaced words are covered by asterisks, or the whole text by
    `message`.

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
