"""Messages to models, and what they reply."""

from dataclasses import dataclass
from typing import Any


@dataclass
class TextPart:
    content: str


@dataclass
class ToolCallPart:
    tool_name: str
    args: Any


@dataclass
class ModelResponse:
    parts: list
