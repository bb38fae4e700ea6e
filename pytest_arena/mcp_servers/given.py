"""What a server gave: a text, and structured content where a tool has some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.mcp_servers.failures import ServerUnusable
from pytest_arena.results.cleaning import clean_text, clean_value

if TYPE_CHECKING:
    from mcp.types import (
        BlobResourceContents,
        CallToolResult,
        ContentBlock,
        GetPromptResult,
        ReadResourceResult,
        TextResourceContents,
    )

MOST_CHARACTERS = 1_000_000
"""Of all texts of one answer."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What a tool, a resource or a prompt gave."""

    text: str
    structured: Any = None
    is_error: bool = False
    """Whether the tool says that it failed; the text is why."""

    @property
    def value(self) -> Any:
        """The structured content where there is any, else the text."""
        return self.text if self.structured is None else self.structured


def of_tool(result: CallToolResult) -> Given:
    """Return what a tool gave. Pictures, sounds and the like are told in brackets, by their type
    and size."""
    text = _joined(_told(block) for block in result.content)
    return Given(text, clean_value(result.structured_content), is_error=result.is_error)


def of_resource(result: ReadResourceResult) -> Given:
    """Return what stands in a resource; what is no text is told in brackets."""
    return Given(_joined(map(_held, result.contents)))


def of_prompt(result: GetPromptResult) -> Given:
    """Return a prompt: its text, or each message behind its role where there are several."""
    said = [(one.role, _told(one.content)) for one in result.messages]
    if len(said) == 1:
        return Given(_joined(text for _, text in said))
    return Given(_joined(f"{role}: {text}" for role, text in said))


def _told(block: ContentBlock) -> str:
    match block.type:
        case "text":
            return block.text
        case "image" | "audio":
            return _binary(block.type, block.mime_type, block.data)
        case "resource_link":
            return f"[{_short(block.name)}: {_short(block.uri)}]"
        case "resource":
            return _held(block.resource)


def _held(contents: TextResourceContents | BlobResourceContents) -> str:
    text = getattr(contents, "text", None)
    if text is not None:
        return str(text)
    return _binary(contents.uri, contents.mime_type, getattr(contents, "blob", ""))


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
