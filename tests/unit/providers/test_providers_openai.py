"""What goes into a request of the OpenAI format, and what is read from its answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from servers.wire import WireServer

from pytest_arena.errors import ErrorKind, Location, ProviderError
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.providers.chat_completions import answer_from
from pytest_arena.providers.openai import OpenAIProvider
from pytest_arena.results import Request, Response
from pytest_arena.schema import ProviderSpec


def call(
    server: WireServer | None,
    request: Request | None = None,
    variables: dict[str, str] | None = None,
    **given: Any,
) -> Response:
    base = {"api_base": f"{server.url}/v1"} if server else {}
    spec = ProviderSpec(
        **{"name": "openai-mini", "provider": "openai", "model": "gpt-4o-mini", **base, **given}
    )
    spec._place = Location("arenas/x.yaml", 5, 5)

    async def once() -> Response:
        provider = OpenAIProvider(spec, ProviderEnvironment(variables or {}))
        try:
            return await provider.complete(request or Request([{"role": "user", "content": "Hi"}]))
        finally:
            await provider.close()

    return asyncio.run(once())


def fails(server: WireServer | None, **given: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call(server, **given)
    return caught.value


def sent(request: Request, **given: Any) -> dict[str, Any]:
    with WireServer() as server:
        call(server, request, **given)
        return server.requests[0].body


HI = [{"role": "user", "content": "Hi"}]


def test_a_plain_request_holds_model_and_messages_only() -> None:
    assert sent(Request(HI)) == {"model": "gpt-4o-mini", "messages": HI}


def test_a_parameter_that_only_the_endpoint_knows_is_sent_too() -> None:
    params = {"temperature": 0.5, "top_k": 3, "extra_body": {"min_p": 0.1}}
    body = sent(Request(HI, params=params))
    assert (body["temperature"], body["top_k"], body["min_p"]) == (0.5, 3, 0.1)
    assert "extra_body" not in body


def test_a_number_that_a_variable_holds_is_sent_as_one() -> None:
    params = {"temperature": "${HEAT}", "max_tokens": "${MOST}", "stop": "${HEAT}"}
    body = sent(Request(HI, params=params), variables={"HEAT": "0.5", "MOST": "9"})
    assert (body["temperature"], body["max_tokens"], body["stop"]) == (0.5, 9, "0.5")


@pytest.mark.parametrize("model", ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5.1-mini"])
def test_newer_models_get_max_completion_tokens(model: str) -> None:
    body = sent(Request(HI, params={"max_tokens": 9}), model=model)
    assert body["max_completion_tokens"] == 9
    assert "max_tokens" not in body


@pytest.mark.parametrize("model", ["gpt-4o", "openai/gpt-4o-mini", "omni", "o3x"])
def test_other_models_keep_max_tokens(model: str) -> None:
    body = sent(Request(HI, params={"max_tokens": 9}), model=model)
    assert body["max_tokens"] == 9
    assert body["model"] == model.removeprefix("openai/")


def test_a_stream_asks_for_its_usage_and_the_session_is_the_user() -> None:
    body = sent(Request(HI, stream=True, session_id="s-1"))
    assert body["stream_options"] == {"include_usage": True}
    assert (body["stream"], body["user"]) == (True, "s-1")


def test_a_model_of_an_alias_keeps_its_slashes() -> None:
    body = sent(Request(HI), provider="openai_compatible", model="openai/gpt-oss-20b")
    assert body["model"] == "openai/gpt-oss-20b"


def test_headers_and_base_are_filled_from_the_environment() -> None:
    with WireServer() as server:
        call(
            None,
            api_base="${BASE}/v1",
            headers={"X-Team": "${TEAM}"},
            variables={"BASE": server.url, "TEAM": "blue"},
        )
        assert server.requests[0].headers["x-team"] == "blue"


def test_a_missing_variable_is_named_before_any_call() -> None:
    error = fails(None, api_base="${BASE}/v1")
    assert error.kind is ErrorKind.CONFIGURATION
    assert error.message == (
        "arenas/x.yaml:5:5: provider 'openai-mini' needs the environment variable BASE\n"
        "  expected: BASE to be set, since ${BASE} is used\n"
        "  fix: export BASE=…"
    )


def test_openai_without_a_key_is_refused_before_any_call() -> None:
    error = fails(None)
    assert error.kind is ErrorKind.MISSING_KEY
    assert error.message == (
        "arenas/x.yaml:5:5: provider 'openai-mini' has no API key\n"
        "  expected: the environment variable OPENAI_API_KEY\n"
        "  fix: export OPENAI_API_KEY=…, or name another variable with api_key_env"
    )


def test_a_named_key_that_is_not_set_is_refused_even_for_an_own_endpoint() -> None:
    with WireServer() as server:
        error = fails(server, api_key_env="TEAM_KEY", variables={"OPENAI_API_KEY": "sk-other-one"})
        assert server.calls == 0
    assert error.message == (
        "arenas/x.yaml:5:5: provider 'openai-mini' has no API key\n"
        "  expected: the environment variable TEAM_KEY\n"
        "  fix: export TEAM_KEY=…, or name another variable in api_key_env"
    )


@pytest.mark.parametrize(
    ("variables", "given", "key"),
    [
        ({}, {}, ""),
        ({"OPENAI_API_KEY": "sk-usual-1"}, {}, "sk-usual-1"),
        ({"OPENAI_API_KEY": "sk-usual-1", "K": "sk-own-12"}, {"api_key_env": "K"}, "sk-own-12"),
        ({"T": "tok-1234"}, {"headers": {"Authorization": "Bearer ${T}"}}, "tok-1234"),
    ],
)
def test_which_key_is_sent(variables: dict[str, str], given: dict[str, Any], key: str) -> None:
    with WireServer() as server:
        call(server, variables=variables, **given)
        assert server.requests[0].key == key


def test_the_key_is_reported_as_a_secret() -> None:
    secrets: list[str] = []
    spec = ProviderSpec(
        name="p", provider="openai", model="m", api_key_env="K", api_base="http://127.0.0.1:1"
    )

    async def once() -> None:
        provider = OpenAIProvider(spec, ProviderEnvironment({"K": "canary-key-1"}, secrets.append))
        with pytest.raises(ProviderError):
            await provider.complete(Request(HI))
        await provider.close()

    asyncio.run(once())
    assert secrets == ["canary-key-1"]


def message(**given: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"content": None, **given}, "finish_reason": "stop"}]}


def test_an_answer_in_parts_is_joined() -> None:
    body = message(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])
    assert answer_from(body).response(latency_ms=1).output == "ab"


def test_a_refusal_is_the_answer() -> None:
    assert answer_from(message(refusal="I cannot.")).response(latency_ms=1).output == "I cannot."


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("{oops", "{oops"),
        ("[1]", [1]),
        ({"n": 5}, {"n": 5}),
        ("", {}),
        (None, {}),
        ("null", None),
        ("[" * 50_000, "[" * 50_000),
    ],
)
def test_tool_arguments_are_kept_as_the_model_gave_them(given: object, kept: object) -> None:
    body = message(tool_calls=[{"id": "1", "function": {"name": "f", "arguments": given}}])
    (call,) = answer_from(body).response(latency_ms=1).tool_calls
    assert (call.name, call.arguments) == ("f", kept)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"choices": []}, {"choices": None}])
def test_what_holds_no_choices_is_no_answer(body: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        answer_from(body)
    assert caught.value.kind is ErrorKind.BAD_RESPONSE
