"""The path that an agent took: each check holds, fails, and is an error where nobody told."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.results import Response, ToolCall, Trial
from pytest_arena.results.step import Step
from pytest_arena.schema import CheckContext

FIND = ToolCall("find_order", {"number": "48213"}, result={"status": "shipped"})
REFUND = ToolCall("refund", {"number": "48213", "amount": 12.5, "note": "late by DHL"}, result="ok")
MAIL = ToolCall("mcp__crm__send_mail", {"to": "ann@corp.example"}, result="sent")
LOG = ToolCall("log", {})
SIGNED_PATH = "{tool: refund, arguments: {number: '48213', note: 'late*'}}"

CASES: list[tuple[str, list[ToolCall], str, float]] = [
    ("{type: trajectory, steps: [find_order, refund]}", [FIND, LOG, REFUND], "passed", 1),
    ("{type: trajectory, steps: [find_order, refund]}", [REFUND, FIND], "failed", 0.5),
    ("{type: trajectory, steps: [find_order, refund], threshold: 0.5}", [FIND], "passed", 0.5),
    ("{type: trajectory, steps: [find_order, refund], threshold: 0.51}", [FIND], "failed", 0.5),
    ("{type: trajectory, steps: [refund]}", [], "failed", 0),
    ("{type: trajectory, steps: [refund], not: true}", [FIND], "passed", 1),
    ("{type: trajectory, steps: find_order}", [FIND], "passed", 1),
    ("{type: trajectory, value: [crm.send_mail]}", [MAIL], "passed", 1),
    ("{type: trajectory, steps: ['*', refund]}", [REFUND], "failed", 0.5),
    ("{type: trajectory, mode: exact, steps: [find_order, refund]}", [FIND, REFUND], "passed", 1),
    (
        "{type: trajectory, mode: exact, steps: [find_order, refund]}",
        [FIND, LOG, REFUND],
        "failed",
        1 / 3,
    ),
    ("{type: trajectory, mode: exact, steps: [find_order, '*']}", [FIND, LOG], "passed", 1),
    ("{type: trajectory, mode: exact, steps: [find_order]}", [], "failed", 0),
    ("{type: trajectory, mode: any_order, steps: [refund, log]}", [LOG, FIND, REFUND], "passed", 1),
    ("{type: trajectory, mode: any_order, steps: [log, log]}", [LOG, FIND], "failed", 0.5),
    ("{type: trajectory, mode: any_order, steps: ['*', log]}", [LOG, FIND], "passed", 1),
    ("{type: trajectory, mode: any_order, steps: ['*', '*o*', log]}", [LOG, FIND], "failed", 2 / 3),
    (f"{{type: trajectory, steps: [{SIGNED_PATH}]}}", [REFUND], "passed", 1),
    ("{type: trajectory, steps: [{tool: refund, args: {note: 'early*'}}]}", [REFUND], "failed", 0),
    ("{type: trajectory, steps: [{tool: refund, args: {note: '*'}}]}", [REFUND], "passed", 1),
    ("{type: trajectory, steps: [{tool: refund, args: {reason: '*'}}]}", [REFUND], "failed", 0),
    ("{type: trajectory, steps: [{tool: refund, args: {amount: 12.5}}]}", [REFUND], "passed", 1),
    ("{type: trajectory, steps: [{tool: refund, args: {amount: '12.5'}}]}", [REFUND], "failed", 0),
    (
        "{type: trajectory, steps: [{tool: refund, matches: {number: '^[0-9]{5}$'}}]}",
        [REFUND],
        "passed",
        1,
    ),
    (
        "{type: trajectory, steps: [{tool: refund, args_match: {number: '^[A-Z]'}}]}",
        [REFUND],
        "failed",
        0,
    ),
    ("{type: trajectory, steps: [{tool: log, matches: {number: ''}}]}", [LOG], "failed", 0),
    (
        "{type: trajectory, steps: [{tool: find_order, equals: {number: '48213'}}]}",
        [FIND],
        "passed",
        1,
    ),
    ("{type: trajectory, steps: [{tool: refund, equals: {number: x}}]}", [REFUND], "failed", 0),
    ("{type: trajectory, steps: [{tool: log, equals: {}}]}", [LOG], "passed", 1),
    (
        "{type: trajectory, steps: [{tool: f, arguments: {a: {b: 'x*'}, c: [2]}}]}",
        [ToolCall("f", {"a": {"b": "xy", "d": 1}, "c": [1, 2]})],
        "passed",
        1,
    ),
    (
        "{type: trajectory, steps: [{tool: f, arguments: {a: 1}}]}",
        [ToolCall("f", '{"a"')],
        "failed",
        0,
    ),
    ("{type: step_efficiency, reference: [find_order, refund]}", [FIND, REFUND], "passed", 1),
    (
        "{type: step_efficiency, reference: [find_order, refund]}",
        [FIND, LOG, REFUND],
        "failed",
        2 / 3,
    ),
    (
        "{type: step_efficiency, reference: [find_order, refund], min_score: 0.5}",
        [LOG, FIND, REFUND, LOG],
        "passed",
        0.5,
    ),
    (
        "{type: step_efficiency, reference: [find_order, refund], min_score: 0.51}",
        [LOG, FIND, REFUND, LOG],
        "failed",
        0.5,
    ),
    ("{type: step_efficiency, reference: [find_order, refund]}", [REFUND], "failed", 0.5),
    ("{type: step_efficiency, reference: [find_order, refund]}", [REFUND, FIND], "failed", 0.5),
    ("{type: step_efficiency, reference: [find_order]}", [], "failed", 0),
]


def trial_of(*answers: list[ToolCall], **facts: Any) -> Trial:
    responses = tuple(Response("Done.", tool_calls=tuple(calls), **facts) for calls in answers)
    return Trial(messages=(), responses=responses, verdict="passed")


@pytest.mark.parametrize(("text", "calls", "verdict", "score"), CASES)
def test_a_path_gets_its_verdict(
    text: str, calls: list[ToolCall], verdict: str, score: float, build: Any
) -> None:
    finding = evaluate(build(text), trial_of(calls), CheckContext())
    assert (finding.verdict, finding.score) == (verdict, pytest.approx(score)), finding.reason


@pytest.mark.parametrize(
    "text",
    [
        "{type: trajectory, steps: [a]}",
        "{type: step_efficiency, reference: [a]}",
        "{type: no_anomaly}",
        "{type: no_anomaly, anomalies: [loop, empty_response]}",
    ],
)
def test_a_path_that_nobody_told_is_an_error(text: str, build: Any) -> None:
    finding = evaluate(build(text), trial_of([], tells_tools=False), CheckContext())
    assert (finding.verdict, finding.reason) == (
        "error",
        "the provider does not tell which tools were called",
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "{type: trajectory, steps: [find_order, refund, cancel]}",
            "expected cancel after refund (step 3); called: find_order",
        ),
        ("{type: trajectory, steps: [cancel]}", "expected cancel (step 1); called: find_order"),
        (
            "{type: trajectory, mode: exact, steps: [find_order, {tool: log, args: {a: 1}}]}",
            'call 2 is refund({"number": "48213", "amount": 12.5, "note": "late by DHL"}), '
            'expected log({"a": 1}); called: ',
        ),
        (
            "{type: trajectory, mode: exact, steps: [find_order]}",
            'call 2 is one too many: refund({"number": ',
        ),
        (
            "{type: trajectory, mode: exact, steps: [find_order, refund, log]}",
            "no call came, expected log; called: ",
        ),
        (
            "{type: trajectory, mode: any_order, steps: [log, refund, cancel]}",
            "no call is log, nor cancel; called: ",
        ),
        (
            "{type: step_efficiency, reference: [refund]}",
            "efficiency 0.5: 2 calls, 1 of the 1 on the path; called: ",
        ),
    ],
)
def test_a_reason_says_where_the_paths_part(text: str, reason: str, build: Any) -> None:
    finding = evaluate(build(text), trial_of([FIND, REFUND]), CheckContext())
    assert finding.reason.startswith(reason)


def test_a_pattern_that_takes_too_long_is_an_error(build: Any) -> None:
    call = ToolCall("f", {"a": "a" * 60 + "!"})
    text = "{type: trajectory, steps: [{tool: f, matches: {a: '^(a|aa)+$'}}]}"
    finding = evaluate(build(text), trial_of([call]), CheckContext())
    assert finding.verdict == "error"
    assert finding.reason.startswith("the pattern '^(a|aa)+$' took longer than 1 s")


def test_a_turn_of_the_conversation_is_looked_at_alone(build: Any) -> None:
    trial = trial_of([FIND], [REFUND])
    for turn, verdict in ((1, "failed"), (2, "passed"), ("last", "passed"), (3, "error")):
        text = f"{{type: trajectory, mode: exact, steps: [refund], turn: {turn}}}"
        assert evaluate(build(text), trial, CheckContext()).verdict == verdict


MODEL = Step("model", name="mini")
TOOL = Step("tool", name="find_order", call="1")


@pytest.mark.parametrize(
    ("text", "responses", "verdict"),
    [
        ("{type: llm_turns, max: 2}", [Response("a", steps=(MODEL, TOOL, MODEL))], "passed"),
        ("{type: llm_turns, max: 1}", [Response("a", steps=(MODEL, TOOL, MODEL))], "failed"),
        ("{type: llm_turns, min: 2}", [Response("a", steps=(MODEL, TOOL, MODEL))], "passed"),
        ("{type: llm_turns, min: 3}", [Response("a", steps=(MODEL, TOOL, MODEL))], "failed"),
        ("{type: llm_turns, max: 2}", [Response("a"), Response("b")], "passed"),
        ("{type: llm_turns, max: 1}", [Response("a"), Response("b")], "failed"),
        ("{type: llm_turns, max: 1, turn: 2}", [Response("a"), Response("b")], "passed"),
        ("{type: llm_turns, max: 1, not: true}", [Response("a")], "failed"),
        ("{type: llm_turns, max: 1}", [Response("", tool_calls=(LOG,))], "passed"),
        ("{type: llm_turns, max: 9}", [Response("a", tool_calls=(FIND,))], "error"),
        ("{type: turn_count, max: 2}", [Response("a"), Response("b")], "passed"),
        ("{type: turn_count, max: 1}", [Response("a"), Response("b")], "failed"),
        ("{type: turn_count, min: 2}", [Response("a"), Response("b")], "passed"),
        ("{type: turn_count, min: 3}", [Response("a"), Response("b")], "failed"),
        ("{type: turn_count, max: 1}", [Response("a", steps=(MODEL, TOOL, MODEL))], "passed"),
        ("{type: turn_count, max: 0}", [], "passed"),
    ],
)
def test_turns_and_model_calls_are_counted(
    text: str, responses: list[Response], verdict: str, build: Any
) -> None:
    trial = Trial(messages=(), responses=tuple(responses), verdict="passed")
    assert evaluate(build(text), trial, CheckContext()).verdict == verdict


def test_an_application_does_not_tell_how_often_it_called_a_model(build: Any) -> None:
    application = CheckContext(is_model=False)
    text = "{type: llm_turns, max: 9}"
    finding = evaluate(build(text), trial_of([]), application)
    assert (finding.verdict, finding.reason) == (
        "error",
        "nobody tells how often the model was called",
    )
    traced = Trial(messages=(), responses=(Response("a", steps=(MODEL,)),), verdict="passed")
    assert evaluate(build(text), traced, application).verdict == "passed"


def test_a_single_turn_has_no_turns_to_count(build: Any) -> None:
    finding = evaluate(build("{type: turn_count, max: 9}"), trial_of([]), CheckContext(turn=0))
    assert finding.verdict == "error"
