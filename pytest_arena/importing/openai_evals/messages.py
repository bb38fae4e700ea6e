"""Messages of an eval as what a case sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.importing.made import LeftOutError
from pytest_arena.light_dataclass import dataclass

_ROLES = ("system", "developer", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Said:
    """One message: who says it, and its text, which may be a template."""

    role: str
    text: str


def read_messages(written: Any) -> list[Said]:
    """Return the messages of a list, or of a text; what has no text is a `LeftOutError`."""
    if isinstance(written, str):
        return [Said("user", written)]
    if isinstance(written, Mapping):
        written = [written]
    if not isinstance(written, list) or not written:
        raise LeftOutError("no messages: neither a text nor a list of role and content")
    found = []
    for message in written:
        if not isinstance(message, Mapping) or "content" not in message:
            raise LeftOutError("a message without role and content")
        role = str(message.get("role", "user"))
        if role not in _ROLES:
            raise LeftOutError(f"a message of the role {role!r}", f"one of {', '.join(_ROLES)}")
        found.append(Said(role, text_of(message["content"])))
    return found


def text_of(content: Any) -> str:
    """Return the text of a message's content: a text, a part, or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(map(text_of, content))
    if isinstance(content, Mapping):
        kind = content.get("type", "input_text")
        if kind in ("input_text", "output_text", "text") and isinstance(content.get("text"), str):
            return str(content["text"])
        raise LeftOutError(
            f"a message with a part of the type {kind!r}",
            "send files as image:, pdf: or audio: of a part (docs/files.md)",
        )
    raise LeftOutError("a message whose content is no text")


def sent(said: Sequence[Said]) -> dict[str, Any]:
    """Return what a case has for messages; the last one is asked as the user's."""
    roles = [one.role for one in said]
    texts = [one.text for one in said]
    if len(said) == 1:
        return {"prompt": texts[0]}
    roles[-1] = "user"
    if roles in (["system", "user"], ["developer", "user"]) and texts[0]:
        return {"system": texts[0], "prompt": texts[1]}
    return {
        "messages": [
            {"role": role, "content": text} for role, text in zip(roles, texts, strict=True)
        ]
    }
