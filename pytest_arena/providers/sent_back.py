"""What a provider wants to see again in a tool loop, beside text and calls: its thoughts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Where servers put thoughts as a text, beside the content: DeepSeek, which wants them back, vLLM
and OpenRouter, and Ollama, which take them."""
_BLOCKS = ("reasoning_details", "thinking_blocks")
"""Thoughts with signatures: OpenRouter's, and Anthropic's as litellm has them."""
_FIELDS = ("extra_content", "provider_specific_fields")
"""Where Gemini's endpoint in OpenAI's format, and litellm, keep signatures."""
_GROWING = ("thinking", "text", "summary", "data")


class SentBack:
    """The fields of a model's message that go back as they came, gathered whole or in parts."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._blocks: dict[str, list[dict[str, Any]]] = {}
        self._fields: dict[str, Any] = {}

    def add(self, message: Mapping[str, Any]) -> None:
        """Add a message, or the delta of one."""
        for name in THOUGHTS:
            if isinstance(text := message.get(name), str) and text:
                self._texts.setdefault(name, []).append(text)
        for name in _BLOCKS:
            given = message.get(name)
            for block in given if isinstance(given, list) else ():
                if isinstance(block, dict):
                    _add_block(self._blocks.setdefault(name, []), block)
        self._fields |= signed_fields(message)

    @property
    def fields(self) -> dict[str, Any]:
        """What has come so far, by the names under which it goes back."""
        texts = {name: "".join(parts) for name, parts in self._texts.items()}
        return {**texts, **self._blocks, **self._fields}


def signed_fields(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a message or a call of a tool has of a vendor's own, if anything."""
    return {name: part[name] for name in _FIELDS if isinstance(part.get(name), dict)}


def _add_block(blocks: list[dict[str, Any]], part: Mapping[str, Any]) -> None:
    """Add a block of thoughts, or to the last one what a stream has more of it.

    A signature is the end of a block, unless numbers say that more of the same one comes.
    """
    given = {name: value for name, value in part.items() if value is not None}
    last = blocks[-1] if blocks else None
    if last is None or not _goes_on(last, given):
        blocks.append(given)
        return
    for name, value in given.items():
        if name in _GROWING and isinstance(value, str) and isinstance(last.get(name), str):
            last[name] += value
        elif value != "" or name not in last:
            last[name] = value


def _goes_on(last: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    if last.get("type") != given.get("type"):
        return False
    if "index" in last or "index" in given:
        return last.get("index") == given.get("index")
    return not last.get("signature") and "data" not in given
