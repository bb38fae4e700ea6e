"""Answers from the arena file in place of a model's: no key, no network, the same every time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pytest_arena.errors import ErrorKind, Problem, ProviderError
from pytest_arena.providers.answer_size import check_size
from pytest_arena.providers.base import Provider, ProviderEnvironment
from pytest_arena.providers.completion import CallParts
from pytest_arena.providers.error_mapping import failure
from pytest_arena.providers.message_content import last_user_text
from pytest_arena.providers.prices import Price, price_of
from pytest_arena.providers.usage import Usage
from pytest_arena.real_time import real_time
from pytest_arena.results.cell import column_name
from pytest_arena.results.content import text_in
from pytest_arena.results.request_response import Request, Response, ToolCall
from pytest_arena.schema.base import ArenaModel, Duration
from pytest_arena.schema.mock import (
    CaseMock,
    MockAnswer,
    MockPattern,
    MockResponses,
    MockToolCall,
)
from pytest_arena.schema.provider import ProviderSpec

_STATUS = {
    ErrorKind.AUTHENTICATION: 401,
    ErrorKind.RATE_LIMIT: 429,
    ErrorKind.CONTEXT_LENGTH: 400,
    ErrorKind.CONTENT_FILTER: 400,
    ErrorKind.BAD_REQUEST: 400,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.SERVER: 500,
}
_PATTERN_TIME_S = 1.0
"""The most that a user's regular expression may take on one prompt."""


class MockOptions(ArenaModel):
    """The keys of a `mock` provider."""

    responses: MockResponses | None = None
    """Answers for this provider: a file's name, or written here."""
    latency: Duration | None = None
    """How long each answer takes, where the answer itself does not say."""


class MockProvider(Provider):
    """Answers from `mock:` of the case, `responses` of the provider, or `mock:` of the file.

    The answer depends on case, provider, trial, turn, step and attempt alone, never on the order
    of calls, so that it is the same in one process and in many. It really takes its latency.
    """

    type = "mock"
    Options = MockOptions
    offline = True

    def __init__(self, spec: ProviderSpec, environment: ProviderEnvironment) -> None:
        super().__init__(spec, environment)
        # Under --arena-mock the entry may be of another kind, with other options.
        options = spec.options if isinstance(spec.options, MockOptions) else MockOptions()
        self._responses = options.responses
        self._latency_s = options.latency or 0.0
        self._patterns: dict[str, Any] = {}
        self._price: Price | None = None
        self._price_known = False

    async def complete(self, request: Request) -> Response:
        answer, goes_on = _step(self._answer(request), request)
        started = real_time.perf_counter()
        latency_s = answer.latency or self._latency_s
        if answer.error is not None:
            await _wait(latency_s)
            kind = ErrorKind(answer.error)
            raise failure(
                kind,
                answer.text or "a fault of the mock",
                status=_STATUS.get(kind),
                retry_after_s=answer.retry_after,
            )
        first_token_ms = None
        if request.stream:
            first_s = min(answer.first_token or latency_s / 2, latency_s)
            await _wait(first_s)
            first_token_ms = (real_time.perf_counter() - started) * 1000
            await _wait(latency_s - first_s)
        else:
            await _wait(latency_s)
        response = self._response(
            request, answer, (real_time.perf_counter() - started) * 1000, first_token_ms
        )
        if goes_on and response.tool_calls and answer.finish_reason is None:
            # calls that have their results already are not the end of the turn
            response.finish_reason = "tool_calls"
        check_size(f"the mock of {self.spec.name!r}", response, self.spec.most_bytes)
        return response

    def _response(
        self, request: Request, answer: MockAnswer, latency_ms: float, first_token_ms: float | None
    ) -> Response:
        output = answer.text
        if answer.finish_reason == "content_filter" and not output and not answer.tool_calls:
            raise failure(ErrorKind.CONTENT_FILTER, "the answer was withheld")
        calls = tuple(_call(call, number) for number, call in enumerate(answer.tool_calls, 1))
        waiting = any(call.result is None and call.error is None for call in calls)
        usage = Usage(
            input_tokens=_given(answer.input_tokens, _tokens_of_messages, request),
            output_tokens=_given(answer.output_tokens, _tokens_of_answer, answer),
        )
        price = self._own_price()
        return Response(
            output=output,
            finish_reason=answer.finish_reason or ("tool_calls" if waiting else "stop"),
            filtered=True if answer.finish_reason == "content_filter" else None,
            tool_calls=calls,
            latency_ms=latency_ms,
            first_token_ms=first_token_ms,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=price.cost(usage) if price else None,
            source="mock",
            model=self.spec.model or None,
        )

    def _own_price(self) -> Price | None:
        if not self._price_known:
            self._price = price_of(self.spec, (self.spec.model,) if self.spec.model else ())
            self._price_known = True
        return self._price

    def _answer(self, request: Request) -> MockAnswer:
        for answers in self._candidates(request):
            answer = _pick(answers, request)
            if answer is not None:
                return answer
        problem = Problem(
            f"the mock has no answer for case {request.case!r} on provider {request.provider!r}"
            + (f" at turn {request.turn + 1}" if request.turns > 1 else ""),
            self.spec.place,
            expected="an answer in `mock:` of the case or of the file, or in the provider's "
            "`responses:`",
            fix="give the case a `mock:`, or the file's `mock:` a `default:`",
        )
        raise ProviderError(ErrorKind.CONFIGURATION, str(problem))

    def _candidates(self, request: Request) -> Iterator[Sequence[MockAnswer]]:
        """Yield the lists of answers that may hold the one for a request, the nearest first."""
        if isinstance(request.mock, CaseMock):
            for name in _names(request):
                yield request.mock.providers.get(name, ())
            yield request.mock.default or ()
        for responses in (self._responses, request.mock_responses):
            if isinstance(responses, MockResponses):
                yield from self._in_responses(responses, request)

    def _in_responses(
        self, responses: MockResponses, request: Request
    ) -> Iterator[Sequence[MockAnswer]]:
        for name in _names(request):
            own = responses.providers.get(name)
            if own is not None:
                yield from self._in_responses(own, request)
        scenario = responses.scenarios.get(request.case)
        if scenario is not None:
            before = request.answered if responses.counted == "answers" else request.turn
            at_turn = scenario.turns.get(before + 1)
            yield (at_turn,) if at_turn is not None else ()
            yield scenario.default or ()
        if responses.patterns:
            prompt = last_user_text(request)
            for pattern in responses.patterns:
                if self._matches(pattern, prompt):
                    yield pattern.answer
                    break
        yield responses.default or ()

    def _matches(self, pattern: MockPattern, prompt: str) -> bool:
        import regex

        compiled = self._patterns.get(pattern.match)
        try:
            if compiled is None:
                compiled = regex.compile(pattern.match, regex.IGNORECASE)
                self._patterns[pattern.match] = compiled
            return compiled.search(prompt, timeout=_PATTERN_TIME_S) is not None
        except (regex.error, TimeoutError) as error:
            problem = Problem(
                f"the mock's pattern {pattern.match!r} cannot be searched: {error or 'too slow'}",
                pattern.place or self.spec.place,
                expected="a regular expression that is searched within a second",
                fix="mend or simplify the pattern",
            )
            raise ProviderError(ErrorKind.CONFIGURATION, str(problem)) from None


def _names(request: Request) -> Iterator[str]:
    """Yield the names that answers may stand under, the nearest first."""
    if request.variant is not None:
        yield column_name(request.provider, request.variant)
    yield request.provider
    if request.variant is not None:
        yield request.variant


def _pick(answers: Sequence[MockAnswer], request: Request) -> MockAnswer | None:
    """Return the answer of this trial (in a conversation: of this turn), or None.

    Under load the list is gone through again and again.
    """
    index = request.turn if request.turns > 1 else request.trial
    slots = _slots(answers)
    if not slots:
        return None
    round_and_round = request.under_load and request.turns == 1
    return _at_attempt(slots[_at(index, len(slots), round_and_round)], request.attempt)


def _step(answer: MockAnswer, request: Request) -> tuple[MockAnswer, bool]:
    """Return what is said at this call of an agent's turn, and whether another call follows."""
    if not answer.steps:
        return answer, False
    slots = _slots(answer.steps)
    found = _at_attempt(slots[_at(request.step, len(slots), False)], request.attempt)
    if found is None:
        # a step that is always tried again has no answer of its own: its last fault stays
        found = answer.steps[-1]
    return found, request.step + 1 < len(slots)


def _slots(answers: Sequence[MockAnswer]) -> list[list[MockAnswer]]:
    """Return the answers by what they are for: one with `times` stands for the first attempts
    only, what follows it in the list is the answer of the further ones."""
    slots: list[list[MockAnswer]] = [[]]
    for answer in answers:
        slots[-1].append(answer)
        if answer.times is None:
            slots.append([])
    return slots if slots[-1] else slots[:-1]


def _at_attempt(answers: Sequence[MockAnswer], attempt: int) -> MockAnswer | None:
    for answer in answers:
        if answer.times is None or attempt < answer.times:
            return answer
        attempt -= answer.times
    return None


def _at(index: int, count: int, round_and_round: bool) -> int:
    return index % count if round_and_round else min(index, count - 1)


def _call(call: MockToolCall, number: int) -> ToolCall:
    asked = CallParts(call.id or f"call_{number}", call.name, call.arguments).tool_call()
    return replace(
        asked,
        result=call.result,
        error=call.error,
        latency_ms=None if call.latency is None else call.latency * 1000,
        parent=call.parent,
    )


async def _wait(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)


def _given(tokens: int | None, estimate: Any, source: Any) -> int:
    return int(estimate(source)) if tokens is None else tokens


def _tokens_of_messages(request: Request) -> int:
    return sum(_tokens(text_in(message.get("content"))) for message in request.messages)


def _tokens_of_answer(answer: MockAnswer) -> int:
    calls = " ".join(f"{call.name} {json.dumps(call.arguments)}" for call in answer.tool_calls)
    return _tokens(answer.text) + _tokens(calls)


def _tokens(text: str) -> int:
    """Estimate tokens: four for every three words, which fits English prose."""
    return -(-len(text.split()) * 4 // 3)
