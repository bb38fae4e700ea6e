"""Guardrail on known patterns of prompt injection."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.injection import InjectionRules
from pytest_arena.schema.assertion import Direction


class PromptInjection(InjectionRules, DetectingGuardrail):
    """Find known patterns of prompt injection, such as "ignore all previous instructions".

        - type: prompt_injection
          direction: input

    It knows what has been seen before; a new phrasing, and an instruction hidden in a document
    that looks like any other, pass. See [Prompt injection](injection.md) for the figures.

    Error: never.
    """

    type: ClassVar[str] = "prompt_injection"
    aliases: ClassVar[tuple[str, ...]] = ("injection",)

    direction: Direction = "input"
    """Which texts are looked at: `input` unless given."""
