"""Guardrail on personal data."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.pii import PiiRules


class PiiLeakage(PiiRules, DetectingGuardrail):
    """Find personal data: addresses, and numbers of phones, cards, accounts and people.

        - type: pii_leakage
          entities: [email, card, iban]
          allow: ["*@example.com"]
          direction: output
          on_violation: replace

    What is found is covered by asterisks, or the whole text replaced by `message`. See
    [Personal data](pii.md) for what is found and how reliably.

    Error: when Presidio is asked for and not installed, or does not know an entity.
    """

    type: ClassVar[str] = "pii_leakage"
    aliases: ClassVar[tuple[str, ...]] = ("pii",)
