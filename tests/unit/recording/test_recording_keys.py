"""What makes two requests the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.recording.keys import key_of, request_facts
from pytest_arena.results.request_response import Message, Request
from pytest_arena.schema import ProviderSpec

HI: list[Message] = [{"role": "user", "content": "hi"}]


def key(
    request: Request | None = None, /, *, provider: str = "openai", model: str = "m", **spec: object
) -> str:
    given_spec = {"name": "p", "provider": provider, "model": model, **spec}
    asked = request or Request(messages=HI)
    return key_of(request_facts(ProviderSpec.model_validate(given_spec), asked))


SAME = key()


def test_a_key_stays_what_it_is_for_ever() -> None:
    assert SAME == "68b3aaeb1a7f50a5ca8389c1111b4c5ec10ba7bc8f7d41c272430fe2570e91dd"


@pytest.mark.parametrize(
    "other",
    [
        key(provider="anthropic"),
        key(model="n"),
        key(api_base="http://localhost:8000/v1"),
        key(Request(messages=[{"role": "system", "content": "hi"}])),
        key(Request(messages=HI * 2)),
        key(Request(messages=HI, params={"temperature": 0})),
        key(Request(messages=HI, params={"response_format": {"type": "json_object"}})),
        key(Request(messages=HI, tools=[{"type": "function"}])),
        key(Request(messages=HI, purpose="judge")),
        key(Request(messages=HI, json_only=True)),
        key(Request(messages=HI, session_id="s")),
        key(Request(messages=HI, trial=1)),
    ],
    ids=[
        "provider",
        "model",
        "host",
        "message",
        "messages",
        "params",
        "format",
        "tools",
        "purpose",
        "json",
        "session",
        "trial",
    ],
)
def test_what_an_answer_depends_on_is_in_the_key(other: str) -> None:
    assert other != SAME


@pytest.mark.parametrize(
    "other",
    [
        key(name="another column"),
        key(api_key_env="OTHER_KEY"),
        key(headers={"Authorization": "Bearer ${KEY}"}),
        key(timeout="3s", retries=7, concurrency=2),
        key(Request(messages=HI, timeout_s=1.0, stream=True, attempt=3)),
        key(Request(messages=HI, file="b.yaml", case="B", provider="q", turn=2, turns=3)),
        key(Request(messages=HI, params={"extra_headers": {"x": "y"}, "timeout": 3})),
        key(Request(messages=HI, params={"api_key": "sk-secret", "stream": True})),
        key(Request(messages=HI, trial=1, dialogues=2)),
        key(Request(messages=HI, traceparent="00-1-2-01", otel_endpoint="http://127.0.0.1:1")),
    ],
    ids=[
        "name",
        "key",
        "headers",
        "limits",
        "sending",
        "place",
        "extra-headers",
        "api-key",
        "dialogue",
        "trace",
    ],
)
def test_how_it_is_sent_and_for_whom_is_not_in_the_key(other: str) -> None:
    assert other == SAME


def test_what_a_judge_may_have_to_do_without_is_not_in_its_key() -> None:
    plain = Request(messages=HI, purpose="judge")
    asked = Request(messages=HI, purpose="judge", params={"temperature": 0}, json_only=True)
    assert key(asked) == key(plain)


def test_of_an_endpoint_only_the_host_counts() -> None:
    assert key(api_base="https://user:secret@host/v1?key=1") == key(api_base="https://host/v2")
    assert key(api_base="https://host:1/v1") != key(api_base="https://host:2/v1")


def test_the_trials_of_several_dialogues_are_counted_apart() -> None:
    second_prompt = Request(messages=HI, trial=3, dialogues=3)
    assert key(second_prompt) == key(Request(messages=HI, trial=1))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_the_order_of_params_does_not_matter(params: dict[str, object]) -> None:
    turned = dict(reversed(params.items()))
    assert key(Request(messages=HI, params=params)) == key(Request(messages=HI, params=turned))


def test_a_request_that_is_not_json_says_so() -> None:
    with pytest.raises(ProviderError) as caught:
        key(Request(messages=HI, params={"stop": {1, 2}}))
    assert caught.value.kind is ErrorKind.CONFIGURATION
    assert caught.value.message == (
        "the request cannot be recorded: it is not JSON (Object of type set is not JSON "
        "serializable)\n"
        "  expected: messages, params and tools of texts, numbers, lists and mappings\n"
        "  fix: change what a hook or a file puts into them, or run with --arena-record off"
    )
