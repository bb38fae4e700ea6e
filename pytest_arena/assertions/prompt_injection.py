"""Assertion on known patterns of prompt injection."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.detecting import DetectingAssertion
from pytest_arena.judging.injection import InjectionRules


class PromptInjection(InjectionRules, DetectingAssertion):
    """Hold when no answer holds a known pattern of prompt injection, meant for who reads it next.

        - type: prompt_injection

    Use the guardrail of the same name for what is sent. See [Prompt injection](injection.md).

    Error: never.
    """

    type: ClassVar[str] = "prompt_injection"
    aliases: ClassVar[tuple[str, ...]] = ("injection",)
