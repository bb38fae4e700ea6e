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
    from pytest_arena.providers import LITELLM
    from pytest_arena.providers.litellm_data import known_providers

    registry.assertions.ship(ASSERTIONS)
    registry.guardrails.ship(GUARDRAILS)
    registry.providers.ship(PROVIDERS)
    registry.providers.fall_back(LITELLM, known_providers)
