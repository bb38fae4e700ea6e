"""How a request reaches a model: one file a provider."""

from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.litellm_data import known_providers
from pytest_arena.providers.mock import MockProvider, mock_for
from pytest_arena.providers.openai import OpenAIProvider
from pytest_arena.providers.retry_after import parse_retry_after

BUILTINS: tuple[type[Provider], ...] = (MockProvider, OpenAIProvider, LiteLLMProvider)
"""What ships; `LiteLLMProvider` also stands for every name in `known_providers()`."""

__all__ = [
    "BUILTINS",
    "LiteLLMProvider",
    "MockProvider",
    "OpenAIProvider",
    "Provider",
    "ProviderEnvironment",
    "known_providers",
    "mock_for",
    "parse_retry_after",
]
