"""All providers that litellm can reach."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from pytest_arena.errors import ErrorKind, Problem, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.completion import Answer, CallParts, text_of, unreadable
from pytest_arena.providers.credentials import NO_KEY, Access
from pytest_arena.providers.embeddings import texts_of, vectors_answer
from pytest_arena.providers.error_mapping import exception_failure
from pytest_arena.providers.litellm_import import (
    close_clients,
    key_variables,
    knows_mcp_switch,
    load_litellm,
    new_log,
    prime_litellm,
    takes_response_format,
    takes_user,
)
from pytest_arena.providers.prices import Price, Usage, load_prices, price_of
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema.provider import ProviderSpec

_REFUSED = frozenset(
    {
        "mock_response",
        "mock_tool_calls",
        "mock_delay",
        "mock_timeout",
        "fallbacks",
        "context_window_fallback_dict",
        "model_list",
        "caching",
        "cache",
    }
)
"""Parameters with which litellm would answer by itself, or by another model."""


_TELL_FILTER = frozenset(
    {"openai", "azure", "azure_ai", "bedrock", "gemini", "vertex_ai", "anthropic"}
)
"""Providers with a content filter whose stop litellm hands on as `content_filter`."""


class LiteLLMProvider(Provider):
    """Call a provider through litellm, with its retries, caches, callbacks and logs off."""

    type = "litellm"

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        self._starting = asyncio.Lock()
        self._access: Access | None = None
        self._settings: dict[str, Any] = {}
        self._prices: dict[str | None, Price | None] = {}

    @property
    def _model(self) -> str:
        """The model as litellm wants it; `litellm` as provider only names this class."""
        if self.spec.provider == self.type:
            return self.spec.full_model.partition("/")[2]
        return self.spec.full_model

    @classmethod
    def warm_up(cls) -> None:
        prime_litellm()
        load_prices()

    async def start(self) -> None:
        await self._ready()

    async def complete(self, request: Request) -> Response:
        access = await self._ready()
        arguments = self._arguments(request, access)
        litellm = load_litellm()
        started = time.perf_counter()
        try:
            received = await litellm.acompletion(**arguments)
            if request.stream:
                return await self._stream(received, started)
            latency_ms = _since(started)
            answer = _answer(received)
            answer.tells_filter = self._tells_filter()
            answer.hear(_headers(received))
            return self._priced(answer, answer.response(latency_ms=latency_ms))
        except Exception as error:  # noqa: BLE001  # every failure of litellm gets its kind
            # `from None`: its exceptions hold the request, and with it the key.
            raise exception_failure(error, access.secrets) from None

    async def embed(self, request: Request) -> Response:
        access = await self._ready()
        texts = texts_of(request)
        arguments: dict[str, Any] = {
            **access.params(request.params),
            **self._settings,
            "model": self._model,
            "input": texts,
            "timeout": request.timeout_s + 5,
            "num_retries": 0,
            "max_retries": 0,
        }
        litellm = load_litellm()
        started = time.perf_counter()
        try:
            received = await litellm.aembedding(**arguments)
            latency_ms = _since(started)
            answer = vectors_answer(received.model_dump(), len(texts))
            return self._priced(answer, answer.response(latency_ms=latency_ms))
        except Exception as error:  # noqa: BLE001  # every failure of litellm gets its kind
            raise exception_failure(error, access.secrets) from None

    async def close(self) -> None:
        """Close the connections that litellm keeps for the whole process."""
        if self._access is None:
            return
        await close_clients()

    async def _stream(self, stream: Any, started: float) -> Response:
        answer = Answer(tells_filter=self._tells_filter())
        answer.hear(_headers(stream))
        first_token_ms: float | None = None
        try:
            async for chunk in stream:
                if _add_chunk(answer, chunk) and first_token_ms is None:
                    first_token_ms = _since(started)
        finally:
            await stream.aclose()
        latency_ms = _since(started)
        # litellm ends every stream with `stop`, even one that was no stream of answers at all.
        if first_token_ms is None and answer.usage is None:
            raise unreadable("the stream held no answer")
        response = answer.response(latency_ms=latency_ms, first_token_ms=first_token_ms)
        return self._priced(answer, response)

    async def _ready(self) -> Access:
        async with self._starting:
            if self._access is None:
                access = Access(self.spec, self.environment)
                # Importing takes seconds, unless `warm_up` has done it.
                await asyncio.to_thread(self.warm_up)
                self._settings = self._connection(access)
                self._access = access
            return self._access

    def _connection(self, access: Access) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        if access.api_base:
            settings["api_base"] = access.api_base
        if access.headers:
            settings["extra_headers"] = access.headers
        key = self._key(access)
        if key:
            settings["api_key"] = key
        return settings

    def _key(self, access: Access) -> str | None:
        key = access.key_named_in_file()
        if key or access.has_key_header:
            return key
        missing = key_variables(self._model, access.api_base)
        for name in missing:
            key = access.variable(name)
            if key:
                return key
        if missing:
            if access.on_loopback:
                return NO_KEY
            raise access.missing_key(missing[0])
        # litellm finds the key itself; it must be known all the same, to be kept out of messages.
        for name, value in access.environment.variables.items():
            if name.endswith(("_API_KEY", "_API_TOKEN")) and value:
                access.variable(name)
        return None

    def _arguments(self, request: Request, access: Access) -> dict[str, Any]:
        params = access.params(request.params)
        for name in sorted(_REFUSED & set(params)):
            problem = Problem(
                f"provider {self.spec.name!r} cannot have the parameter {name!r}",
                self.spec.place,
                expected="parameters of the model: temperature, max_tokens, seed, …",
                fix=f"remove {name!r} from params",
            )
            raise ProviderError(ErrorKind.CONFIGURATION, str(problem))
        headers = {**self._settings.get("extra_headers", {}), **params.pop("extra_headers", {})}
        arguments: dict[str, Any] = {
            **params,
            **self._settings,
            "model": self._model,
            "messages": request.messages,
            "stream": request.stream,
            # The engine's own timeout comes first; this one ends what it could not reach.
            "timeout": request.timeout_s + 5,
            "num_retries": 0,
            "max_retries": 0,
        }
        if headers:
            arguments["extra_headers"] = headers
        if request.stream:
            arguments.setdefault("stream_options", {"include_usage": True})
        if request.session_id is not None and takes_user(self._model):
            arguments.setdefault("user", request.session_id)
        if request.tools:
            arguments["tools"] = request.tools
            if knows_mcp_switch():
                # Its MCP gateway, for which it would import a package that nobody needs here.
                arguments["_skip_mcp_handler"] = True
        if request.json_only and takes_response_format(self._model):
            arguments.setdefault("response_format", {"type": "json_object"})
        quiet = new_log(self._model, request)
        if quiet is not None:
            arguments["litellm_call_id"] = quiet.litellm_call_id
            arguments["litellm_logging_obj"] = quiet
        return arguments

    def _tells_filter(self) -> bool:
        return self._model.partition("/")[0] in _TELL_FILTER

    def _priced(self, answer: Answer, response: Response) -> Response:
        model = answer.model
        if model not in self._prices:
            provider = self._model.partition("/")[0]
            further = [self._model, *([f"{provider}/{model}"] if model else ())]
            self._prices[model] = price_of(self.spec, further)
        return answer.priced(response, self._prices[model])


def _answer(received: Any) -> Answer:
    choices = received.choices
    if not choices:
        raise unreadable("it holds no choices")
    message = choices[0].message
    answer = Answer(
        texts=[text_of(message.content)],
        finish_reason=choices[0].finish_reason,
        usage=_usage(getattr(received, "usage", None)),
        model=received.model,
    )
    for index, call in enumerate(message.tool_calls or ()):
        answer.calls[index] = CallParts(
            call.id or "", call.function.name or "", call.function.arguments or ""
        )
    return answer


def _add_chunk(answer: Answer, chunk: Any) -> bool:
    answer.model = chunk.model or answer.model
    answer.usage = _usage(getattr(chunk, "usage", None)) or answer.usage
    if not chunk.choices or chunk.choices[0].index:
        return False
    choice = chunk.choices[0]
    answer.finish_reason = choice.finish_reason or answer.finish_reason
    text = text_of(choice.delta.content)
    if text:
        answer.texts.append(text)
    calls = choice.delta.tool_calls or ()
    for call in calls:
        parts = answer.calls.setdefault(call.index, CallParts())
        parts.id = call.id or parts.id
        parts.name += call.function.name or ""
        parts.arguments += call.function.arguments or ""
    return bool(text or calls)


def _headers(received: Any) -> Mapping[str, str]:
    """Return the headers of an answer, as litellm hands them on."""
    hidden = getattr(received, "_hidden_params", None) or {}
    headers = hidden.get("additional_headers") if isinstance(hidden, Mapping) else None
    return headers if isinstance(headers, Mapping) else {}


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    of_input = getattr(usage, "prompt_tokens_details", None)
    of_output = getattr(usage, "completion_tokens_details", None)
    return Usage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cached_tokens=getattr(of_input, "cached_tokens", None) or 0,
        cache_write_tokens=getattr(of_input, "cache_creation_tokens", None) or 0,
        reasoning_tokens=getattr(of_output, "reasoning_tokens", None) or 0,
    )


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
