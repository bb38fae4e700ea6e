"""Models as pydantic_ai names them, as judges of an arena."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_VENDORS: Mapping[str, str] = {
    "openai": "openai",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "anthropic": "anthropic",
    "google": "gemini",
    "google-gla": "gemini",
    "gemini": "gemini",
    "google-vertex": "vertex_ai",
    "groq": "groq",
    "mistral": "mistral",
    "cohere": "cohere",
    "bedrock": "bedrock",
    "openrouter": "openrouter",
    "deepseek": "deepseek",
    "azure": "azure",
    "xai": "xai",
    "grok": "xai",
    "together": "together_ai",
    "fireworks": "fireworks_ai",
    "cerebras": "cerebras",
    "huggingface": "huggingface",
}
_SETTINGS = ("max_tokens", "temperature", "top_p", "seed")
_BARE = {"gpt": "openai", "o1": "openai", "o3": "openai", "claude": "anthropic", "gemini": "gemini"}


def judge_of(model: Any, settings: Any = None) -> dict[str, Any] | None:
    """Return a judge for `vendor:model`; None where it is none that an arena could ask."""
    if not isinstance(model, str):
        return None
    vendor, _, name = model.partition(":")
    provider = _VENDORS.get(vendor)
    if not name:
        provider, name = _BARE.get(model.partition("-")[0]), model
    if provider is None or not name:
        return None
    judge: dict[str, Any] = {"provider": provider, "model": name}
    if isinstance(settings, Mapping):
        params = {key: settings[key] for key in _SETTINGS if settings.get(key) is not None}
        if params:
            judge["params"] = params
    return judge
