"""All providers that litellm can reach."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from pytest_arena.environment import copied
from pytest_arena.errors import ErrorKind, Problem, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.completion import Answer, unreadable
from pytest_arena.providers.configuration import base_of, problems_of, redirection_note
from pytest_arena.providers.credentials import NO_KEY, Access
from pytest_arena.providers.embeddings import texts_of, vectors_answer
from pytest_arena.providers.error_mapping import exception_failure, provider_words
from pytest_arena.providers.file_inputs import check_files, lost_files
from pytest_arena.providers.json_body import read_beside
from pytest_arena.providers.litellm_import import (
    close_clients,
    key_variables,
    knows_mcp_switch,
    load_litellm,
    new_log,
    prime_litellm,
    takes_response_format,
    takes_user,
    unsupported_params,
)
from pytest_arena.providers.litellm_wire import Wire, listening
from pytest_arena.providers.message_content import add_message
from pytest_arena.providers.model_params import fitted, is_default, left_out_note
from pytest_arena.providers.prices import Price, load_prices, price_of
from pytest_arena.providers.usage import Usage, usage_from
from pytest_arena.real_time import real_time
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
    vendor = True

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
    def problems(cls, spec: ProviderSpec, variables: Mapping[str, str]) -> list[Problem]:
        own = _own_variable(spec)
        keys = (f"{own}_API_KEY", f"{own}_API_TOKEN")
        return problems_of(spec, variables, base_variables=_bases(spec), key_variables=keys)

    @classmethod
    def warm_up(cls) -> None:
        prime_litellm()
        load_prices()

    async def start(self) -> None:
        await self._ready()

    async def complete(self, request: Request) -> Response:
        access = await self._ready()
        check_files(self.spec, self._model, request)
        arguments = self._arguments(request, access)
        started = real_time.perf_counter()
        try:
            answer, first_token_ms, latency_ms = await self._heard(arguments, request, started)
            response = answer.response(latency_ms=latency_ms, first_token_ms=first_token_ms)
            return self._priced(answer, response)
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
        started = real_time.perf_counter()
        try:
            failed: Exception | None = None
            received: Any = None
            with listening(self.spec.most_bytes) as wire:
                try:
                    received = (await litellm.aembedding(**arguments)).model_dump()
                except Exception as error:  # noqa: BLE001  # judged below, beside what was heard
                    failed = error
            latency_ms = _since(started)
            if refused := wire.failure(access.secrets):
                raise refused
            body = wire.embeddings(received)
            if body is None and failed is not None:
                raise failed
            packed = arguments.get("encoding_format") == "base64"
            answer = vectors_answer(body or received, len(texts), packed=packed)
            return self._priced(answer, answer.response(latency_ms=latency_ms))
        except Exception as error:  # noqa: BLE001  # every failure of litellm gets its kind
            raise exception_failure(error, access.secrets) from None

    async def close(self) -> None:
        """Close the connections that litellm keeps for the whole process."""
        if self._access is None:
            return
        await close_clients()

    async def _heard(
        self, arguments: dict[str, Any], request: Request, started: float
    ) -> tuple[Answer, float | None, float]:
        """Have litellm call; return the answer, when it began and how long it took, in ms.

        Where the endpoint speaks OpenAI's format, what came over the wire counts, however litellm
        read it.
        """
        failed: Exception | None = None
        answer, first_token_ms = Answer(), None
        with listening(self.spec.most_bytes) as wire:
            try:
                received = await load_litellm().acompletion(**arguments)
                speaks_chat = wire.speaks_chat(request.tools)
                if request.stream and speaks_chat:
                    await wire.read_on(received)
                elif request.stream:
                    first_token_ms = await _drain(received, answer, started)
                elif not speaks_chat:
                    if not received.choices:
                        raise unreadable("it holds no choices")
                    _add(answer, received, received.choices)
            except Exception as error:  # noqa: BLE001  # judged below, beside what was heard
                failed = error
        latency_ms = _since(started)
        if wire.sent and (lost := lost_files(request, wire.sent)):
            raise self._left_out(lost)
        if refused := wire.failure(self._access.secrets if self._access else ()):
            raise refused
        broken = failed is not None and not wire.ended
        if wire.status and not broken and wire.speaks_chat(request.tools):
            read = partial(wire.answer, Answer(), started, streams=request.stream)
            answer, first_token_ms = await read_beside(wire.body, read)
        else:
            answer = _of_another_format(answer, wire, failed, request, lost=broken)
        answer.hear(wire.headers if wire.status else _headers(received))
        answer.tells_filter = answer.tells_filter or self._tells_filter()
        return answer, first_token_ms, latency_ms

    def _left_out(self, file: str) -> ProviderError:
        return ProviderError(
            ErrorKind.BAD_REQUEST,
            f"provider {self.spec.name!r} was not sent {file}: litellm has no place for it in what "
            f"{self._model} is asked with\n"
            "  expected: a model that takes all files of the case\n"
            "  fix: name another model, or the case's providers: without this one",
        )

    async def _ready(self) -> Access:
        async with self._starting:
            if self._access is None:
                access = Access(self.spec, self.environment)
                access.check(self.problems(self.spec, self.environment.variables))
                base = base_of(self.spec, self.environment.variables, _bases(self.spec))
                if base is not None and base.variable is not None:
                    note = redirection_note(self.spec, base)
                    self.environment.add_note(f"endpoint {self.spec.name}", note)
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
        for name, value in copied(access.environment.variables).items():
            if name.endswith(("_API_KEY", "_API_TOKEN")) and value:
                access.variable(name)
        return None

    def _arguments(self, request: Request, access: Access) -> dict[str, Any]:
        params = access.params(self._fitted(request))
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
            "messages": request.openai_messages,
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

    def _fitted(self, request: Request) -> dict[str, Any]:
        """Return the parameters that the model takes; defaults that it refuses are left out."""
        fit = fitted(self.spec, request.params, self._model)
        for name in unsupported_params(self._model) & fit.params.keys():
            if is_default(self.spec, name, request.params):
                fit.leave_out(name)
        if fit.left_out:
            note = left_out_note(self.spec, fit.left_out)
            self.environment.add_note(f"params {self.spec.name}", note)
        return fit.params

    def _tells_filter(self) -> bool:
        family = self._model.partition("/")[0]
        if family == "openai":
            # many speak OpenAI's format; that no filter stepped in is known of OpenAI itself alone
            variables = self.environment.variables
            return base_of(self.spec, variables, _bases(self.spec)) is None
        return family in _TELL_FILTER

    def _priced(self, answer: Answer, response: Response) -> Response:
        self.note_usage(answer.usage)
        model = answer.model
        if model not in self._prices:
            provider = self._model.partition("/")[0]
            further = [self._model, *([f"{provider}/{model}"] if model else ())]
            self._prices[model] = price_of(self.spec, further)
        return answer.priced(response, self._prices[model])


def _of_another_format(
    answer: Answer, wire: Wire, failed: Exception | None, request: Request, *, lost: bool
) -> Answer:
    """Return what litellm read of another format than OpenAI's, with what it loses put back."""
    wire.check(streams=request.stream)
    problem = wire.usage_problem
    if failed is not None:
        stopped = None if lost else wire.stopped_by_filter()
        if stopped is None:
            raise _unread(failed, wire, problem, streams=request.stream)
        answer = stopped
    if problem is not None:
        answer.usage = Usage(problem=problem)
    elif not wire.reports_usage:
        answer.usage = None
    answer.is_refusal = wire.tells_refusal
    wire.restore(answer)
    return answer


def _unread(failed: Exception, wire: Wire, problem: str | None, *, streams: bool) -> Exception:
    """Return why an answer that came could not be read, which another attempt would not change;
    else the failure itself."""
    if not 200 <= wire.status < 300:
        return failed
    told = exception_failure(failed)
    if problem is not None and told.kind in (ErrorKind.SERVER, ErrorKind.BAD_RESPONSE):
        return unreadable(f"litellm cannot read its usage ({problem})")
    # a stream may have ended before its time
    if streams or not wire.ended or told.kind is not ErrorKind.SERVER:
        return failed
    return unreadable(f"litellm cannot read it: {provider_words(str(failed))}")


async def _drain(stream: Any, answer: Answer, started: float) -> float | None:
    """Read a stream of litellm to its end; return when the answer began, in ms."""
    first_token_ms: float | None = None
    try:
        async for chunk in stream:
            _add(answer, chunk, chunk.choices)
            if first_token_ms is None and answer.has_begun:
                first_token_ms = _since(started)
    finally:
        await stream.aclose()
    # litellm ends every stream with `stop`, even one that was no stream of answers at all.
    if first_token_ms is None and answer.usage is None:
        raise unreadable("the stream held no answer")
    return first_token_ms


def _add(answer: Answer, received: Any, choices: Any) -> None:
    """Add what litellm read: a whole answer, or one chunk of it."""
    model = received.model
    answer.model = model if isinstance(model, str) and model else answer.model
    answer.usage = usage_from(_plain(getattr(received, "usage", None))) or answer.usage
    if not choices or choices[0].index:
        return
    whole = hasattr(choices[0], "message")
    message = _plain(choices[0].message if whole else choices[0].delta)
    answer.finish(choices[0].finish_reason)
    add_message(answer, message)
    for call in message.get("tool_calls") or ():
        answer.add_call(call, whole=whole)


def _plain(value: Any) -> Any:
    """Return one of litellm's records as a mapping."""
    return value.model_dump() if hasattr(value, "model_dump") else value


def _own_variable(spec: ProviderSpec) -> str:
    """Return how the variables of a provider begin: `OPENAI` for `openai/gpt-5.5`."""
    return spec.full_model.removeprefix("litellm/").partition("/")[0].upper().replace("-", "_")


def _bases(spec: ProviderSpec) -> tuple[str, ...]:
    """Return the variables from which litellm takes a provider's endpoint."""
    own = _own_variable(spec)
    either = own in ("OPENAI", "ANTHROPIC")
    return (f"{own}_BASE_URL", f"{own}_API_BASE") if either else (f"{own}_API_BASE",)


def _headers(received: Any) -> Mapping[str, str]:
    """Return the headers of an answer, as litellm hands them on."""
    hidden = getattr(received, "_hidden_params", None) or {}
    headers = hidden.get("additional_headers") if isinstance(hidden, Mapping) else None
    return headers if isinstance(headers, Mapping) else {}


def _since(started: float) -> float:
    return (real_time.perf_counter() - started) * 1000
