"""Guardrail on the language of a text."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.languages import LanguageRules


class Language(LanguageRules, DetectingGuardrail):
    """Find texts in another language than these.

        - type: language
          value: [en, de]
          direction: output

    A text whose language cannot be told (a single word, code) passes. See
    [Languages](language.md).

    Error: never.
    """

    type: ClassVar[str] = "language"
