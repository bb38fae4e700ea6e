"""What is in a message of chat completions: the answer's text, thoughts, and a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.providers.completion import Answer, no_text
from pytest_arena.providers.sent_back import THOUGHTS
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Request

_OF_A_MESSAGE = frozenset(
    (
        *("role", "content", "refusal", "tool_calls", "function_call", "audio"),
        *(*THOUGHTS, "reasoning_details"),
    )
)


def is_message(value: Any) -> bool:
    """Return whether something has anything of a message: a model that says nothing may leave out
    its content."""
    return isinstance(value, dict) and not _OF_A_MESSAGE.isdisjoint(value)


def add_message(answer: Answer, message: Mapping[str, Any]) -> None:
    """Add a message, or the delta of one, but for its tool calls."""
    answer.sent_back.add(message)
    _add_content(answer, message.get("content"))
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        answer.refusals.append(refusal)
    for name in THOUGHTS:
        if isinstance(thought := message.get(name), str) and thought:
            answer.reasoning.append(thought)
            return
    answer.reasoning += _texts_in(message.get("reasoning_details"))


def _add_content(answer: Answer, content: Any) -> None:
    if content is None:
        return
    if isinstance(content, str):
        if content:
            answer.texts.append(content)
        return
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        raise no_text(content)
    answer.has_unread = answer.has_unread or not content
    for part in content:
        _add_part(answer, part)


def _add_part(answer: Answer, part: Any) -> None:
    if isinstance(part, str):
        answer.texts.append(part)
        return
    if not isinstance(part, dict):
        raise no_text(part)
    kind = str(part.get("type") or "text").lower()
    if "reason" in kind or "think" in kind or "thought" in kind or part.get("thought") is True:
        answer.reasoning += _texts_in(part)
    elif "refusal" in kind:
        answer.refusals += _own(answer, part, "refusal", "text")
    else:
        answer.texts += _own(answer, part, "text", "content")


def _own(answer: Answer, part: Mapping[str, Any], *names: str) -> list[str]:
    """Return the text of a part, in a list; nothing of pictures and the like, which are marked."""
    for name in names:
        value = part.get(name)
        # the Assistants' form: {"text": {"value": …}}
        value = value.get("value") if isinstance(value, dict) else value
        if isinstance(value, str):
            return [value] if value else []
    if part and not part.get("type"):
        raise no_text(part)
    answer.has_unread = True
    return []


def _texts_in(thought: Any) -> Iterator[str]:
    """Yield the texts of a part of thoughts, which servers nest in their own ways."""
    if isinstance(thought, str):
        yield thought
    elif isinstance(thought, list):
        for inner in thought:
            yield from _texts_in(inner)
    elif isinstance(thought, dict):
        for name in ("text", "thinking", "reasoning", "summary", "content"):
            if thought.get(name):
                yield from _texts_in(thought[name])
                return


def last_user_text(request: Request) -> str:
    """Return what the user said last in words; empty where nothing was said in the user's name."""
    return text_in(last_user_content(request))


def last_user_content(request: Request) -> Any:
    """Return the content of the user's last message; an empty text where there is none."""
    for message in reversed(request.messages):
        if message.get("role") == "user":
            return message.get("content")
    return ""
