"""What is in a message of chat completions: the answer's text, thoughts, and a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.providers.completion import Answer, unreadable
from pytest_arena.providers.sent_back import THOUGHTS
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Request


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
        raise unreadable(f"its content is neither text nor parts: {shorten(repr(content), 80)}")
    for part in content:
        _add_part(answer, part)


def _add_part(answer: Answer, part: Any) -> None:
    if isinstance(part, str):
        answer.texts.append(part)
        return
    if not isinstance(part, dict):
        return
    kind = str(part.get("type") or "text").lower()
    if "reason" in kind or "think" in kind or "thought" in kind or part.get("thought") is True:
        answer.reasoning += _texts_in(part)
    elif "refusal" in kind:
        answer.refusals += [text for name in ("refusal", "text") if (text := _own(part, name))]
    else:
        answer.texts += [text for name in ("text", "content") if (text := _own(part, name))][:1]


def _own(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    # the Assistants' form: {"text": {"value": …}}
    value = value.get("value") if isinstance(value, dict) else value
    return value if isinstance(value, str) else ""


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
