"""What ships with the plugin, registered as any plug-in registers its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_arena.registry import Registry


def register(registry: Registry) -> None:
    """Register the assertions, guardrails and providers that ship with pytest-arena."""
    from pytest_arena.assertions import BUILTINS as ASSERTIONS
    from pytest_arena.guardrails import BUILTINS as GUARDRAILS
    from pytest_arena.providers import BUILTINS as PROVIDERS
    from pytest_arena.providers import LiteLLMProvider, known_providers

    for assertion in ASSERTIONS:
        registry.assertion(assertion)
    for guardrail in GUARDRAILS:
        registry.guardrail(guardrail)
    for provider in PROVIDERS:
        registry.provider(provider)
    registry.providers.fall_back(LiteLLMProvider, known_providers)
