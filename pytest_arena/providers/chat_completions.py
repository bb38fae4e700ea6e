"""The answers of OpenAI's chat completions, whole and as chunks of a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.providers.completion import Answer, lost, unreadable
from pytest_arena.providers.error_bodies import error_in
from pytest_arena.providers.event_stream import END, EventDecoder
from pytest_arena.providers.json_body import read_json
from pytest_arena.providers.message_content import add_message, is_message
from pytest_arena.providers.usage import usage_from


def answer_from(body: Any) -> Answer:
    """Read a chat completion; an error in its place, and one without choices, is a
    `ProviderError`."""
    if error := error_in(body):
        raise error
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or not choices:
        raise unreadable(f"it holds no choices: {shorten(json.dumps(body), 80)}")
    choice = _first(choices)
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict) or not is_message(message):
        raise unreadable(f"its choice holds no message: {shorten(json.dumps(choice), 80)}")
    answer = Answer(
        usage=usage_from(body.get("usage")),
        model=_name(body.get("model")),
        system_fingerprint=_name(body.get("system_fingerprint")),
    )
    _add_filter(answer, body, choice)
    answer.finish(choice.get("finish_reason"))
    add_message(answer, message)
    for call in _calls(message):
        answer.add_call(call, whole=True)
    return answer


class AnswerStream:
    """A chat completion that comes as server-sent events.

    A stream has ended where a finish reason or `[DONE]` has come; without them the connection was
    lost, however politely it was closed.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.first_token_ms: float | None = None
        self.done = False
        self._decoder = EventDecoder()
        self._chunks = 0
        self._start: list[bytes] = []
        """What has come before the first event: all of it, where there never is one."""

    def feed(self, part: bytes, at_ms: float) -> None:
        """Take the next bytes; a failure that they tell of is a `ProviderError`."""
        if not self._chunks:
            self._start.append(part)
        for data in self._decoder.feed(part):
            self._take(data, at_ms)
            if self.done:
                return

    def end(self) -> Answer:
        """Return the answer, when no more bytes come."""
        if not self.done and (data := self._decoder.end()):
            try:
                self._take(data, None)
            except json.JSONDecodeError:
                raise lost("the stream ended within a chunk") from None
        if not self._chunks and not self.done:
            return self._unstreamed()
        if self.answer.finish_reason is None and not self.done:
            raise lost("the stream ended without a finish reason and without [DONE]")
        if not self._chunks:
            raise unreadable("the stream held no answer")
        return self.answer

    def _take(self, data: str, at_ms: float | None) -> None:
        if data.strip() == END:
            self.done = True
            return
        chunk = read_json(data)
        if error := error_in(chunk):
            raise error
        if isinstance(chunk, dict):
            self._chunks += 1
            _add_chunk(self.answer, chunk)
            if self.first_token_ms is None and self.answer.has_begun:
                self.first_token_ms = at_ms

    def _unstreamed(self) -> Answer:
        """Read an answer that came whole, though a stream was asked for."""
        start = b"".join(self._start)
        if not start.strip():
            raise lost("the stream ended before it held anything")
        answer = answer_from(read_json(start))
        answer.tells_filter = answer.tells_filter or self.answer.tells_filter
        answer.allowance = self.answer.allowance
        return answer


def _add_chunk(answer: Answer, chunk: Mapping[str, Any]) -> None:
    answer.model = _name(chunk.get("model")) or answer.model
    fingerprint = _name(chunk.get("system_fingerprint"))
    answer.system_fingerprint = fingerprint or answer.system_fingerprint
    answer.usage = usage_from(chunk.get("usage")) or answer.usage
    choices = chunk.get("choices")
    choice = _first(choices) if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or choice.get("index"):
        return
    _add_filter(answer, chunk, choice)
    answer.finish(choice.get("finish_reason"))
    delta = choice.get("delta")
    if not delta and not answer.has_begun:
        # a server that has only one chunk to send, and sends it as a whole answer
        delta = choice.get("message")
    if not isinstance(delta, dict):
        return
    add_message(answer, delta)
    for call in _calls(delta):
        answer.add_call(call, whole=False)


def _first(choices: list[Any]) -> Any:
    """Return the choice of number 0, wherever it stands; else the first."""
    numbered = (one for one in choices if isinstance(one, dict) and one.get("index") == 0)
    return next(numbered, choices[0])


def _calls(message: Mapping[str, Any]) -> list[Any]:
    """Return the tool calls of a message; a `function_call` is one in its older form."""
    calls = message.get("tool_calls")
    if calls:
        return calls if isinstance(calls, list) else [calls]
    older = message.get("function_call")
    return [{"index": 0, "function": older}] if older else []


def _add_filter(answer: Answer, body: Mapping[str, Any], choice: Mapping[str, Any]) -> None:
    """Add the findings of a content filter, as Azure's answers bring them; it may say instead that
    it could not run."""
    results = choice.get("content_filter_results")
    found = list(results.values()) if isinstance(results, dict) else []
    told = [one["filtered"] for one in found if isinstance(one, dict) and "filtered" in one]
    of_the_prompt = not found and bool(body.get("prompt_filter_results"))
    answer.tells_filter = answer.tells_filter or bool(told) or of_the_prompt
    answer.was_filtered = answer.was_filtered or True in told


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
