"""What a server gave, as a text that is judged and as a value that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import shorten
from pytest_arena.mcp_servers.failures import ServerUnusable
from pytest_arena.results.cleaning import clean_text, clean_value

if TYPE_CHECKING:
    from mcp.types import (
        CallToolResult,
        ContentBlock,
        GetPromptResult,
        ReadResourceResult,
    )

MOST_CHARACTERS = 1_000_000
"""Of all texts of one answer."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What a tool, a resource or a prompt gave."""

    text: str
    value: Any
    """The structured content where there is any, else the text."""
    is_error: bool = False
    """Whether the tool says that it failed; the text is why."""


def of_tool(result: CallToolResult) -> Given:
    """Return what a tool gave. Pictures, sounds and the like are told in brackets, by their type
    and size."""
    text = _joined(_told(block) for block in result.content)
    value = clean_value(result.structured_content)
    return Given(text, text if value is None else value, is_error=result.is_error)


def of_resource(result: ReadResourceResult) -> Given:
    """Return what stands in a resource; what is no text is told in brackets."""
    parts = (getattr(one, "text", None) for one in result.contents)
    text = _joined(
        part if part is not None else _binary(one.uri, one.mime_type, getattr(one, "blob", ""))
        for part, one in zip(parts, result.contents, strict=True)
    )
    return Given(text, text)


def of_prompt(result: GetPromptResult) -> Given:
    """Return a prompt: its text, or each message behind its role where there are several."""
    messages = [
        {"role": one.role, "content": clean_text(_told(one.content))} for one in result.messages
    ]
    lines = [
        one["content"] if len(messages) == 1 else f"{one['role']}: {one['content']}"
        for one in messages
    ]
    return Given(_joined(lines), messages)


def _told(block: ContentBlock) -> str:
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return _binary(block.type, block.mime_type, block.data)
        case "resource_link":
            return f"[{_short(block.name)}: {_short(block.uri)}]"
        case "resource":
            text = getattr(block.resource, "text", None)
            if text is not None:
                return str(text)
            blob = getattr(block.resource, "blob", "")
            return _binary(block.resource.uri, block.resource.mime_type, blob)


def _binary(name: str, mime_type: str | None, data: str) -> str:
    # base64 has four characters for three bytes
    return f"[{_short(name)}: {_short(mime_type or 'bytes')}, {len(data) * 3 // 4:,} bytes]"


def _short(text: str) -> str:
    return shorten(text, _LONGEST_NAME)


def _joined(texts: Iterable[str]) -> str:
    text = "\n".join(clean_text(one) for one in texts)
    if len(text) > MOST_CHARACTERS:
        raise ServerUnusable(
            f"gave {len(text):,} characters, more than the {MOST_CHARACTERS:,} that are taken"
        )
    return text
