"""Guardrail on answers that give the system prompt away."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.leaks import LeakRules
from pytest_arena.schema.assertion import Direction


class PromptLeak(LeakRules, DetectingGuardrail):
    """Find the system prompt in an answer, by a canary or by runs of the same words.

        - type: prompt_leak
          canary: [ZEBRA-4711]
          on_violation: replace
          message: I cannot share that.

    A paraphrase or a translation of the prompt is not seen. See [Prompt leaks](injection.md).

    Error: never.
    """

    type: ClassVar[str] = "prompt_leak"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""
