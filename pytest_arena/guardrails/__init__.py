"""Guardrails that ship with the plugin, and how they are run over a text."""

from pytest_arena.guardrails.apply import apply_guardrails
from pytest_arena.guardrails.banned_words import BannedWords
from pytest_arena.guardrails.max_length import MaxLength
from pytest_arena.guardrails.patterns import ForbiddenPattern, RequiredPattern
from pytest_arena.schema.guardrail import Guardrail

BUILTINS: tuple[type[Guardrail], ...] = (
    BannedWords,
    MaxLength,
    RequiredPattern,
    ForbiddenPattern,
)

__all__ = ["BUILTINS", "apply_guardrails"]
