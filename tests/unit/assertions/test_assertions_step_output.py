"""`step_output`: what its members see of a step, and what it says where there is none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pytest_arena.assertions.behaviour.step_output import StepOutput
from pytest_arena.assertions.evaluate import evaluate, evaluate_async
from pytest_arena.assertions.metrics import ResponseTime, TokenCount
from pytest_arena.assertions.text import Contains
from pytest_arena.assertions.tool_calls.names import ToolsCalled
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.step import Step
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.schema import Assertion, CheckContext

CHAIN = Response(
    "Sorry.",
    tool_calls=(ToolCall("find", {}),),
    latency_ms=900,
    output_tokens=7,
    steps=(
        Step("instruction", 0, 100, "sort", text="a refund"),
        Step("model", 0, 90, "m"),
        Step("instruction", 100, 5, "2", text="A REFUND"),
        Step("note", 105, text="noted"),
    ),
)


def found(step: int | str, *members: Assertion, answer: Response = CHAIN, **keys: Any) -> Finding:
    trial = Trial(messages=(), responses=(Response("before"), answer), verdict="error")
    assertion = StepOutput(step=step, assertions=members or (Contains(value="refund"),), **keys)
    finding = evaluate(assertion, trial, CheckContext())
    again = asyncio.run(evaluate_async(assertion, trial, CheckContext()))
    assert again.verdict == finding.verdict
    return finding


@pytest.mark.parametrize("step", [1, "sort"])
def test_members_see_what_the_step_gave(step: int | str) -> None:
    assert found(step).verdict == "passed"
    assert found(step, Contains(value="Sorry")).verdict == "failed"
    assert found(2, Contains(value="REFUND", case_sensitive=True)).verdict == "passed"


def test_what_is_said_names_the_step() -> None:
    assert found("sort").reason == "step sort: all 1 hold"
    assert found(2, Contains(value="x")).reason.startswith("step 2: 0 of 1 hold; failed: contains")


def test_a_name_that_is_a_number_is_that_step() -> None:
    assert found("2", Contains(value="REFUND", case_sensitive=True)).verdict == "passed"


def test_a_step_has_a_time_of_its_own_and_no_tokens_or_tools() -> None:
    assert found(1, ResponseTime(max_ms=100)).verdict == "passed"
    assert found(1, ResponseTime(max_ms=99)).verdict == "failed"
    assert found(1, TokenCount(max=100)).verdict == "error"
    assert found(1, ToolsCalled(tools=("find",))).verdict == "error"


def test_not_turns_what_the_members_say() -> None:
    assert found(1, negate=True).verdict == "failed"
    assert found(1, Contains(value="x"), negate=True).verdict == "passed"


@pytest.mark.parametrize("negate", [True, False])
def test_a_step_that_did_not_run_fails_whatever_not_says(negate: bool) -> None:
    finding = found(3, negate=negate)
    assert finding.verdict == "failed"
    assert finding.reason == "step 3 did not run: the chain ended after 2 steps"


@pytest.mark.parametrize(
    "answer",
    [Response("a refund"), Response("x", steps=(Step("model", 0, 10, "m"),))],
)
def test_an_answer_that_is_no_chains_is_an_error(answer: Response) -> None:
    assert found(1, answer=answer).verdict == "error"


def test_a_step_that_failed_is_an_error() -> None:
    broken = Response("x", steps=(Step("instruction", 0, 10, "1", error="down"),))
    assert found(1, answer=broken).verdict == "error"
