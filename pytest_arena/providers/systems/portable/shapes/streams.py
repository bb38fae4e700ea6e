"""Pieces of a stream put together: texts, and chunks and events of the usual clients.

None of them is imported: each is told by its shape, and what it adds is kept until the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .values import (
    TOOL_USES,
    first,
    get,
    listed,
    reason_of_message,
    role_of,
    told_error,
    usage_of,
    usage_of_message,
)

_OF_ANTHROPIC = frozenset(
    (
        *("message_start", "message_delta", "message_stop", "ping"),
        *("content_block_start", "content_block_delta", "content_block_stop"),
    )
)


class StreamedAnswer:
    """What the pieces of a stream come to."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._thoughts: list[str] = []
        self._calls: dict[str, dict[str, Any]] = {}
        self._usage: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        self._messages: list[Any] = []
        self._tells_calls = False
        self._error: str | None = None
        self.whole: Any = None
        """The answer itself, where a piece holds it."""

    def add(self, piece: Any) -> None:
        """Take a piece; what is none of the known ones is the whole answer."""
        if isinstance(piece, str):
            self._texts.append(piece)
            return
        if isinstance(piece, tuple) and len(piece) == 2 and isinstance(piece[1], Mapping):
            # LangGraph's messages, each with where it comes from
            piece = piece[0]
        messages = _messages_in(piece)
        if messages:
            self._messages += messages
            return
        error = told_error(piece)
        if error is not None:
            self._error = error
            return
        for add in (_add_chat, _add_event, _add_langchain, _add_ollama):
            if add(self, piece):
                self._tells_calls = self._tells_calls or not _is_blank(piece)
                return
        if isinstance(piece, Mapping) and "error" in piece:
            # a state whose error was mended
            self._error = None
        self.whole = piece

    def text(self, text: Any) -> None:
        if isinstance(text, str):
            self._texts.append(text)

    def refusal(self, text: Any) -> None:
        if isinstance(text, str):
            self._refusals.append(text)

    def thought(self, text: Any) -> None:
        if isinstance(text, str):
            self._thoughts.append(text)

    def usage(self, given: Any) -> None:
        self._usage.update(usage_of(given) or {})

    def value(self, name: str, given: Any) -> None:
        if given is not None:
            self._values[name] = given

    def call(self, index: Any, number: Any, name: Any, arguments: Any) -> None:
        """Take a part of a tool call; the parts of one call have its index, or its id at first."""
        if index is None:
            index = number if number is not None or not self._calls else list(self._calls)[-1]
        call = self._calls.setdefault(str(index), {"name": "", "arguments": ""})
        if number and "id" not in call:
            call["id"] = str(number)
        call["name"] += name or ""
        if isinstance(arguments, str) and isinstance(call["arguments"], str):
            call["arguments"] += arguments
        elif arguments:
            call["arguments"] = arguments

    def end(self) -> Any:
        """Return what came; nothing but the error, where a piece told one."""
        if self._error is not None:
            return {"error": self._error}
        if self._messages and not self._tells_calls:
            return {"messages": self._messages}
        found: dict[str, Any] = {**self._values}
        if self._usage:
            found["usage"] = self._usage
        if self._thoughts:
            found["reasoning"] = "".join(self._thoughts)
        if self._tells_calls:
            results = {str(get(m, "tool_call_id")): get(m, "content") for m in self._messages}
            found["tool_calls"] = [
                {**one, "result": results.get(one.get("id", ""))} for one in self._calls.values()
            ]
        if self._refusals:
            found["refusal"] = "".join(self._refusals)
        if self._texts or self._tells_calls:
            found["output"] = "".join(self._texts)
        if self.whole is None:
            return found or None
        if isinstance(self.whole, Mapping):
            own = {name: one for name, one in self.whole.items() if one is not None}
            return {**found, **own}
        return self.whole


def _messages_in(piece: Any) -> list[Any]:
    """Return the whole messages of a piece: itself, or those of what LangGraph's nodes changed."""
    if (
        get(piece, "type") in ("ai", "human", "tool", "system")
        and get(piece, "content") is not None
    ):
        return [piece]
    if not isinstance(piece, Mapping) or "messages" in piece:
        return []
    changes = [one for one in piece.values() if isinstance(one, Mapping)]
    return [
        message
        for change in changes
        for message in listed(change.get("messages"))
        if role_of(message) is not None
    ]


def _is_blank(piece: Any) -> bool:
    """Whether a chunk of a chat has no part of its message, as those about usage or a filter."""
    choices = get(piece, "choices")
    is_chat = isinstance(choices, (list, tuple))
    return is_chat and all(get(one, "delta") is None for one in choices)


def _add_chat(answer: StreamedAnswer, piece: Any) -> bool:
    """Chunks of OpenAI's chat completions."""
    choices = get(piece, "choices")
    if not isinstance(choices, (list, tuple)):
        return False
    deltas = [get(one, "delta") for one in choices]
    is_chunk = get(piece, "object") == "chat.completion.chunk" or any(deltas)
    # Azure's chunks about its filter have neither
    if not is_chunk and any(first(one, "message", "text") is not None for one in choices):
        return False
    for choice, delta in zip(choices, deltas):  # noqa: B905 - older interpreters have no strict
        if get(choice, "index"):
            continue
        answer.text(get(delta, "content"))
        answer.refusal(get(delta, "refusal"))
        answer.thought(first(delta, "reasoning_content", "reasoning"))
        answer.value("finish_reason", get(choice, "finish_reason"))
        for call in listed(get(delta, "tool_calls")):
            function = get(call, "function")
            name, arguments = get(function, "name"), get(function, "arguments")
            answer.call(get(call, "index"), get(call, "id"), name, arguments)
    answer.usage(get(piece, "usage"))
    answer.value("model", get(piece, "model"))
    return True


def _add_event(answer: StreamedAnswer, piece: Any) -> bool:
    """Events of OpenAI's responses and of Anthropic's messages."""
    kind = get(piece, "type")
    if not isinstance(kind, str):
        return False
    if kind.startswith("response."):
        if kind == "response.output_text.delta":
            answer.text(get(piece, "delta"))
        elif kind == "response.refusal.delta":
            answer.refusal(get(piece, "delta"))
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            answer.whole = get(piece, "response")
        return True
    if kind not in _OF_ANTHROPIC:
        # what Anthropic's client makes of its events says what they say
        return get(piece, "snapshot") is not None
    block = first(piece, "content_block", "delta")
    if kind == "message_start":
        answer.usage(get(get(piece, "message"), "usage"))
        answer.value("model", get(get(piece, "message"), "model"))
    elif kind == "message_delta":
        answer.usage(get(piece, "usage"))
        answer.value("finish_reason", get(block, "stop_reason"))
    elif kind == "content_block_start" and get(block, "type") in TOOL_USES:
        answer.call(get(piece, "index"), get(block, "id"), get(block, "name"), get(block, "input"))
    elif kind == "content_block_delta" and get(block, "type") == "input_json_delta":
        answer.call(get(piece, "index"), None, None, get(block, "partial_json"))
    elif kind in ("content_block_start", "content_block_delta"):
        answer.text(get(block, "text"))
        answer.thought(get(block, "thinking"))
    return True


def _add_langchain(answer: StreamedAnswer, piece: Any) -> bool:
    """Chunks of LangChain's messages."""
    if get(piece, "type") != "AIMessageChunk":
        return False
    content = get(piece, "content")
    for part in [content] if isinstance(content, str) else listed(content):
        answer.text(part if isinstance(part, str) else get(part, "text"))
    for call in listed(get(piece, "tool_call_chunks")):
        answer.call(get(call, "index"), get(call, "id"), get(call, "name"), get(call, "args"))
    answer.usage(usage_of_message(piece))
    answer.value("finish_reason", reason_of_message(piece))
    return True


def _add_ollama(answer: StreamedAnswer, piece: Any) -> bool:
    """Chunks of Ollama's chats."""
    message = get(piece, "message")
    if message is None or not isinstance(get(piece, "done"), bool):
        return False
    answer.text(get(message, "content"))
    answer.thought(get(message, "thinking"))
    for number, call in enumerate(listed(get(message, "tool_calls"))):
        function = get(call, "function")
        index = f"{len(answer._calls)}-{number}"
        answer.call(index, None, get(function, "name"), get(function, "arguments"))
    answer.value("model", get(piece, "model"))
    answer.value("finish_reason", get(piece, "done_reason"))
    if get(piece, "done"):
        counts = {"input_tokens": "prompt_eval_count", "output_tokens": "eval_count"}
        answer.usage({name: get(piece, given) for name, given in counts.items()})
    return True
