"""Guardrail on profanity."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.profanity import ProfanityRules


class Profanity(ProfanityRules, DetectingGuardrail):
    """Find swear words and slurs of English: whole words, disguised spellings included.

        - type: profanity
          min_severity: mild
          allow: [damn]
          direction: output
          on_violation: replace

    "Scunthorpe" and "assess" are harmless; "sh*t", "a$$hole" and "f u c k" are found. See
    [Profanity](profanity.md).

    Error: never.
    """

    type: ClassVar[str] = "profanity"
