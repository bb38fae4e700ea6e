"""Who handed over to whom: in tool calls, in spans and in steps, in their order."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.assertions.behaviour.handoffs import handoffs
from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.results import Response, Span, ToolCall, Trace, Trial
from pytest_arena.results.step import Step
from pytest_arena.schema import CheckContext

SEARCH = ToolCall("search", {"query": "48213"}, result="late")
BILLING = ToolCall("transfer_to_billing", {}, result="ok")
REFUNDS = ToolCall("transfer_to_refunds", {}, result="ok")
BACK = ToolCall("transfer_back_to_triage", {}, result="ok")
FAILED = ToolCall("transfer_to_nobody", {}, error="no such agent")


def answer(*calls: ToolCall, **facts: Any) -> Response:
    return Response("Hello!", tool_calls=calls, **facts)


def spans(*agents: tuple[str, str | None, str | None]) -> Trace:
    """Make spans of id, the parent's id, and the agent."""
    return Trace(
        tuple(
            Span(
                f"work {own}", own, parent, attributes={"gen_ai.agent.name": agent} if agent else {}
            )
            for own, parent, agent in agents
        )
    )


NESTED = spans(("1", None, "Triage"), ("2", "1", None), ("3", "2", "Billing Agent"))
IN_A_ROW = spans(
    ("1", None, None), ("2", "1", "triage"), ("3", "1", "billing"), ("4", "3", "billing")
)


@pytest.mark.parametrize(
    ("call", "taker"),
    [
        (ToolCall("transfer_to_billing", {}), "billing"),
        (ToolCall("transfer_to_billing_agent", {"reason": "x"}), "billing_agent"),
        (ToolCall("transfer_back_to_supervisor", {}), "supervisor"),
        (ToolCall("handoff_to_billing", {}), "billing"),
        (ToolCall("hand_off_to_billing", {}), "billing"),
        (ToolCall("delegate_to_billing", {}), "billing"),
        (ToolCall("Handoff-transfer_to_billing", {}), "billing"),
        (ToolCall("mcp__crew__transfer_to_billing", {}), "billing"),
        (ToolCall("transfer_to_agent", {"agent_name": "Billing"}), "Billing"),
        (ToolCall("handoff_to_agent", {"agent_name": "billing", "message": "x"}), "billing"),
        (ToolCall("handoff", {"to_agent": "billing", "reason": "x"}), "billing"),
        (ToolCall("Delegate work to coworker", {"task": "x", "coworker": "Billing"}), "Billing"),
        (ToolCall("Task", {"subagent_type": "billing", "prompt": "x"}), "billing"),
        (ToolCall("task", {"name": "x"}), None),
        (ToolCall("transfer", {"to": "DE12", "amount": 5}), None),
        (ToolCall("transfer_money", {"to": "DE12"}), None),
        (ToolCall("search", {"agent": "x"}), None),
        (ToolCall("handoff", "{"), None),
    ],
)
def test_calls_that_frameworks_have_for_it_hand_over(call: ToolCall, taker: str | None) -> None:
    assert [one.taker for one in handoffs([answer(call)])] == ([taker] if taker else [])


def paths(*answers: Response, tools: tuple[str, ...] = ()) -> list[str]:
    return list(map(str, handoffs(answers, tools)))


def test_who_was_handed_to_is_at_work_until_the_next_handoff() -> None:
    first, second = answer(SEARCH, BILLING, REFUNDS), answer(BACK)
    assert paths(first, second) == [
        "an agent → billing",
        "billing → refunds",
        "refunds → triage",
    ]


def test_a_handoff_that_failed_is_none() -> None:
    assert paths(answer(FAILED, BILLING, REFUNDS)) == ["an agent → billing", "billing → refunds"]


def test_a_call_within_which_others_were_made_is_an_agent_that_answers_its_caller() -> None:
    calls = (
        ToolCall("ask_billing", {}, id="1"),
        ToolCall("search", {}, id="2", parent="1"),
        ToolCall("ask_legal", {}, id="3", parent="1"),
        ToolCall("search", {}, id="4", parent="3"),
        ToolCall("transfer_to_refunds", {}, id="5", parent="1"),
        ToolCall("transfer_to_audit", {}, id="6", parent="1"),
        BACK,
        BILLING,
    )
    assert paths(answer(*calls)) == [
        "an agent → ask_billing",
        "ask_billing → ask_legal",
        "ask_billing → refunds",
        "refunds → audit",
        "an agent → triage",
        "triage → billing",
    ]


def test_the_spans_of_a_trace_tell_which_agent_ran_within_or_after_which() -> None:
    assert paths(answer(trace=NESTED)) == ["Triage → Billing Agent"]
    assert paths(answer(trace=IN_A_ROW)) == ["triage → billing"]
    supervised = spans(("1", None, "chief"), ("2", "1", "a"), ("3", "1", "b"), ("4", "1", "chief"))
    assert paths(answer(trace=supervised)) == ["chief → a", "chief → b"]


def test_several_calls_of_a_model_are_one_run_of_its_agent_and_several_runs_several() -> None:
    asked_twice = spans(("1", None, "chief"), ("2", "1", "a"), ("3", "1", "a"))
    assert paths(answer(trace=asked_twice)) == ["chief → a"]
    between = spans(("1", None, "chief"), ("2", "1", "a"), ("3", "1", "chief"), ("4", "1", "a"))
    assert paths(answer(trace=between)) == ["chief → a", "chief → a"]
    run = {"gen_ai.agent.name": "a", "gen_ai.operation.name": "invoke_agent"}
    runs = (Span(f"invoke_agent a {n}", n, "1", attributes=run) for n in ("2", "3"))
    assert paths(answer(trace=Trace((*between.spans[:1], *runs)))) == ["chief → a", "chief → a"]


def test_tools_that_are_named_go_before_spans() -> None:
    given = answer(ToolCall("ask_legal", {}), trace=NESTED)
    assert paths(given, tools=("ask_*",)) == ["Triage → legal"]


def test_spans_go_before_calls_and_calls_count_where_spans_name_one_agent() -> None:
    assert paths(answer(BILLING, trace=NESTED)) == ["Triage → Billing Agent"]
    alone = spans(("1", None, "triage"))
    assert paths(answer(BILLING, trace=alone)) == ["triage → billing"]


def test_steps_tell_whose_they_are() -> None:
    steps = tuple(Step("model", agent=name) for name in ("triage", "triage", "", "billing"))
    assert paths(answer(steps=steps)) == ["triage → billing"]


def test_spans_that_run_in_a_circle_end() -> None:
    circle = spans(("1", "2", "a"), ("2", "1", "b"))
    assert paths(answer(trace=circle))


def test_tools_of_ones_own_hand_over_instead() -> None:
    calls = (ToolCall("ask_billing", {}), BILLING, ToolCall("route", {"agent": "legal"}))
    assert paths(answer(*calls), tools=("ask_*", "route")) == [
        "an agent → billing",
        "billing → legal",
    ]


WITHIN = (ToolCall("billing", {}, id="1"), ToolCall("search", {}, parent="1"))
ASKS_LEGAL = answer(ToolCall("ask_legal", {}))

CASES: list[tuple[str, list[Response], str, float | None]] = [
    ("{type: handoff}", [answer(BILLING)], "passed", 1),
    ("{type: handoff}", [answer(SEARCH)], "failed", 0),
    ("{type: handoff, not: true}", [answer(SEARCH)], "passed", 1),
    ("{type: handoff, to: billing}", [answer(BILLING)], "passed", 1),
    ("{type: handoff, to: Billing}", [answer(BILLING)], "passed", 1),
    ("{type: handoff, to: 'bill*'}", [answer(BILLING)], "passed", 1),
    ("{type: handoff, to: bill}", [answer(BILLING)], "failed", 0),
    ("{type: handoff, to: [billing, refunds]}", [answer(BILLING), answer(REFUNDS)], "passed", 1),
    ("{type: handoff, to: [refunds, billing]}", [answer(BILLING, REFUNDS)], "failed", 0.5),
    (
        "{type: handoff, to: [refunds, billing], mode: any_order}",
        [answer(BILLING, REFUNDS)],
        "passed",
        1,
    ),
    ("{type: handoff, to: billing, mode: exact}", [answer(BILLING, REFUNDS)], "failed", 0.5),
    (
        "{type: handoff, to: [billing, refunds], mode: exact}",
        [answer(BILLING, REFUNDS)],
        "passed",
        1,
    ),
    ("{type: handoff, from: billing, to: refunds}", [answer(BILLING, REFUNDS)], "passed", 1),
    ("{type: handoff, from: refunds}", [answer(BILLING), answer(REFUNDS, BACK)], "passed", 1),
    ("{type: handoff, from: triage, to: billing}", [answer(BILLING)], "error", None),
    ("{type: handoff, from: triage, to: legal}", [answer(BILLING)], "failed", 0),
    ("{type: handoff, from: triage, to: billing-agent}", [answer(trace=NESTED)], "passed", 1),
    ("{type: handoff, from: billing, to: triage}", [answer(trace=NESTED)], "failed", 0),
    ("{type: handoff, to: refunds, turn: 2}", [answer(BILLING), answer(REFUNDS)], "passed", 1),
    ("{type: handoff, to: refunds, turn: 1}", [answer(BILLING), answer(REFUNDS)], "failed", 0),
    (
        "{type: handoff, from: billing, to: refunds, turn: last}",
        [answer(BILLING), answer(REFUNDS)],
        "passed",
        1,
    ),
    (
        "{type: handoff, to: legal, tools: 'ask_*'}",
        [answer(ToolCall("ask_legal", {}))],
        "passed",
        1,
    ),
    ("{type: handoff, to: billing, tools: 'ask_*'}", [answer(BILLING)], "failed", 0),
    ("{type: handoff, to: billing}", [answer(tells_tools=False)], "error", None),
    ("{type: handoff, to: 'billing*'}", [answer(tells_tools=False, trace=NESTED)], "passed", 1),
    ("{type: handoff, tools: 'ask_*'}", [answer(tells_tools=False, trace=NESTED)], "error", None),
    ("{type: handoff, tools: 'ask_*', not: true}", [answer(*WITHIN)], "passed", 1),
    ("{type: handoff, to: x, not: true}", [answer(trace=Trace((), left_out=3))], "error", None),
    ("{type: handoff, to: billing}", [answer(BILLING, filtered=True)], "passed", 1),
    ("{type: handoff, to: billing, not: true}", [answer(filtered=True)], "error", None),
]


@pytest.mark.parametrize(("text", "answers", "verdict", "score"), CASES)
def test_handoffs_get_their_verdict(
    text: str, answers: list[Response], verdict: str, score: float | None, build: Any
) -> None:
    finding = evaluate(build(text), Trial((), tuple(answers), verdict="error"), CheckContext())
    assert (finding.verdict, finding.score) == (verdict, score), finding.reason


def test_the_reason_names_all_handoffs(build: Any) -> None:
    trial = Trial((), (answer(BILLING, REFUNDS),), verdict="error")
    found = evaluate(build("{type: handoff, to: [legal], from: billing}"), trial, CheckContext())
    assert found.reason == "an agent → billing, billing → refunds"
    assert found.expected == "billing → legal"


def test_where_nobody_handed_over_the_calls_are_told(build: Any) -> None:
    trial = Trial((), (answer(SEARCH),), verdict="error")
    found = evaluate(build("{type: handoff, to: billing}"), trial, CheckContext())
    assert found.reason == 'nobody handed over; called: search({"query": "48213"})'
