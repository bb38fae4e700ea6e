"""Detectors as guardrails: what is found blocks, is covered by asterisks, or is flagged."""

from __future__ import annotations

from pytest_arena.judging.detection import Detector
from pytest_arena.judging.words import mask
from pytest_arena.schema.guardrail import Guardrail, Said, Violation


class DetectingGuardrail(Detector, Guardrail):
    """Find what a detector finds; where it cannot tell, the text passes."""

    def find(self, text: str) -> Violation | None:
        return self.find_in(text, Said())

    def find_in(self, text: str, said: Said) -> Violation | None:
        look = self.look(text, said)
        if not look.found:
            return None
        replacement = self.message
        if replacement is None and look.spans:
            replacement = mask(text, sorted(look.spans))
        return Violation(look.reason, look.shown, replacement)
