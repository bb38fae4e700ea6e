"""Guardrail on the length of a text."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_arena.schema.assertion import Direction
from pytest_arena.schema.guardrail import Guardrail, Violation


class MaxLength(Guardrail):
    """Find answers with more characters than this.

        - type: max_length
          value: 1000
          on_violation: replace

    A replaced text is cut after `value` characters; `message` is not used.

    Error: never.
    """

    type: ClassVar[str] = "max_length"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""
    value: int = Field(gt=0)
    """The most characters."""

    def find(self, text: str) -> Violation | None:
        if len(text) <= self.value:
            return None
        return Violation(
            f"{len(text):,} characters, over the {self.value:,} allowed",
            replacement=text[: self.value],
        )
