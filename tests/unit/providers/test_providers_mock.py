"""Which answer the mock gives, and that it gives it every time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_arena.errors import ErrorKind, Location, ProviderError
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.providers.mock import MockOptions, MockProvider
from pytest_arena.results import Request, Response, ToolCall
from pytest_arena.schema import (
    CaseMock,
    MockAnswer,
    MockPattern,
    MockResponses,
    MockScenario,
    MockToolCall,
    ProviderSpec,
)

ENVIRONMENT = ProviderEnvironment({})


def say(*texts: str) -> tuple[MockAnswer, ...]:
    return tuple(MockAnswer(text=text) for text in texts)


def provider(options: MockOptions | None = None, **given: Any) -> MockProvider:
    return MockProvider(
        ProviderSpec(**{"name": "m", "provider": "mock", "options": options, **given}), ENVIRONMENT
    )


def request(prompt: str = "Hello there", **given: Any) -> Request:
    return Request(
        **{
            "messages": [{"role": "user", "content": prompt}],
            "case": "Greeting",
            "provider": "m",
            **given,
        }
    )


def ask(mock: MockProvider, asked: Request) -> Response:
    return asyncio.run(mock.complete(asked))


def fails(mock: MockProvider, asked: Request) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(mock, asked)
    return caught.value


def test_the_order_of_the_places_that_hold_answers() -> None:
    case = CaseMock(default=say("case"), providers={"m": say("case for m")})
    own = MockOptions(responses=MockResponses(default=say("own")))
    file = MockResponses(default=say("file"))
    assert ask(provider(own), request(mock=case, mock_responses=file)).output == "case for m"
    assert ask(provider(own), request(mock=case, provider="n")).output == "case"
    assert ask(provider(own), request(mock_responses=file)).output == "own"
    assert ask(provider(), request(mock_responses=file)).output == "file"


def test_the_order_within_a_responses_file() -> None:
    responses = MockResponses(
        default=say("default"),
        scenarios={
            "Greeting": MockScenario(default=say("scenario"), turns={2: MockAnswer(text="turn 2")})
        },
        patterns=(MockPattern(match="h.llo", answer=say("pattern")),),
        providers={"n": MockResponses(scenarios={"Greeting": MockScenario(default=say("only n"))})},
    )

    def answer(**given: Any) -> str:
        return ask(provider(), request(mock_responses=responses, **given)).output

    assert answer(turn=1, turns=2) == "turn 2"
    assert answer() == "scenario"
    assert answer(case="Other") == "pattern"
    assert answer(case="Other", prompt="Bye") == "default"
    assert answer(provider="n") == "only n"
    assert answer(provider="n", case="Other") == "pattern"


def test_a_list_is_indexed_by_trial_and_the_last_answer_repeats() -> None:
    case = CaseMock(default=say("a", "b"))
    outputs = [ask(provider(), request(mock=case, trial=trial)).output for trial in (3, 0, 1, 0)]
    assert outputs == ["b", "a", "b", "a"]


def test_in_a_conversation_a_list_is_indexed_by_turn() -> None:
    case = CaseMock(default=say("a", "b"))
    turns = [(0, 5), (1, 0), (2, 0)]
    outputs = [
        ask(provider(), request(mock=case, turn=turn, turns=3, trial=trial)).output
        for turn, trial in turns
    ]
    assert outputs == ["a", "b", "b"]


def test_a_fault_may_go_away_after_some_attempts() -> None:
    fault = MockAnswer(error="rate_limit", retry_after="100ms", times=2)
    case = CaseMock(default=(fault, *say("ok", "second trial")))
    for attempt in (0, 1):
        error = fails(provider(), request(mock=case, attempt=attempt))
        assert (error.kind, error.retry_after_s, error.status) == (ErrorKind.RATE_LIMIT, 0.1, 429)
        assert error.message == "rate limited (HTTP 429): a fault of the mock"
    assert ask(provider(), request(mock=case, attempt=2)).output == "ok"
    assert ask(provider(), request(mock=case, trial=1)).output == "second trial"


@pytest.mark.parametrize(
    "kind",
    [
        "authentication",
        "rate_limit",
        "timeout",
        "context_length",
        "content_filter",
        "bad_request",
        "not_found",
        "server",
        "connection",
        "bad_response",
    ],
)
def test_every_kind_of_fault_can_be_had(kind: str) -> None:
    error = fails(provider(), request(mock=CaseMock(default=(MockAnswer(error=kind),))))
    assert error.kind == kind


def test_no_answer_is_an_error_that_says_where_one_belongs() -> None:
    mock = provider()
    mock.spec._place = Location("arena.yaml", 4, 5)
    error = fails(mock, request())
    assert error.kind is ErrorKind.CONFIGURATION
    assert error.message == (
        "arena.yaml:4:5: the mock has no answer for case 'Greeting' on provider 'm'\n"
        "  expected: an answer in `mock:` of the case or of the file, or in the provider's "
        "`responses:`\n"
        "  fix: give the case a `mock:`, or the file's `mock:` a `default:`"
    )


def test_a_broken_pattern_is_named() -> None:
    responses = MockResponses(patterns=(MockPattern(match="(", answer=say("x")),))
    error = fails(provider(), request(mock_responses=responses))
    assert error.message == (
        "the mock's pattern '(' cannot be searched: missing ) at position 1\n"
        "  expected: a regular expression that is searched within a second\n"
        "  fix: mend or simplify the pattern"
    )


def test_tokens_are_estimated_and_cost_follows_the_given_prices() -> None:
    mock = provider(model="gpt-4o", input_cost_per_million=1.0, output_cost_per_million=10.0)
    response = ask(mock, request("one two three", mock=CaseMock(default=say("a b c d e f"))))
    assert (response.input_tokens, response.output_tokens) == (4, 8)
    assert response.cost_usd == pytest.approx(4e-6 + 80e-6)
    assert (response.source, response.finish_reason, response.model) == ("mock", "stop", "gpt-4o")


def test_a_mock_with_prices_needs_no_model_to_cost_something() -> None:
    mock = provider(input_cost_per_million=1.0, output_cost_per_million=10.0)
    response = ask(mock, request("one two three", mock=CaseMock(default=say("a b c d e f"))))
    assert response.cost_usd == pytest.approx(4e-6 + 80e-6)


def test_given_tokens_are_taken() -> None:
    answer = MockAnswer(text="x", input_tokens=0, output_tokens=9)
    response = ask(provider(), request(mock=CaseMock(default=(answer,))))
    assert (response.input_tokens, response.output_tokens, response.cost_usd) == (0, 9, None)


def test_tool_calls_are_made() -> None:
    answer = MockAnswer(tool_calls=(MockToolCall(name="lookup", arguments={"id": 7}),))
    response = ask(provider(), request(mock=CaseMock(default=(answer,))))
    assert [(call.name, call.arguments, call.id) for call in response.tool_calls] == [
        ("lookup", {"id": 7}, "call_1")
    ]
    assert (response.output, response.finish_reason) == ("", "tool_calls")


def test_a_call_that_was_run_tells_what_came_of_it_and_needs_no_further_answer() -> None:
    done = MockToolCall(
        name="lookup", id="c7", result={"status": "shipped"}, latency="20ms", parent="c1"
    )
    failed = MockToolCall(name="refund", error="no such order")
    response = ask(
        provider(), request(mock=CaseMock(default=(MockAnswer(tool_calls=(done, failed)),)))
    )
    assert response.tool_calls == (
        ToolCall("lookup", {}, "c7", {"status": "shipped"}, None, 20.0, "c1"),
        ToolCall("refund", {}, "call_2", None, "no such order"),
    )
    assert response.finish_reason == "stop"


@pytest.mark.parametrize(
    ("given", "kept"), [('{"id": 7}', {"id": 7}), ('{"id": ', '{"id": '), ("", {}), ("[1]", [1])]
)
def test_arguments_as_text_are_read_as_a_models_are(given: str, kept: object) -> None:
    answer = MockAnswer(tool_calls=(MockToolCall(name="lookup", arguments=given),))
    response = ask(provider(), request(mock=CaseMock(default=(answer,))))
    assert [call.arguments for call in response.tool_calls] == [kept]
    assert response.finish_reason == "tool_calls"


def test_latency_is_really_taken_and_the_first_token_comes_half_way() -> None:
    answer = MockAnswer(text="x", latency="60ms")
    response = ask(provider(), request(mock=CaseMock(default=(answer,)), stream=True))
    assert response.latency_ms is not None
    assert response.first_token_ms is not None
    assert response.latency_ms >= 60
    assert 30 <= response.first_token_ms <= response.latency_ms - 29


def test_without_streaming_there_is_no_first_token() -> None:
    response = ask(provider(MockOptions(latency="1ms")), request(mock=CaseMock(default=say("x"))))
    assert response.first_token_ms is None
    assert response.latency_ms is not None
    assert response.latency_ms >= 1


def test_the_mock_stands_for_a_provider_of_any_kind() -> None:
    spec = ProviderSpec(name="big", provider="openai", model="gpt-4o", options={"other": 1})
    mock = MockProvider(spec, ENVIRONMENT)
    response = ask(mock, request(mock=CaseMock(default=say("x")), provider="big"))
    assert response.output == "x"
    assert response.cost_usd is not None
    assert response.cost_usd > 0


def test_a_pattern_is_compiled_once_however_many_answers_it_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import regex

    compiled: list[str] = []
    compile_it = regex.compile

    def counted(pattern: str, *flags: int) -> object:
        compiled.append(pattern)
        return compile_it(pattern, *flags)

    monkeypatch.setattr(regex, "compile", counted)
    mock = provider()
    responses = MockResponses(patterns=(MockPattern(match="h.llo", answer=say("hi")),))

    async def many() -> None:
        for _ in range(50):
            await mock.complete(request(mock_responses=responses))

    asyncio.run(many())
    assert len(compiled) == 1


def test_under_load_a_list_is_gone_through_again_and_again() -> None:
    case = CaseMock(default=say("a", "b"))
    mock = provider()
    texts = [
        ask(mock, request(mock=case, trial=trial, under_load=True)).output for trial in range(5)
    ]
    assert texts == ["a", "b", "a", "b", "a"]
    # in a conversation the list is that of its turns
    last = request(mock=case, trial=3, turn=2, turns=3, under_load=True)
    assert ask(mock, last).output == "b"


def steps(*answers: MockAnswer) -> CaseMock:
    return CaseMock(default=(MockAnswer(steps=answers),))


def test_an_agents_model_says_one_step_after_another_and_the_last_repeats() -> None:
    calls = MockAnswer(tool_calls=(MockToolCall(name="find"),))
    mock = steps(calls, MockAnswer(text="Shipped."))
    said = [ask(provider(), request(mock=mock, step=step)) for step in range(3)]
    assert [one.output for one in said] == ["", "Shipped.", "Shipped."]
    assert [one.finish_reason for one in said] == ["tool_calls", "stop", "stop"]


def test_a_step_whose_calls_were_run_already_is_followed_by_the_next() -> None:
    done = MockAnswer(tool_calls=(MockToolCall(name="find", result="here"),))
    mock = steps(done, done)
    said = [ask(provider(), request(mock=mock, step=step)) for step in range(2)]
    assert [one.finish_reason for one in said] == ["tool_calls", "stop"]


def test_a_step_fails_for_so_many_attempts() -> None:
    mock = steps(MockAnswer(error="server", times=1), MockAnswer(text="Up."))
    assert fails(provider(), request(mock=mock)).kind is ErrorKind.SERVER
    assert ask(provider(), request(mock=mock, attempt=1)).output == "Up."


@pytest.mark.parametrize(
    "answer",
    [{"text": "a", "steps": [{"text": "b"}]}, {"steps": [{"steps": [{"text": "a"}]}]}],
)
def test_steps_stand_alone(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="steps"):
        MockAnswer.model_validate(answer)


def test_answers_are_counted_where_a_file_says_so() -> None:
    turns = {1: MockAnswer(text="asks a tool"), 2: MockAnswer(text="says what came")}
    scenario = {"Greeting": MockScenario(turns=turns)}
    by_answer = MockResponses(scenarios=scenario, counted="answers")
    assert ask(provider(), request(answered=1, mock_responses=by_answer)).output == "says what came"
    by_turn = MockResponses(scenarios=scenario)
    assert ask(provider(), request(answered=1, mock_responses=by_turn)).output == "asks a tool"


def test_an_answer_of_a_mock_is_no_longer_than_its_entry_allows() -> None:
    spoken = MockOptions(responses=MockResponses(default=say("x" * 3000)))
    assert ask(provider(spoken), request()).output == "x" * 3000
    with pytest.raises(ProviderError) as caught:
        ask(provider(spoken, max_response_mb=0.002), request())
    assert caught.value.message == "the mock of 'm' sent more than 0.002 MiB in one answer"
