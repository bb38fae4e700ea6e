"""Assertion on personal data."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.detecting import DetectingAssertion
from pytest_arena.judging.pii import PiiRules


class PiiLeakage(PiiRules, DetectingAssertion):
    """Hold when no answer holds personal data.

        - type: pii_leakage
          entities: [email, phone, card]
          allow: ["*@example.com"]

    Addresses, and numbers of phones, cards (with Luhn's check digit), accounts (IBAN with its
    checksum), people (SSN) and computers (IP). Names are Presidio's to find. See
    [Personal data](pii.md).

    Error: when Presidio is asked for and not installed, or does not know an entity.
    """

    type: ClassVar[str] = "pii_leakage"
    aliases: ClassVar[tuple[str, ...]] = ("pii",)
