"""Guardrail on keys, tokens and passwords."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.secrets import SecretRules


class Secrets(SecretRules, DetectingGuardrail):
    """Find keys, tokens and passwords, by the forms of their issuers and by assignment.

        - type: secrets
          direction: both

    What is found is named by its kind and its ends, never in full. See [Secrets](secrets.md).

    Error: never.
    """

    type: ClassVar[str] = "secrets"
    aliases: ClassVar[tuple[str, ...]] = ("secret_leakage",)
