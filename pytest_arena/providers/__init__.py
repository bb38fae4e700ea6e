"""How a request reaches a model: one file a provider."""

from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.registry import Shipped

_HERE = __name__

LITELLM = Shipped("litellm", f"{_HERE}.litellm:LiteLLMProvider")
"""It also stands for every name in `litellm_data.known_providers()`."""

BUILTINS = (
    Shipped("mock", f"{_HERE}.mock:MockProvider"),
    Shipped(
        "openai",
        f"{_HERE}.openai:OpenAIProvider",
        ("openai_compatible", "openai-compatible", "custom_openai"),
    ),
    LITELLM,
)

__all__ = ["BUILTINS", "LITELLM", "Provider", "ProviderEnvironment"]
