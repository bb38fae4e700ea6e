"""Assertion on the language of answers."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.detecting import DetectingAssertion
from pytest_arena.judging.languages import LanguageRules


class Language(LanguageRules, DetectingAssertion):
    """Hold when every answer is in one of these languages.

        - type: language
          value: de

    Scripts, function words and letters of 32 languages are known; code and links are left out.
    See [Languages](language.md).

    Error: when the language of an answer cannot be told, as of a single word.
    """

    type: ClassVar[str] = "language"
