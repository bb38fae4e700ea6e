"""What a message says: a text, or parts of which some are files, kept by what they hold.

A part is a mapping of JSON: `{"type": "text", "text": …}`, or a file as `AttachedFile.part` makes
it, whose bytes stand nowhere in the results. Parts of other shapes, as a hook may bring them, are
named and kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeAlias

Part: TypeAlias = Mapping[str, Any]
Said: TypeAlias = str | tuple[Part, ...]
"""What is said in one message: a text, or its parts in their order."""
FILE_KINDS = ("image", "pdf", "audio")
_UNITS = ((1_000_000, "MB"), (1_000, "kB"))


def is_file(part: Any) -> bool:
    """Return whether a part stands for a file."""
    return isinstance(part, Mapping) and part.get("type") in FILE_KINDS and "sha256" in part


def files_in(content: Any) -> list[Part]:
    """Return the parts of a message's content that stand for files."""
    if not isinstance(content, (list, tuple)):
        return []
    return [part for part in content if is_file(part)]


def text_in(content: Any) -> str:
    """Return what is said in words: of parts, the texts, a line each."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, (list, tuple)) else ()
    return "\n".join(text for part in parts if (text := _text_of(part)) is not None)


def shown(content: Any) -> str:
    """Return a message's content as people read it, with `[image a.png 12 kB]` for a file."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, (list, tuple)):
        return json.dumps(content, ensure_ascii=False, default=str)
    return "\n".join(_shown_part(part) for part in content)


def label(part: Part) -> str:
    """Return how a file is named where it cannot be shown: `[image a.png 12 kB]`."""
    name = PurePosixPath(str(part.get("name") or "")).name
    size = part.get("size")
    words = (str(part.get("type")), name, size_in_words(size) if isinstance(size, int) else "")
    return f"[{' '.join(word for word in words if word)}]"


def size_in_words(size: int) -> str:
    """Return a number of bytes in two or three digits: `12 kB`, `1.4 MB`."""
    for unit, name in _UNITS:
        if size >= unit:
            number = size / unit
            return f"{number:.0f} {name}" if number >= 10 else f"{number:.1f} {name}"
    return f"{size} B"


def content_of(said: Said) -> str | list[dict[str, Any]]:
    """Return what is said as a message's `content`."""
    return said if isinstance(said, str) else [dict(part) for part in said]


def what_is_asked(content: Any) -> Any:
    """Return a message's content without the names of files: what they hold is what is asked."""
    if not files_in(content):
        return content
    return [
        {key: value for key, value in part.items() if key not in ("name", "size")}
        if is_file(part)
        else part
        for part in content
    ]


def _text_of(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, Mapping) else None
    return text if isinstance(text, str) else None


def _shown_part(part: Any) -> str:
    if (text := _text_of(part)) is not None:
        return text
    if is_file(part):
        return label(part)
    return f"[{part.get('type', 'part') if isinstance(part, Mapping) else 'part'}]"


def said_of(parts: Sequence[Part]) -> Said:
    """Return parts as they are said; texts alone are one text."""
    if all(isinstance(part.get("text"), str) for part in parts):
        return "\n".join(part["text"] for part in parts)
    return tuple(parts)
