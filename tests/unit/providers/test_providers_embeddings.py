"""Vectors are lists of finite numbers, one for each text: nothing that merely iterates."""

from __future__ import annotations

import asyncio
import struct
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from servers.attacks import AttackServer

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.embeddings import vectors_from
from pytest_arena.providers.litellm import LiteLLMProvider
from pytest_arena.providers.openai import OpenAIProvider
from pytest_arena.results import Request, Response
from pytest_arena.schema import ProviderSpec

WAYS = {"openai": OpenAIProvider, "litellm": LiteLLMProvider}
TEXTS = ("one", "two")
PACKED = b64encode(struct.pack("<2f", 0.5, -2)).decode()


@pytest.fixture(scope="module")
def server() -> Iterator[AttackServer]:
    with AttackServer() as server:
        yield server


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def embedded(server: AttackServer, way: str, **params: Any) -> Response:
    model = "openai/given" if way == "litellm" else "given"
    spec = ProviderSpec(
        name="p", provider=way, model=model, api_base=f"{server.url}/v1", timeout=30
    )
    messages = [{"role": "user", "content": text} for text in TEXTS]
    request = Request(messages, params=params, timeout_s=30, purpose="embedding")

    async def once() -> Response:
        provider: Provider = WAYS[way](spec, ProviderEnvironment({"OPENAI_API_KEY": "sk-any"}))
        try:
            return await provider.embed(request)
        finally:
            await provider.close()

    return asyncio.run(once())


def said_of(server: AttackServer, way: str) -> str:
    with pytest.raises(ProviderError) as caught:
        embedded(server, way)
    assert caught.value.kind is ErrorKind.BAD_RESPONSE
    return caught.value.message.removeprefix("the provider's answer cannot be read: ")


@pytest.mark.parametrize(
    "vector",
    [
        {"1": 0.5, "2": 0.1},
        "123",
        PACKED,
        [True, False],
        ["0.1", "0.2"],
        [0.1, None],
        [float("nan"), 1],
        [1, float("inf")],
        [10**400, 1],
        [[0.1], [0.2]],
        [],
        None,
        5,
    ],
)
def test_what_is_no_list_of_numbers_is_no_vector(
    server: AttackServer, way: str, vector: Any
) -> None:
    server.given = {"data": [{"index": at, "embedding": vector} for at in range(2)]}
    assert said_of(server, way).startswith("an embedding that is no list of numbers: ")


@pytest.mark.parametrize(
    "places", [(0, 0), (7, 7), (7, -1), (1, 2), ("0", "1"), (0, None), (0.0, 1.0), (False, True)]
)
def test_each_text_has_one_vector_at_its_index(
    server: AttackServer, way: str, places: tuple[Any, Any]
) -> None:
    server.given = {"data": [{"index": place, "embedding": [0.1, 0.2]} for place in places]}
    assert said_of(server, way) == f"the indexes of 2 embeddings are {list(places)}, not 0 to 1"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"0": {}, "1": {}}, "0 embeddings for 2 texts"),
        ("ab", "0 embeddings for 2 texts"),
        ([{"embedding": [1]}] * 3, "3 embeddings for 2 texts"),
        ([[0.1], [0.2]], "an embedding that is no object: [0.1]"),
        ([{"embedding": [1]}, {"embedding": [1, 2]}], "embeddings of 1 and of 2 numbers"),
    ],
)
def test_what_is_no_list_of_embeddings_is_told(
    server: AttackServer, way: str, data: Any, said: str
) -> None:
    server.given = {"data": data}
    assert said_of(server, way) == said


def test_vectors_come_in_the_order_of_their_indexes_or_of_their_places(
    server: AttackServer, way: str
) -> None:
    server.given = {"data": [{"index": 1, "embedding": [1]}, {"index": 0, "embedding": [0.5]}]}
    assert vectors_from(embedded(server, way), 2) == [(0.5,), (1.0,)]
    server.given = {"data": [{"embedding": [1]}, {"embedding": [0.5]}]}
    assert vectors_from(embedded(server, way), 2) == [(1.0,), (0.5,)]


def test_vectors_are_unpacked_where_that_was_asked_for(server: AttackServer) -> None:
    server.given = {"data": [{"index": at, "embedding": PACKED} for at in range(2)]}
    response = embedded(server, "litellm", encoding_format="base64")
    assert vectors_from(response, 2) == [(0.5, -2.0), (0.5, -2.0)]


def test_a_usage_that_is_none_costs_no_vectors(server: AttackServer, way: str) -> None:
    server.given = {
        "data": [{"index": at, "embedding": [0.1]} for at in range(2)],
        "usage": "free",
        "model": 5,
    }
    response = embedded(server, way)
    assert (response.output, response.input_tokens) == ("[[0.1], [0.1]]", None)
    assert response.model is None


@pytest.mark.parametrize("output", ["", "{}", '"ab"', "[[1], [true]]", "[[NaN], [1]]", "[[1]]"])
def test_a_response_without_vectors_gives_none(output: str) -> None:
    with pytest.raises(ProviderError) as caught:
        vectors_from(Response(output), 2)
    assert caught.value.kind is ErrorKind.BAD_RESPONSE
