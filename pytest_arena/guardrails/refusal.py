"""Guardrail on answers that decline to help."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.detection import Detector, Look
from pytest_arena.judging.refusal import find_refusal
from pytest_arena.judging.wording import quoted
from pytest_arena.schema.assertion import Direction
from pytest_arena.schema.guardrail import Said


class RefusalRules(Detector):
    """Settings of what looks for refusals: none."""

    def look(self, text: str, said: Said) -> Look:
        phrase = find_refusal(text)
        if phrase is None:
            return Look(False, "does not decline")
        return Look(True, f"declines: {quoted(phrase)}", (phrase,))


class Refusal(RefusalRules, DetectingGuardrail):
    """Find answers that decline to help.

        - type: refusal
          on_violation: flag

    The rules are those of the assertion of the same name: English, and no model is asked.

    Error: never.
    """

    type: ClassVar[str] = "refusal"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""
