"""What really came over HTTP for a call of litellm, beside litellm's own reading of it.

litellm makes zeros of a usage that was not reported, ends every stream with `stop`, and reads
errors in a body of status 200 as answers. So each call is listened to: an answer in OpenAI's
format is read here as `provider: openai` reads it, and of the other formats what litellm loses is
looked up in the bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from functools import cache, partial
from importlib import import_module
from typing import Any

from pytest_arena.errors import ProviderError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.providers.chat_completions import AnswerStream, answer_from
from pytest_arena.providers.completion import Answer, lost, unreadable
from pytest_arena.providers.error_bodies import error_in
from pytest_arena.providers.error_mapping import http_failure
from pytest_arena.providers.event_stream import END, EventDecoder
from pytest_arena.providers.http_bounds import MOST_BYTES
from pytest_arena.providers.json_body import read_json
from pytest_arena.providers.litellm_losses import (
    GEMINI,
    check_content,
    restore,
    stopped_by_filter,
)
from pytest_arena.providers.litellm_usage import (
    may_be_broken,
    mended,
    mended_events,
    problem_in,
)
from pytest_arena.real_time import real_time

_USAGE = re.compile(
    rb'"(?:usage|usageMetadata|prompt_eval_count|eval_count|billed_units|tokenUsage|meta)"\s*:'
    rb"\s*(?!null)"
)
"""Where providers of other formats report their tokens."""
_REFUSAL = re.compile(rb'"stop_reason"\s*:\s*"refusal"')
_READ_HERE = ("/chat/completions", "/embeddings")
"""How the paths of OpenAI's format end."""
_LAST_EVENT = re.compile(rb"^data: ?\[DONE\]", re.MULTILINE)
_ENDS = (
    ("/v1/messages", re.compile(rb'message_stop|"stop_reason"\s*:\s*"')),
    (":streamGenerateContent", re.compile(rb'"finishReason"|"blockReason"')),
    ("/api/chat", re.compile(rb'"done"\s*:\s*true')),
    ("/api/generate", re.compile(rb'"done"\s*:\s*true')),
)
"""What the last events of a stream hold, by the end of its path."""


@dataclass(slots=True)
class Wire:
    """The last HTTP exchange of one call: what was asked of whom, and each part of the answer."""

    path: str = ""
    sent: bytes = b""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: list[tuple[float, bytes]] = field(default_factory=list)
    """Each with the time at which it came (`real_time.perf_counter`)."""
    ended: bool = False
    """Whether the answer came to its end, as far as HTTP can tell."""
    response: Any = None
    """The answer itself, of httpx, where its body was not read when it came."""
    most_bytes: int = MOST_BYTES
    """The most that an answer may have."""
    refused: ProviderError | None = None
    """Why an answer was given up that leads elsewhere, or has no end."""

    def refuse(self, error: ProviderError) -> None:
        """Remember why an answer was given up: litellm tells it as another failure."""
        self.refused = error

    @property
    def body(self) -> bytes:
        return b"".join(part for _, part in self.parts)

    def failure(self, secrets: Iterable[str]) -> ProviderError | None:
        """Return why the answer was given up, or the failure that its status tells of."""
        if self.refused is not None or self.status < 400:
            return self.refused
        words = self.body.decode("utf-8", "replace")
        return http_failure(self.status, words, self.headers, secrets)

    def answer(
        self, answer: Answer, started: float, body: bytes, *, streams: bool
    ) -> tuple[Answer, float | None]:
        """Read an answer of OpenAI's format; return it with the time of its first token in ms."""
        if not streams:
            return answer_from(read_json(body)), None
        stream = AnswerStream(answer)
        for at, part in self.parts:
            stream.feed(part, (at - started) * 1000)
            if stream.done:
                break
        return stream.end(), stream.first_token_ms

    def speaks_chat(self, tools: Any) -> bool:
        """Return whether the answer can be read in OpenAI's format, as the request was sent in it.

        Not where litellm asked for a tool that the request did not have, as it does for a provider
        without a JSON mode: only litellm knows how to read that answer.
        """
        if not self.path.endswith("/chat/completions"):
            return False
        return bool(tools) or b'"tools"' not in self.sent or not json.loads(self.sent).get("tools")

    def embeddings(self, received: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Return embeddings in OpenAI's format as they came, since litellm makes numbers of what
        is none; None where they came in another one.

        Where they do not count the tokens of the texts, what litellm made of their usage counts.
        """
        if not self.path.endswith("/embeddings") or not self.ended:
            return None
        body = read_json(self.body)
        if not isinstance(body, Mapping) or "data" not in body:
            return None
        usage = body.get("usage")
        if received is None or (isinstance(usage, Mapping) and "prompt_tokens" in usage):
            return body
        return {**body, "usage": received.get("usage")}

    async def read_on(self, stream: Any) -> None:
        """Hear the rest of an answer of OpenAI's format, which litellm offers as this stream.

        It is read past litellm, which gives up on some streams before their end.
        """
        try:
            if self.response is not None and not self.response.is_stream_consumed:
                async for _ in self.response.aiter_bytes():
                    if _LAST_EVENT.search(self.parts[-1][1]):
                        self.ended = True
                        break
            else:
                async for _ in stream:
                    pass
        finally:
            await stream.aclose()

    @property
    def reports_usage(self) -> bool:
        """Whether an answer of another format says anything of tokens; true where none was
        heard, since litellm is all there is to believe then."""
        return not self.parts or _USAGE.search(self.body) is not None

    @property
    def usage_problem(self) -> str | None:
        """Which counts of an answer of another format cannot be."""
        body = self.body
        return problem_in(_events(body)) if may_be_broken(body) else None

    @property
    def tells_refusal(self) -> bool:
        """Whether an answer of Anthropic's format ends as a refusal, which litellm takes for any
        filter's work."""
        return _REFUSAL.search(self.body) is not None

    def restore(self, answer: Answer) -> None:
        """Put back what litellm dropped of an answer of another format."""
        restore(answer, self.path, _events(self.body))

    def stopped_by_filter(self) -> Answer | None:
        """Return an answer that a filter stopped and litellm cannot read, or None."""
        return stopped_by_filter(self.path, _events(self.body))

    def check(self, *, streams: bool) -> None:
        """Raise the failure of an answer of another format that is an error, or a stream of one
        that ended too early."""
        body = self.body
        is_gemini = self.path.endswith(GEMINI)
        texts = _texts(body) if streams or is_gemini or b'"error"' in body else []
        events = list(_values(texts))
        for event in events:
            if error := error_in(event):
                raise error
        # a page of HTML and the like has none, and is told as what it is
        if events and streams and any(self.path.endswith(path) for path, _ in _ENDS):
            _check_events(texts, len(events), ended=self.ended)
        if is_gemini:
            check_content(events)
        for path, end in _ENDS if events and streams and self.ended else ():
            if self.path.endswith(path) and not end.search(body):
                raise lost("the stream ended before its last event")


_heard: ContextVar[Wire | None] = ContextVar("arena_wire", default=None)


@contextmanager
def listening(most_bytes: int = MOST_BYTES) -> Iterator[Wire]:
    """Listen to the call that is made inside, whose answers have a bound and stay at their host."""
    _listen()
    wire = Wire(most_bytes=most_bytes)
    token = _heard.set(wire)
    try:
        yield wire
    finally:
        _heard.reset(token)


@cache
def _listen() -> None:
    """Have httpx, by which litellm and its clients send, tell what came, once and for all.

    A call that nobody listens to goes its usual way.
    """
    httpx = import_module("httpx")
    bounds = import_module("pytest_arena.providers.httpx_bounds")
    send, sync_send = httpx.AsyncClient.send, httpx.Client.send

    async def heard(self: Any, request: Any, *, stream: bool = False, **options: Any) -> Any:
        wire = _heard.get()
        if wire is None:
            return await send(self, request, stream=stream, **options)
        response = await bounds.bounded_answer(
            partial(send, self), request, wire.most_bytes, wire.refuse, stream=stream, **options
        )
        await _hear(wire, response.request, response)
        return response

    def bounded(self: Any, request: Any, *, stream: bool = False, **options: Any) -> Any:
        wire = _heard.get()
        if wire is None:
            return sync_send(self, request, stream=stream, **options)
        return bounds.bounded_sync_answer(
            partial(sync_send, self),
            request,
            wire.most_bytes,
            wire.refuse,
            stream=stream,
            **options,
        )

    httpx.AsyncClient.send = heard
    httpx.Client.send = bounded


async def _hear(wire: Wire, request: Any, response: Any) -> None:
    wire.path, wire.status, wire.headers = request.url.path, response.status_code, response.headers
    try:
        wire.sent = request.content
    except RuntimeError:
        # a body that is itself a stream, as no request for an answer is
        wire.sent = b""
    wire.parts.clear()
    wire.ended, wire.response = response.is_closed, None
    to_mend = not wire.path.endswith(_READ_HERE)
    if response.is_closed:
        wire.parts.append((real_time.perf_counter(), response.content))
        if to_mend and may_be_broken(response.content) and (body := mended(response.content)):
            # what httpx keeps of an answer that was read, and litellm reads
            response._content = body
        return
    wire.response = response
    read = response.aiter_bytes

    async def listened(chunk_size: int | None = None) -> AsyncIterator[bytes]:
        async for part in read(chunk_size):
            wire.parts.append((real_time.perf_counter(), part))
            yield mended_events(part) if to_mend and may_be_broken(part) else part
        wire.ended = True

    response.aiter_bytes = listened


def _events(body: bytes) -> Iterator[Any]:
    """Yield the JSON values of a body: a whole one, server-sent events, or one in each line."""
    return _values(_texts(body))


def _values(texts: Sequence[str]) -> Iterator[Any]:
    for text in texts:
        try:
            yield read_json(text)
        except (ValueError, RecursionError):
            continue


def _texts(body: bytes) -> list[str]:
    """Return what should be JSON in a body; the last is what no line end or blank line closed."""
    decoder = EventDecoder()
    texts = [*decoder.feed(body), decoder.end()]
    if any(texts):
        return texts
    whole = body.decode("utf-8", "replace")
    try:
        read_json(whole)
    except (ValueError, RecursionError):
        return whole.split("\n")
    return [whole]


def _check_events(texts: Sequence[str], read: int, *, ended: bool) -> None:
    """Raise the error of a stream with an event that is no JSON: litellm takes some for its end.

    `read` is how many are.
    """
    if read == sum(text.strip() not in ("", END) for text in texts):
        return
    *whole, rest = texts
    for text in whole:
        if _is_broken(text):
            raise unreadable(f"a chunk is no JSON: {shorten(text, 80)}")
    if ended and _is_broken(rest):
        raise lost("the stream ended within a chunk")


def _is_broken(text: str) -> bool:
    if not text.strip() or text.strip() == END:
        return False
    try:
        read_json(text)
    except json.JSONDecodeError:
        return True
    except (ValueError, RecursionError):
        # it has an error of its own
        return False
    return False
