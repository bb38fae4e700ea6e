"""Assertion on swearing."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.detecting import DetectingAssertion
from pytest_arena.judging.profanity import ProfanityRules


class Profanity(ProfanityRules, DetectingAssertion):
    """Hold when no answer swears (in English).

        - type: profanity
          min_severity: mild

    Whole words count, with their endings and in disguise: "Scunthorpe" is harmless, "sh*t" is
    not. See [Profanity](profanity.md).

    Error: never.
    """

    type: ClassVar[str] = "profanity"
