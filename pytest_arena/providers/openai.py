"""OpenAI and endpoints that speak its chat completions, called straight over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_arena.errors import Problem
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.chat_completions import AnswerStream, answer_from
from pytest_arena.providers.completion import Answer
from pytest_arena.providers.configuration import base_of, problems_of, redirection_note
from pytest_arena.providers.credentials import Access, Secret
from pytest_arena.providers.embeddings import texts_of, vectors_answer
from pytest_arena.providers.error_mapping import exception_failure
from pytest_arena.providers.file_inputs import check_files
from pytest_arena.providers.json_body import read_beside, read_json
from pytest_arena.providers.model_params import fitted, left_out_note
from pytest_arena.providers.prices import Price, load_prices, price_of
from pytest_arena.real_time import real_time
from pytest_arena.results.request_response import Request, Response
from pytest_arena.schema.provider import ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.providers.http_client import HttpClient

_EMBEDDINGS = "/embeddings"
_PATH = "/chat/completions"
_BASE = "https://api.openai.com/v1"
_BASES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
"""Where the official client and litellm take the endpoint from, the first that is set."""
_ACCOUNT = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
"""What the official client takes from the environment as well, for OpenAI's own billing."""


class OpenAIProvider(Provider):
    """Call chat completions of OpenAI, or of any endpoint that speaks its format (`api_base`).

    Every parameter goes into the request's body as it is, so that one which only this endpoint
    knows is sent as well. A key is needed for OpenAI itself; an endpoint named by `api_base` is
    called without one where none is set. No client library is between: importing one takes longer
    than a hundred calls, and each call several times as long.
    Source: https://platform.openai.com/docs/api-reference/chat
    """

    type = "openai"
    vendor = True
    aliases = ("openai_compatible", "openai-compatible", "custom_openai")

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        prefix, slash, model = spec.full_model.partition("/")
        self._model = model if slash else prefix
        self._client: HttpClient | None = None
        self._access: Access | None = None
        self._starting = asyncio.Lock()
        self._prices: dict[str | None, Price | None] = {}

    @classmethod
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        return problems_of(
            spec, variables, base_variables=_BASES, key_variables=("OPENAI_API_KEY",)
        )

    @classmethod
    def warm_up(cls) -> None:
        import_module("aiohttp")
        load_prices()

    async def start(self) -> None:
        if self._client is None:
            await self._ready()

    async def complete(self, request: Request) -> Response:
        client, access = await self._ready()
        check_files(self.spec, f"openai/{self._model}", request)
        body, headers = self._body(request, access)
        started = real_time.perf_counter()
        try:
            if request.stream:
                return await self._stream(client, body, headers, started)
            heard: list[Mapping[str, str]] = []
            content = await client.post(_PATH, body, headers, heard.append)
            latency_ms = _since(started)
            answer = answer_from(await read_beside(content, read_json))
            answer.tells_filter = answer.tells_filter or self._is_openai(access)
            answer.hear(heard[0])
            return self._priced(answer, answer.response(latency_ms=latency_ms))
        except Exception as error:  # noqa: BLE001  # every failure gets its kind
            # `from None`: the client's exceptions hold the request, and with it the key.
            raise exception_failure(error, access.secrets) from None

    async def embed(self, request: Request) -> Response:
        client, access = await self._ready()
        params = access.params(request.params)
        texts = texts_of(request)
        started = real_time.perf_counter()
        try:
            body = {**params, "model": self._model, "input": texts, "encoding_format": "float"}
            content = await client.post(_EMBEDDINGS, body, {})
            latency_ms = _since(started)
            answer = vectors_answer(await read_beside(content, read_json), len(texts))
            return self._priced(answer, answer.response(latency_ms=latency_ms))
        except Exception as error:  # noqa: BLE001  # every failure gets its kind
            raise exception_failure(error, access.secrets) from None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _stream(
        self, client: HttpClient, body: dict[str, Any], headers: dict[str, str], started: float
    ) -> Response:
        body["stream"] = True
        body.setdefault("stream_options", {"include_usage": True})
        answer = Answer(tells_filter=self._access is not None and self._is_openai(self._access))
        stream = AnswerStream(answer)
        async for part in client.parts(_PATH, body, headers, answer.hear):
            stream.feed(part, _since(started))
            if stream.done:
                break
        latency_ms = _since(started)
        answer = stream.end()
        response = answer.response(latency_ms=latency_ms, first_token_ms=stream.first_token_ms)
        return self._priced(answer, response)

    async def _ready(self) -> tuple[HttpClient, Access]:
        if self._client is not None and self._access is not None:
            return self._client, self._access
        async with self._starting:
            if self._client is None or self._access is None:
                from pytest_arena.providers.http_client import open_client

                access = Access(self.spec, self.environment)
                access.check(self.problems(self.spec, self.environment.variables))
                self._access = access
                headers = self._headers(access)
                base = base_of(self.spec, self.environment.variables, _BASES)
                if base is not None and base.variable is not None:
                    note = redirection_note(self.spec, base)
                    self.environment.add_note(f"endpoint {self.spec.name}", note)
                await asyncio.to_thread(load_prices)
                self._client = await open_client(
                    base.url if base else _BASE, headers, access.secrets, self.spec.most_bytes
                )
            return self._client, self._access

    def _headers(self, access: Access) -> dict[str, str]:
        """Return what every call says of who calls."""
        headers = {"User-Agent": "pytest-arena", **access.headers}
        key = access.key_named_in_file()
        if not key and not access.has_key_header:
            key = access.variable("OPENAI_API_KEY")
            if not key and not access.api_base:
                raise access.missing_key("OPENAI_API_KEY")
        if key and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = Secret(f"Bearer {key}")
        for variable, name in _ACCOUNT.items():
            if not access.api_base and (value := self.environment.variables.get(variable)):
                headers.setdefault(name, value)
        return headers

    def _body(self, request: Request, access: Access) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the request's body, and the headers that its params ask for."""
        fit = fitted(self.spec, request.params)
        if fit.left_out:
            self.environment.add_note(
                f"params {self.spec.name}", left_out_note(self.spec, fit.left_out)
            )
        params = access.params(fit.params)
        headers = {name: str(text) for name, text in params.pop("extra_headers", {}).items()}
        params.update(params.pop("extra_body", {}))
        if request.session_id is not None:
            params.setdefault("user", request.session_id)
        if request.tools:
            params["tools"] = request.tools
        if request.json_only:
            params.setdefault("response_format", {"type": "json_object"})
        params.pop("stream", None)
        return {**params, "model": self._model, "messages": request.openai_messages}, headers

    def _is_openai(self, access: Access) -> bool:
        """Return whether OpenAI itself is called, which tells of its filter by finish reason."""
        variables = access.environment.variables
        return not access.api_base and not any(variables.get(name) for name in _BASES)

    def _priced(self, answer: Answer, response: Response) -> Response:
        self.note_usage(answer.usage)
        model = answer.model
        if model not in self._prices:
            names = [f"openai/{self._model}", *([f"openai/{model}"] if model else ())]
            self._prices[model] = price_of(self.spec, names)
        return answer.priced(response, self._prices[model])


def _since(started: float) -> float:
    return (real_time.perf_counter() - started) * 1000
