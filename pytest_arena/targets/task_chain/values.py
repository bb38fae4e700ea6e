"""What the tasks of a chain hand on: texts, numbers, JSON, and conversations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Message, ToolCall

_CUT = "…"


class TaskFailed(Exception):
    """A task that could not do what its handler says; the text is why."""


@dataclass(frozen=True, slots=True)
class History:
    """A conversation with a model, without its system prompt.

    `calls` are those of its last message that were not run yet, `tokens` what the model counted
    when it answered last.
    """

    messages: tuple[Message, ...] = ()
    system: str = ""
    calls: tuple[ToolCall, ...] = ()
    tokens: int | None = None

    def __str__(self) -> str:
        return _said(self.messages[-1]) if self.messages else ""

    @property
    def lines(self) -> str:
        """All that was said, each with who said it."""
        said = (f"{message.get('role')}: {_said(message).strip()}" for message in self.messages)
        return "\n".join(said)

    @property
    def json(self) -> dict[str, Any]:
        """The conversation as JSON."""
        return {"messages": [dict(message) for message in self.messages]}


def text_of(value: Any) -> str:
    """Return a value as a text: of a conversation, what was said last."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def prompt_of(value: Any, handler: str) -> str:
    """Return what a model is asked, or an error says; JSON is no prompt."""
    if isinstance(value, (dict, list)) or value is None:
        kind = "nothing" if value is None else "JSON"
        raise TaskFailed(f"{handler} takes a text, a number or a conversation, and is given {kind}")
    if isinstance(value, History) and not value.messages:
        raise TaskFailed(f"{handler} is given a conversation in which nothing was said")
    return text_of(value)


def history_of(value: Any, handler: str) -> History:
    """Return the conversation that a model is asked to go on with."""
    if isinstance(value, History):
        return value
    if isinstance(value, str):
        return History((Message(role="user", content=value),))
    raise TaskFailed(f"{handler} takes a text or a conversation, and is given {_kind(value)}")


def capped(value: Any, most: int) -> Any:
    """Return a text or a conversation of at most so many bytes: of the latter, what was said
    last."""
    if most <= 0:
        return value
    if isinstance(value, str):
        return _beginning(value, most)
    if not isinstance(value, History):
        return value
    sizes = [len(_said(message).encode()) for message in value.messages]
    if sum(sizes) <= most:
        return value
    kept: list[Message] = []
    for message, size in zip(reversed(value.messages), reversed(sizes), strict=True):
        if most <= 0:
            break
        cut = message if size <= most else {**message, "content": _beginning(_said(message), most)}
        kept.append(cut)
        most -= size
    return replace(value, messages=paired(reversed(kept)), tokens=None)


def shifted(history: History, limit: int, reserve: int) -> History:
    """Return a conversation without what was said first, so that it fits into a limit of tokens.

    The tokens of its parts are their share of what the model counted, by their length.
    """
    sizes = [len(_said(message)) for message in history.messages]
    counted, whole = history.tokens or 0, sum(sizes) or 1
    left = (limit - reserve) * whole / counted if counted else float(whole)
    kept: list[Message] = []
    for message, size in zip(reversed(history.messages), reversed(sizes), strict=True):
        if size > left:
            break
        kept.append(message)
        left -= size
    if not kept:
        raise TaskFailed(f"token_limit: what was said last does not fit into {limit:,} tokens")
    return replace(history, messages=paired(reversed(kept)), tokens=None)


def paired(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return messages without results whose calls are not there any more, which vendors refuse."""
    known: set[str] = set()
    kept = []
    for message in messages:
        known |= {str(call.get("id")) for call in message.get("tool_calls") or ()}
        if message.get("role") != "tool" or message.get("tool_call_id") in known:
            kept.append(message)
    return tuple(kept)


def _said(message: Message) -> str:
    content = message.get("content")
    return "" if content is None else text_in(content)


def _beginning(text: str, most: int) -> str:
    data = text.encode()
    if len(data) <= most:
        return text
    room = most - len(_CUT.encode())
    if room <= 0:
        return data[:most].decode(errors="ignore")
    return data[:room].decode(errors="ignore") + _CUT


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    return "JSON" if isinstance(value, (dict, list)) else f"the number {text_of(value)}"
