"""Assertion on keys, tokens and passwords."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.detecting import DetectingAssertion
from pytest_arena.judging.secrets import SecretRules


class Secrets(SecretRules, DetectingAssertion):
    """Hold when no answer holds a key, a token or a password.

        - type: secrets

    Forms of well-known issuers, private keys, passwords in URLs, and random values after
    "password:" and the like. What is found is never printed in full. See [Secrets](secrets.md).

    Error: never.
    """

    type: ClassVar[str] = "secrets"
    aliases: ClassVar[tuple[str, ...]] = ("secret_leakage",)
