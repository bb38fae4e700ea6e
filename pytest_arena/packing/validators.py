"""Guardrails of an arena as validators of a pack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_arena.schema import Guardrail

_Params = Callable[[dict[str, Any]], dict[str, Any]]
_KINDS: dict[str, tuple[str, _Params]] = {
    "banned_words": ("banned_words", lambda one: {"words": list(one["words"])}),
    "forbidden_pattern": (
        "regex",
        lambda one: {"pattern": one["pattern"], "expect_match": False},
    ),
    "max_length": ("max_length", lambda one: {"max_characters": one["value"]}),
    "max_sentences": ("max_sentences", lambda one: {"max_sentences": one["value"]}),
    "pii_leakage": ("pii_leakage", lambda one: {}),
    "required_pattern": ("regex", lambda one: {"pattern": one["pattern"]}),
}
"""Our guardrails that PromptKit has a validator for, with its type and params."""
KNOWN = tuple(_KINDS)


def validator_of(guardrail: Guardrail) -> dict[str, Any] | None:
    """Return the validator that is nearest to a guardrail; None where there is none like it."""
    if guardrail.type not in _KINDS:
        return None
    kind, params_of = _KINDS[guardrail.type]
    params = params_of(guardrail.model_dump())
    if guardrail.direction != "output":
        params["direction"] = guardrail.direction
    validator: dict[str, Any] = {"type": kind, "enabled": True}
    if guardrail.message is not None:
        validator["message"] = guardrail.message
    if guardrail.on_violation != "replace":
        validator["fail_on_violation"] = guardrail.on_violation == "block"
    return {**validator, "params": params}
