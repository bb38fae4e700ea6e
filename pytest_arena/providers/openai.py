"""OpenAI and endpoints that speak its chat completions, through the official client."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import shorten
from pytest_arena.providers.access import NO_KEY, Access
from pytest_arena.providers.answers import Answer, CallParts, text_of, unreadable, usage_from
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.errors import exception_failure
from pytest_arena.providers.prices import Price, load_prices, price_of
from pytest_arena.results.exchange import Request, Response
from pytest_arena.schema.provider import ProviderSpec

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_PATH = "/chat/completions"
_CONNECTIONS = 4096
"""Far above any limit of the engine, whose business limits are."""
_NEW_TOKEN_LIMIT = re.compile(r"(o\d|gpt-5)(?![a-z])")
"""Models that refuse `max_tokens` and want `max_completion_tokens`."""


class OpenAIProvider(Provider):
    """Call chat completions of OpenAI, or of any endpoint that speaks its format (`api_base`).

    Every parameter goes into the request's body as it is, so that one which only this endpoint
    knows is sent as well. A key is needed for OpenAI itself; an endpoint named by `api_base` is
    called without one where none is set.
    """

    type = "openai"
    aliases = ("openai_compatible", "openai-compatible", "custom_openai")

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        prefix, slash, model = spec.full_model.partition("/")
        self._model = model if slash else prefix
        self._client: AsyncOpenAI | None = None
        self._access: Access | None = None
        self._starting = asyncio.Lock()
        self._prices: dict[str | None, Price | None] = {}

    @classmethod
    def warm_up(cls) -> None:
        for name in ("openai", "httpx_aiohttp", "openai.resources.chat.completions"):
            import_module(name)
        load_prices()

    async def start(self) -> None:
        await self._ready()

    async def complete(self, request: Request) -> Response:
        import httpx

        client, access = await self._ready()
        body, headers = self._body(request, access)
        started = time.perf_counter()
        try:
            if request.stream:
                return await self._stream(client, body, headers, started)
            # The raw answer: building the client's own models doubles the cost of a call.
            received = await client.post(
                _PATH, cast_to=httpx.Response, body=body, options={"headers": headers}
            )
            latency_ms = _since(started)
            answer = answer_from(json.loads(received.content))
            return self._priced(answer, answer.response(latency_ms=latency_ms))
        except Exception as error:  # noqa: BLE001  # every failure of the client gets its kind
            # `from None`: the client's exceptions hold the request, and with it the key.
            raise exception_failure(error, access.secrets) from None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _stream(
        self, client: AsyncOpenAI, body: dict[str, Any], headers: dict[str, str], started: float
    ) -> Response:
        from openai import AsyncStream

        body["stream"] = True
        body.setdefault("stream_options", {"include_usage": True})
        answer = Answer()
        first_token_ms: float | None = None
        chunks = 0
        async with await client.post(
            _PATH,
            cast_to=object,
            body=body,
            options={"headers": headers},
            stream=True,
            stream_cls=AsyncStream[object],
        ) as stream:
            async for chunk in stream:
                chunks += 1
                if add_chunk(answer, chunk) and first_token_ms is None:
                    first_token_ms = _since(started)
        latency_ms = _since(started)
        if not chunks:
            raise unreadable("the stream held no answer")
        response = answer.response(latency_ms=latency_ms, first_token_ms=first_token_ms)
        return self._priced(answer, response)

    async def _ready(self) -> tuple[AsyncOpenAI, Access]:
        async with self._starting:
            if self._client is None or self._access is None:
                self._access = access = Access(self.spec, self.environment)
                key = self._key(access)
                # Imports and certificates take tens of milliseconds: not on the loop.
                self._client = await asyncio.to_thread(_new_client, access, key)
            return self._client, self._access

    def _key(self, access: Access) -> str:
        key = access.key_named_in_file() or access.variable("OPENAI_API_KEY")
        if key:
            return key
        if access.api_base or access.has_key_header:
            return NO_KEY
        raise access.missing_key("OPENAI_API_KEY")

    def _body(self, request: Request, access: Access) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the request's body, and the headers that its params ask for."""
        params = access.params(request.params)
        headers = {name: str(text) for name, text in params.pop("extra_headers", {}).items()}
        params.update(params.pop("extra_body", {}))
        if (
            "max_tokens" in params
            and "max_completion_tokens" not in params
            and _NEW_TOKEN_LIMIT.match(self._model)
        ):
            params["max_completion_tokens"] = params.pop("max_tokens")
        if request.session_id is not None:
            params.setdefault("user", request.session_id)
        if request.tools:
            params["tools"] = request.tools
        params.pop("stream", None)
        return {**params, "model": self._model, "messages": request.messages}, headers

    def _priced(self, answer: Answer, response: Response) -> Response:
        model = answer.model
        if model not in self._prices:
            names = [f"openai/{self._model}", *([f"openai/{model}"] if model else ())]
            self._prices[model] = price_of(self.spec, names)
        return answer.priced(response, self._prices[model])


def answer_from(body: Any) -> Answer:
    """Read a chat completion; one without choices is a `ProviderError`."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    if not choices:
        raise unreadable(f"it holds no choices: {shorten(json.dumps(body), 80)}")
    choice = choices[0]
    message = choice["message"]
    answer = Answer(
        texts=[text_of(message.get("content")) or message.get("refusal") or ""],
        finish_reason=choice.get("finish_reason"),
        usage=usage_from(body.get("usage")),
        model=body.get("model"),
    )
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = call["function"]
        answer.calls[index] = CallParts(
            call.get("id") or "", function["name"], function.get("arguments") or ""
        )
    return answer


def add_chunk(answer: Answer, chunk: Any) -> bool:
    """Add one chunk of a stream; return whether it held a part of the answer itself."""
    answer.model = chunk.get("model") or answer.model
    answer.usage = usage_from(chunk.get("usage")) or answer.usage
    choices = chunk.get("choices")
    if not choices or choices[0].get("index"):
        return False
    answer.finish_reason = choices[0].get("finish_reason") or answer.finish_reason
    delta = choices[0].get("delta") or {}
    text = text_of(delta.get("content")) or delta.get("refusal") or ""
    if text:
        answer.texts.append(text)
    calls = delta.get("tool_calls") or ()
    for call in calls:
        parts = answer.calls.setdefault(call.get("index", len(answer.calls)), CallParts())
        function = call.get("function") or {}
        parts.id = call.get("id") or parts.id
        parts.name += function.get("name") or ""
        parts.arguments += function.get("arguments") or ""
    return bool(text or calls)


def _new_client(access: Access, key: str) -> AsyncOpenAI:
    import httpx
    from openai import AsyncOpenAI, DefaultAioHttpClient

    load_prices()
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    return AsyncOpenAI(
        api_key=key,
        base_url=access.api_base or access.environment.variables.get("OPENAI_BASE_URL") or None,
        default_headers=access.headers,
        max_retries=0,
        timeout=None,
        http_client=DefaultAioHttpClient(limits=limits, timeout=None),
    )


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
