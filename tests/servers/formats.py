"""The wire formats of four providers: bodies of answers, streams and errors, as they send them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any, Literal

Fault = Literal["hang", "close", "garbage", "no_choices", "cut"]
ErrorName = Literal[
    "authentication",
    "rate_limit",
    "context_length",
    "content_filter",
    "bad_request",
    "not_found",
    "server",
    "overloaded",
]


@dataclass(frozen=True)
class Reply:
    """How the server answers one request; times are in seconds."""

    text: str = "ok"
    latency_s: float = 0.0
    chunk_pause_s: float = 0.0
    fault: Fault | None = None
    error: ErrorName | None = None
    status: int | None = None
    retry_after: str | None = None
    thoughts: str = ""
    """What it thinks before it answers or calls, signed where the format signs thoughts."""
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    """Tools that are called, each by its name with its arguments; `text` stands beside them."""
    finish_reason: str | None = None
    input_tokens: int = 11
    output_tokens: int = 7
    cached_tokens: int = 0
    times: int | None = None
    """Answer like this the first n times that the prompt comes, then plainly."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """What is sent as it stands, in no format's form."""
    body_type: str = "application/json"
    missing: int = 0
    """How many bytes of `body` are promised and never sent."""


SIGNATURE = "c2lnbmF0dXJl"
"""Under thoughts; base64, as Gemini's are."""


def json_bytes(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


class OpenAIFormat:
    """Speak chat completions (`/v1/chat/completions`)."""

    content_type = "text/event-stream"

    def answer(self, reply: Reply, request: dict[str, Any], key: str) -> bytes:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text}
        if reply.thoughts:
            message["reasoning_content"] = reply.thoughts
        if reply.tools:
            message["content"] = reply.text or None
            message["tool_calls"] = [
                {
                    "id": f"call_{number}",
                    "type": "function",
                    "function": {"name": name, "arguments": json.dumps(arguments)},
                }
                for number, (name, arguments) in enumerate(reply.tools, 1)
            ]
        choices = [{"index": 0, "message": message, "finish_reason": self._finish(reply)}]
        if reply.fault == "no_choices":
            choices = []
        return json_bytes(
            {**self._head(request, "chat.completion"), "choices": choices, "usage": _usage(reply)}
        )

    def stream(self, reply: Reply, request: dict[str, Any]) -> Iterator[bytes]:
        head = self._head(request, "chat.completion.chunk")

        def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return _sse({**head, "choices": [choice]})

        yield event({"role": "assistant", "content": ""})
        for part in _halves(reply.thoughts) if reply.thoughts else ():
            yield event({"reasoning_content": part})
        for part in _said(reply):
            yield event({"content": part})
        for index, (name, arguments) in enumerate(reply.tools):
            call = {"index": index, "id": f"call_{index + 1}", "type": "function"}
            yield event({"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]})
            for part in _halves(json.dumps(arguments)):
                yield event({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
        yield event({}, self._finish(reply))
        if (request.get("stream_options") or {}).get("include_usage"):
            yield _sse({**head, "choices": [], "usage": _usage(reply)})
        yield b"data: [DONE]\n\n"

    def error(self, reply: Reply, key: str) -> tuple[int, bytes]:
        status, kind, code, text = {
            "authentication": (
                401,
                "invalid_request_error",
                "invalid_api_key",
                f"Incorrect API key provided: {key}. You can find your API key in your account.",
            ),
            "rate_limit": (429, "requests", "rate_limit_exceeded", "Rate limit reached for model."),
            "context_length": (
                400,
                "invalid_request_error",
                "context_length_exceeded",
                "This model's maximum context length is 128000 tokens. However, your messages "
                "resulted in 200001 tokens. Please reduce the length of the messages.",
            ),
            "content_filter": (
                400,
                "invalid_request_error",
                "content_filter",
                "The response was filtered due to the prompt triggering the content management "
                "policy. Please modify your prompt and retry.",
            ),
            "bad_request": (
                400,
                "invalid_request_error",
                "invalid_value",
                "Invalid value for 'temperature': must be at most 2.",
            ),
            "not_found": (
                404,
                "invalid_request_error",
                "model_not_found",
                "The model `nope` does not exist or you do not have access to it.",
            ),
            "server": (500, "server_error", None, "The server had an error."),
            "overloaded": (503, "server_error", None, "The engine is currently overloaded."),
        }[reply.error or "server"]
        body = {"error": {"message": text, "type": kind, "param": None, "code": code}}
        return status, json_bytes(body)

    def _head(self, request: dict[str, Any], kind: str) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": kind,
            "created": int(time.time()),
            "model": request.get("model", ""),
        }

    def _finish(self, reply: Reply) -> str:
        return reply.finish_reason or ("tool_calls" if reply.tools else "stop")


class AnthropicFormat:
    """Speak messages (`/v1/messages`)."""

    content_type = "text/event-stream"

    def answer(self, reply: Reply, request: dict[str, Any], key: str) -> bytes:
        if reply.fault == "no_choices":
            return json_bytes({"type": "message"})
        content: list[dict[str, Any]] = []
        if reply.thoughts:
            thinking = {"type": "thinking", "thinking": reply.thoughts}
            content.append({**thinking, "signature": SIGNATURE})
        content += [{"type": "text", "text": reply.text}] if reply.text else []
        content += [
            {"type": "tool_use", "id": f"call_{number}", "name": name, "input": arguments}
            for number, (name, arguments) in enumerate(reply.tools, 1)
        ]
        body = self._message(request, reply)
        return json_bytes({**body, "content": content, "stop_reason": self._finish(reply)})

    def stream(self, reply: Reply, request: dict[str, Any]) -> Iterator[bytes]:
        def event(kind: str, body: dict[str, Any]) -> bytes:
            return f"event: {kind}\n".encode() + _sse({"type": kind, **body})

        yield event("message_start", {"message": self._message(request, reply)})
        for index, (block, deltas) in enumerate(self._blocks(reply)):
            yield event("content_block_start", {"index": index, "content_block": block})
            for delta in deltas:
                yield event("content_block_delta", {"index": index, "delta": delta})
            yield event("content_block_stop", {"index": index})
        yield event(
            "message_delta",
            {
                "delta": {"stop_reason": self._finish(reply), "stop_sequence": None},
                "usage": {"output_tokens": reply.output_tokens},
            },
        )
        yield event("message_stop", {})

    def error(self, reply: Reply, key: str) -> tuple[int, bytes]:
        status, kind, text = {
            "authentication": (401, "authentication_error", f"invalid x-api-key {key}"),
            "rate_limit": (429, "rate_limit_error", "This request would exceed your rate limit."),
            "context_length": (
                400,
                "invalid_request_error",
                "prompt is too long: 210000 tokens > 200000 maximum",
            ),
            "content_filter": (
                400,
                "invalid_request_error",
                "Output blocked by content filtering policy",
            ),
            "bad_request": (400, "invalid_request_error", "temperature: range: 0..1"),
            "not_found": (404, "not_found_error", "model: nope"),
            "server": (500, "api_error", "Internal server error"),
            "overloaded": (529, "overloaded_error", "Overloaded"),
        }[reply.error or "server"]
        return status, json_bytes({"type": "error", "error": {"type": kind, "message": text}})

    def _blocks(self, reply: Reply) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        if reply.thoughts:
            parts = [
                {"type": "thinking_delta", "thinking": part} for part in _halves(reply.thoughts)
            ]
            signed = {"type": "signature_delta", "signature": SIGNATURE}
            yield {"type": "thinking", "thinking": "", "signature": ""}, [*parts, signed]
        if reply.text or not reply.tools:
            deltas = [{"type": "text_delta", "text": part} for part in _halves(reply.text)]
            yield {"type": "text", "text": ""}, deltas
        for number, (name, arguments) in enumerate(reply.tools, 1):
            block = {"type": "tool_use", "id": f"call_{number}", "name": name, "input": {}}
            parts = _halves(json.dumps(arguments))
            yield block, [{"type": "input_json_delta", "partial_json": part} for part in parts]

    def _message(self, request: dict[str, Any], reply: Reply) -> dict[str, Any]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": request.get("model", ""),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": reply.input_tokens - reply.cached_tokens,
                "cache_read_input_tokens": reply.cached_tokens,
                "cache_creation_input_tokens": 0,
                "output_tokens": reply.output_tokens,
            },
        }

    def _finish(self, reply: Reply) -> str:
        given = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
        if reply.finish_reason:
            return given.get(reply.finish_reason, reply.finish_reason)
        return "tool_use" if reply.tools else "end_turn"


class GeminiFormat:
    """Speak `generateContent` and `streamGenerateContent`."""

    content_type = "text/event-stream"

    def answer(self, reply: Reply, request: dict[str, Any], key: str) -> bytes:
        if reply.fault == "no_choices":
            return json_bytes({"modelVersion": "gemini", "usageMetadata": self._usage(reply)})
        return json_bytes(self._body(reply, [*_texts(reply.text), *self._calls(reply)], last=True))

    def stream(self, reply: Reply, request: dict[str, Any]) -> Iterator[bytes]:
        chunks = [_texts(part) for part in _said(reply)]
        chunks += [[call] for call in self._calls(reply)]
        for number, parts in enumerate(chunks, 1):
            yield _sse(self._body(reply, parts, last=number == len(chunks)))

    def error(self, reply: Reply, key: str) -> tuple[int, bytes]:
        status, kind, text = {
            "authentication": (
                400,
                "INVALID_ARGUMENT",
                f"API key not valid. Please pass a valid API key. {key}",
            ),
            "rate_limit": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota."),
            "context_length": (
                400,
                "INVALID_ARGUMENT",
                "The input token count (1200000) exceeds the maximum number of tokens allowed "
                "(1048576).",
            ),
            "content_filter": (
                400,
                "INVALID_ARGUMENT",
                "The prompt was blocked by content filtering: PROHIBITED_CONTENT",
            ),
            "bad_request": (400, "INVALID_ARGUMENT", "Invalid value at 'temperature'."),
            "not_found": (404, "NOT_FOUND", "models/nope is not found for API version v1beta."),
            "server": (500, "INTERNAL", "An internal error has occurred."),
            "overloaded": (503, "UNAVAILABLE", "The model is overloaded."),
        }[reply.error or "server"]
        body: dict[str, Any] = {"code": status, "message": text, "status": kind}
        if reply.error == "authentication":
            body["details"] = [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
        return status, json_bytes({"error": body})

    def _calls(self, reply: Reply) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = [
            {"functionCall": {"name": name, "args": given}} for name, given in reply.tools
        ]
        if reply.thoughts and calls:
            # of calls side by side, the first is signed
            calls[0]["thoughtSignature"] = SIGNATURE
        return calls

    def _body(self, reply: Reply, parts: list[dict[str, Any]], *, last: bool) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if last:
            reasons = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}
            candidate["finishReason"] = reasons.get(reply.finish_reason or "", "STOP")
        return {
            "candidates": [candidate],
            "usageMetadata": self._usage(reply),
            "modelVersion": "gemini",
        }

    def _usage(self, reply: Reply) -> dict[str, int]:
        usage = {
            "promptTokenCount": reply.input_tokens,
            "candidatesTokenCount": reply.output_tokens,
            "totalTokenCount": reply.input_tokens + reply.output_tokens,
        }
        if reply.cached_tokens:
            usage["cachedContentTokenCount"] = reply.cached_tokens
        return usage


class OllamaFormat:
    """Speak `/api/chat` and `/api/generate`, whose streams are lines of JSON."""

    content_type = "application/x-ndjson"

    def __init__(self, chat: bool) -> None:
        self.chat = chat

    def answer(self, reply: Reply, request: dict[str, Any], key: str) -> bytes:
        if reply.fault == "no_choices":
            return json_bytes({"model": request.get("model", "")})
        return json_bytes({**self._part(reply.text, reply.tools, request), **self._end(reply)})

    def stream(self, reply: Reply, request: dict[str, Any]) -> Iterator[bytes]:
        parts = [self._part(text, (), request) for text in _said(reply)]
        parts += [self._part("", (call,), request) for call in reply.tools]
        for part in parts:
            yield json_bytes({**part, "done": False}) + b"\n"
        empty = self._part("", (), request)
        yield json_bytes({**empty, **self._end(reply)}) + b"\n"

    def error(self, reply: Reply, key: str) -> tuple[int, bytes]:
        status, text = {
            "authentication": (401, f"unauthorized {key}"),
            "rate_limit": (429, "too many requests"),
            "context_length": (400, "the input length exceeds the context length"),
            "content_filter": (400, "blocked by content filter"),
            "bad_request": (400, "invalid options: temperature"),
            "not_found": (404, "model 'nope' not found"),
            "server": (500, "llama runner process has terminated"),
            "overloaded": (
                503,
                "server busy, please try again.  maximum pending requests exceeded",
            ),
        }[reply.error or "server"]
        return status, json_bytes({"error": text})

    def _part(
        self, text: str, tools: tuple[tuple[str, dict[str, Any]], ...], request: dict[str, Any]
    ) -> dict[str, Any]:
        head = {"model": request.get("model", ""), "created_at": "2025-01-01T00:00:00Z"}
        if not self.chat:
            for name, arguments in tools:
                text += json.dumps({"name": name, "arguments": arguments})
            return {**head, "response": text}
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if tools:
            message["tool_calls"] = [
                {"function": {"name": name, "arguments": arguments}} for name, arguments in tools
            ]
        return {**head, "message": message}

    def _end(self, reply: Reply) -> dict[str, Any]:
        return {
            "done": True,
            "done_reason": reply.finish_reason or "stop",
            "prompt_eval_count": reply.input_tokens,
            "eval_count": reply.output_tokens,
        }


Format = OpenAIFormat | AnthropicFormat | GeminiFormat | OllamaFormat


class EmbeddingsFormat(OpenAIFormat):
    """Speak embeddings (`/v1/embeddings`): a text's vector counts its letters from a to z."""

    def answer(self, reply: Reply, request: dict[str, Any], key: str) -> bytes:
        texts = request["input"]
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": [text.lower().count(letter) for letter in ascii_lowercase],
            }
            for index, text in enumerate(texts)
        ]
        if reply.fault == "no_choices":
            data = data[:1]
        usage = {"prompt_tokens": reply.input_tokens, "total_tokens": reply.input_tokens}
        # the order is not promised: each entry tells its index
        return json_bytes(
            {"object": "list", "data": data[::-1], "model": request["model"], "usage": usage}
        )


def format_of(path: str) -> tuple[Format, bool] | None:
    """Return the format that a path belongs to, and whether the path itself asks to stream."""
    path, _, _query = path.partition("?")
    if path.endswith("/chat/completions"):
        return OpenAIFormat(), False
    if path.endswith("/embeddings"):
        return EmbeddingsFormat(), False
    if path.endswith("/messages"):
        return AnthropicFormat(), False
    if path.endswith("/api/chat"):
        return OllamaFormat(chat=True), False
    if path.endswith("/api/generate"):
        return OllamaFormat(chat=False), False
    if path.endswith(":generateContent"):
        return GeminiFormat(), False
    if path.endswith(":streamGenerateContent"):
        return GeminiFormat(), True
    return None


def last_user_text(body: dict[str, Any]) -> str:
    """Return the last user text of a request in any of the formats."""
    if isinstance(body.get("input"), list):
        return str(body["input"][-1])
    if isinstance(body.get("prompt"), str):
        return str(body["prompt"])
    for message in reversed(body.get("messages") or body.get("contents") or []):
        if message.get("role", "user") == "user":
            content = message.get("content", message.get("parts", ""))
            if isinstance(content, str):
                return content
            return "".join(part.get("text", "") for part in content)
    return ""


def _usage(reply: Reply) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
    }


def _sse(body: Any) -> bytes:
    return b"data: " + json_bytes(body) + b"\n\n"


def _said(reply: Reply) -> Iterator[str]:
    """Yield the text in two parts; none where only tools are called."""
    return _halves(reply.text) if reply.text or not reply.tools else iter(())


def _texts(text: str) -> list[dict[str, Any]]:
    return [{"text": text}] if text else []


def _halves(text: str) -> Iterator[str]:
    middle = len(text) // 2
    for part in (text[:middle], text[middle:]):
        if part or not text:
            yield part
