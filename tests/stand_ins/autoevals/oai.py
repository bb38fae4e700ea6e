"""The client that asks models."""

from dataclasses import dataclass
from typing import Any


@dataclass
class LLMClient:
    openai: Any
    complete: Any = None
    embed: Any = None
    moderation: Any = None
    RateLimitError: Any = None
