"""Both ways to a provider, against servers that speak the real wire formats."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from servers.wire import WireServer

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.openai import OpenAIProvider
from pytest_arena.results import Request, Response
from pytest_arena.schema import ProviderSpec

KEY = "sk-canary-0123456789"
TOOL = {
    "type": "function",
    "function": {"name": "lookup", "parameters": {"type": "object", "properties": {}}},
}


@dataclass(frozen=True)
class Way:
    """Name one way to a provider: class, litellm's name, model, and what follows the host."""

    cls: type[Provider]
    provider: str
    model: str
    path: str = ""


WAYS = {
    "openai": Way(OpenAIProvider, "openai", "gpt-4o-mini", "/v1"),
    "openai-litellm": Way(LiteLLMProvider, "openai", "gpt-4o-mini", "/v1"),
    "anthropic": Way(LiteLLMProvider, "anthropic", "claude-haiku-4-5"),
    "gemini": Way(LiteLLMProvider, "gemini", "gemini-2.5-pro"),
    "ollama": Way(LiteLLMProvider, "ollama", "llama3"),
    "ollama_chat": Way(LiteLLMProvider, "ollama_chat", "llama3"),
}


@pytest.fixture(params=list(WAYS))
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


def complete(way: Way, base: str, prompt: str, **given: Any) -> Response:
    spec = ProviderSpec(
        name="p", provider=way.provider, model=way.model, api_base=base + way.path, api_key_env="K"
    )

    async def once() -> Response:
        provider = way.cls(spec, ProviderEnvironment({"K": KEY}))
        try:
            async with asyncio.timeout(30):
                return await provider.complete(
                    Request([{"role": "user", "content": prompt}], **given)
                )
        finally:
            await provider.close()

    # not within the time limit: under load, litellm alone takes half a minute to import
    way.cls.warm_up()
    return asyncio.run(once())


def fails(way: Way, base: str, prompt: str, **given: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        complete(way, base, prompt, **given)
    assert KEY not in str(caught.value)
    assert caught.value.__suppress_context__
    return caught.value


def test_an_answer_has_text_usage_cost_and_times(
    way: Way, server: WireServer, stream: bool
) -> None:
    response = complete(way, server.url, "<<text='Hello you'>>", stream=stream)
    assert (response.output, response.finish_reason) == ("Hello you", "stop")
    assert (response.input_tokens, response.output_tokens) == (11, 7)
    assert response.cost_usd is not None
    assert (response.cost_usd == 0) == way.provider.startswith("ollama")
    assert response.latency_ms is not None
    assert response.latency_ms > 0
    if stream:
        assert response.first_token_ms is not None
        assert 0 < response.first_token_ms <= response.latency_ms
    else:
        assert response.first_token_ms is None


def test_the_first_token_is_timed_apart_from_the_last(way: Way, server: WireServer) -> None:
    response = complete(way, server.url, "<<text='Hello you' pause=0.05>>", stream=True)
    assert response.latency_ms is not None
    assert response.first_token_ms is not None
    # how much sooner the first one is heard of, the machine says
    assert response.first_token_ms < response.latency_ms


def test_an_empty_answer_is_an_answer(way: Way, server: WireServer, stream: bool) -> None:
    response = complete(way, server.url, "<<text=''>>", stream=stream)
    assert (response.output, response.tool_calls) == ("", ())


def test_a_cut_short_answer_says_so(way: Way, server: WireServer, stream: bool) -> None:
    if way.provider == "ollama":
        pytest.skip("litellm drops done_reason of /api/generate")
    response = complete(way, server.url, "<<text=long finish_reason=length>>", stream=stream)
    assert (response.output, response.finish_reason) == ("long", "length")


def test_a_tool_call_is_read(way: Way, server: WireServer, stream: bool) -> None:
    response = complete(
        way, server.url, """<<tool='lookup:{"id":1}'>>""", tools=[TOOL], stream=stream
    )
    assert [(call.name, call.arguments) for call in response.tool_calls] == [("lookup", {"id": 1})]
    assert all(call.id for call in response.tool_calls)
    assert (response.output, response.finish_reason) == ("", "tool_calls")


def test_parallel_calls_are_the_same_record_in_every_format(
    way: Way, server: WireServer, stream: bool
) -> None:
    if way.provider == "ollama":
        pytest.skip("/api/generate has no tools: litellm reads one call from the answer's text")
    script = """<<text='Let me look.' tool='find:{"id": "7", "deep": [1, {"a": null}]}'
        tool='find:{"id": "8"}' tool='refund'>>"""
    response = complete(way, server.url, script, tools=[TOOL], stream=stream)
    assert [(call.name, call.arguments) for call in response.tool_calls] == [
        ("find", {"id": "7", "deep": [1, {"a": None}]}),
        ("find", {"id": "8"}),
        ("refund", {}),
    ]
    assert len({call.id for call in response.tool_calls}) == 3
    untold = {(c.result, c.error, c.latency_ms, c.parent) for c in response.tool_calls}
    assert untold == {(None, None, None, None)}
    assert (response.output, response.finish_reason) == ("Let me look.", "tool_calls")
    assert response.tells_tools


def test_tools_among_the_params_are_offered_as_any_are(
    way: Way, server: WireServer, stream: bool
) -> None:
    script = """<<tool='lookup:{"id": "7"}'>>"""
    response = complete(way, server.url, script, params={"tools": [TOOL]}, stream=stream)
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == [("lookup", {"id": "7"})]
    assert response.finish_reason == "tool_calls"
    if way.provider != "ollama":
        assert "lookup" in json.dumps(server.requests[-1].body["tools"])


def test_cached_tokens_cost_less(server: WireServer) -> None:
    for name in ("openai", "openai-litellm", "anthropic", "gemini"):
        plain = complete(WAYS[name], server.url, "hi")
        cached = complete(WAYS[name], server.url, "<<cached_tokens=10>>")
        assert cached.input_tokens == plain.input_tokens == 11
        assert plain.cost_usd is not None
        assert cached.cost_usd is not None
        assert cached.cost_usd < plain.cost_usd


FAILURES = {
    "authentication": (ErrorKind.AUTHENTICATION, "authentication failed (HTTP 401): "),
    "rate_limit": (ErrorKind.RATE_LIMIT, "rate limited (HTTP 429): "),
    "context_length": (
        ErrorKind.CONTEXT_LENGTH,
        "the prompt is longer than the model's context (HTTP 400): ",
    ),
    "content_filter": (
        ErrorKind.CONTENT_FILTER,
        "blocked by the provider's content filter (HTTP 400): ",
    ),
    "bad_request": (ErrorKind.BAD_REQUEST, "the provider refused the request (HTTP 400): "),
    "not_found": (ErrorKind.NOT_FOUND, "no such model or endpoint (HTTP 404): "),
    "server": (ErrorKind.SERVER, "the provider failed (HTTP 500): "),
    "overloaded": (ErrorKind.SERVER, "the provider failed (HTTP 503): "),
}


@pytest.mark.parametrize("error", FAILURES)
def test_an_error_of_the_provider_has_one_kind_and_one_text(
    way: Way, server: WireServer, stream: bool, error: str
) -> None:
    kind, text = FAILURES[error]
    if way.provider == "gemini" and error == "authentication":
        text = text.replace("401", "400")
    if way.provider == "anthropic" and error == "overloaded":
        text = text.replace("503", "529")
    found = fails(way, server.url, f"<<error={error}>>", stream=stream)
    assert found.kind is kind
    assert found.message.startswith(text)
    assert f"(HTTP {found.status})" in text
    assert "litellm" not in found.message
    assert "{" not in found.message


def test_retry_after_is_kept(way: Way, server: WireServer, stream: bool) -> None:
    found = fails(way, server.url, "<<error=rate_limit retry_after=0.25>>", stream=stream)
    assert (found.retry_after_s, found.status, found.retryable) == (0.25, 429, True)


def test_a_fault_that_goes_away_is_sent_once_a_call(way: Way) -> None:
    with WireServer() as server:
        fails(way, server.url, "<<error=server times=1>>")
        assert server.calls == 1
        assert complete(way, server.url, "<<error=server times=1>>").output == "ok"
        assert server.calls == 2


def test_a_closed_connection_is_told(way: Way, server: WireServer, stream: bool) -> None:
    found = fails(way, server.url, "<<close>>", stream=stream)
    assert found.kind is ErrorKind.CONNECTION
    assert found.message == "the connection failed: Server disconnected"


def test_a_connection_that_breaks_in_the_answer_is_told(
    way: Way, server: WireServer, stream: bool
) -> None:
    found = fails(way, server.url, "<<text=abcdef cut>>", stream=stream)
    assert found.kind is ErrorKind.CONNECTION
    assert found.message.startswith("the connection failed: Response payload is not completed")


def test_a_port_where_nobody_listens_is_told(way: Way, stream: bool) -> None:
    found = fails(way, "http://127.0.0.1:1", "hi", stream=stream)
    assert (found.kind, found.status) == (ErrorKind.CONNECTION, None)
    assert found.message.startswith("the connection failed: ")
    assert "127.0.0.1" in found.message


def test_garbage_is_told(way: Way, server: WireServer, stream: bool) -> None:
    found = fails(way, server.url, "<<garbage>>", stream=stream)
    assert (found.kind, found.status) == (ErrorKind.BAD_RESPONSE, None)
    assert found.message.startswith("the provider's answer cannot be read: ")
    assert not found.retryable


def test_an_answer_without_choices_is_told(way: Way, server: WireServer) -> None:
    if way.provider == "ollama":
        pytest.skip("litellm takes a missing `response` for an empty one")
    found = fails(way, server.url, "<<no_choices>>")
    assert found.kind is ErrorKind.BAD_RESPONSE


def test_an_answer_that_a_filter_withheld_is_an_error(
    way: Way, server: WireServer, stream: bool
) -> None:
    if way.provider == "ollama":
        pytest.skip("litellm drops done_reason of /api/generate")
    found = fails(way, server.url, "<<text='' finish_reason=content_filter>>", stream=stream)
    assert found.kind is ErrorKind.CONTENT_FILTER
    assert found.message == "blocked by the provider's content filter: the answer was withheld"


@pytest.mark.timeout(60)
def test_a_hang_is_cancelled_promptly_and_its_connection_closed(way: Way, stream: bool) -> None:
    spec = ProviderSpec(name="p", provider=way.provider, model=way.model, api_key_env="K")

    async def give_up(server: WireServer) -> None:
        own = spec.model_copy(update={"api_base": server.url + way.path})
        provider = way.cls(own, ProviderEnvironment({"K": KEY}))
        request = Request([{"role": "user", "content": "<<hang>>"}], stream=stream)
        call = asyncio.ensure_future(provider.complete(request))
        assert await asyncio.to_thread(server.wait_until, lambda record: record.calls == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await provider.close()

    way.cls.warm_up()
    with WireServer() as server:
        asyncio.run(give_up(server))
        assert server.wait_until_idle()
        assert server.calls == 1


@pytest.mark.slow
def test_two_hundred_calls_are_in_flight_at_once() -> None:
    for name in ("openai", "anthropic"):
        way = WAYS[name]
        way.cls.warm_up()
        with WireServer(together=200, keep=False) as server:
            spec = ProviderSpec(
                name="p", provider=way.provider, model=way.model, api_base=server.url + way.path
            )

            async def many(cls: type[Provider], spec: ProviderSpec) -> None:
                async with contextlib.AsyncExitStack() as stack:
                    provider = cls(spec, ProviderEnvironment({}))
                    stack.push_async_callback(provider.close)
                    await asyncio.gather(
                        *(
                            provider.complete(Request([{"role": "user", "content": "hi"}]))
                            for _ in range(200)
                        )
                    )

            asyncio.run(many(way.cls, spec))
            assert server.peak == 200, name


def test_params_headers_and_session_reach_the_provider() -> None:
    with WireServer() as server:
        spec = ProviderSpec(
            name="p",
            provider="anthropic",
            model="claude-haiku-4-5",
            api_base=server.url,
            headers={"X-Team": "blue"},
        )

        async def once() -> None:
            provider = LiteLLMProvider(spec, ProviderEnvironment({"ANTHROPIC_API_KEY": KEY}))
            await provider.complete(
                Request(
                    [{"role": "user", "content": "hi"}],
                    params={"max_tokens": 9, "top_k": 5},
                    session_id="s-1",
                )
            )
            await provider.close()

        asyncio.run(once())
        [sent] = server.requests
    assert (sent.body["max_tokens"], sent.body["top_k"]) == (9, 5)
    assert sent.body["metadata"] == {"user_id": "s-1"}
    assert (sent.headers["x-team"], sent.key) == ("blue", KEY)
