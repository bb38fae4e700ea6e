"""Assertions on tool calls: each holds, fails, and is an error where nobody could tell."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.results import Response, ToolCall, Trial
from pytest_arena.schema import CheckContext

FIND = ToolCall("find_order", {"number": "48213"}, result={"status": "shipped", "by": "DHL"})
REFUND = ToolCall("refund", {"number": "48213", "amount": 12.5}, result="refunded ORD-123456")
FAILED = ToolCall("refund", {"number": "1"}, error="no such order")
ASKED = ToolCall("find_order", {"number": "48213"})
"""What a bare model asks for; nobody ran it."""

TOOL = {
    "type": "object",
    "properties": {"number": {"type": "string"}},
    "required": ["number"],
    "additionalProperties": False,
}
CONTEXT = CheckContext(tools={"find_order": TOOL})

MAIL = ToolCall("mcp__crm__send_mail", {"to": "ann@corp.example"}, result="sent")

CASES: list[tuple[str, list[ToolCall], str]] = [
    ("{type: tools_called, tools: ['find_*', crm.send_mail]}", [FIND, MAIL], "passed"),
    ("{type: tools_called, tools: ['*']}", [], "failed"),
    ("{type: tools_called, tools: ['*'], max_calls: 1}", [FIND, MAIL], "failed"),
    ("{type: tools_called, tools: ['crm.*', 'find*'], order: in_order}", [FIND, MAIL], "failed"),
    ("{type: tools_called, tools: ['*', 'crm.*'], order: exact}", [FIND, MAIL], "passed"),
    ("{type: tools_not_called, tools: 'crm.*'}", [FIND], "passed"),
    ("{type: tools_not_called, tools: 'crm.*'}", [FIND, MAIL], "failed"),
    ("{type: tool_call_count, tool: 'crm.*', max: 0}", [FIND, MAIL], "failed"),
    (
        "{type: tool_call_sequence, sequence: ['find*', '*', refund]}",
        [FIND, MAIL, REFUND],
        "passed",
    ),
    ("{type: tool_call_sequence, sequence: ['find*', '*', refund]}", [FIND, REFUND], "failed"),
    ("{type: tool_no_repeat, tools: 'find*'}", [FIND, REFUND, FIND], "failed"),
    ("{type: tool_no_repeat, tools: 'crm.*'}", [FIND, FIND], "passed"),
    ("{type: no_tool_errors, tools: 're*'}", [FIND, FAILED], "failed"),
    ("{type: tool_args, tool: '*mail', path: to, contains: ann}", [FIND, MAIL], "passed"),
    ("{type: tool_result_includes, tool: 'mcp__crm__*', patterns: [sent]}", [MAIL], "passed"),
    ("{type: tool_call_f1, tools: ['find*', crm.send_mail]}", [FIND, MAIL], "passed"),
    ("{type: tool_call_f1, tools: ['find*', refund], threshold: 0.5}", [FIND, MAIL], "passed"),
    ("{type: tool_call_f1, tools: ['find*', refund], threshold: 0.51}", [FIND, MAIL], "failed"),
    ("{type: tools_called, tools: refund, when: {tool_called: 'crm.*'}}", [MAIL], "failed"),
    ("{type: tools_called, tools: refund, when: {tool_called: 'crm.*'}}", [FIND], "skipped"),
    ("{type: tools_called, tools: [refund, find_order]}", [FIND, REFUND], "passed"),
    ("{type: tools_called, tools: find_order}", [FIND, REFUND], "passed"),
    ("{type: tools_called, tools: [refund]}", [FIND], "failed"),
    ("{type: tools_called, tools: [refund], not: true}", [FIND], "passed"),
    ("{type: tools_called, tools: [find_order, find_order]}", [FIND], "failed"),
    (
        "{type: tools_called, tools: [refund, find_order], order: in_order}",
        [FIND, REFUND],
        "failed",
    ),
    (
        "{type: tools_called, tools: [find_order, refund], order: in_order}",
        [FIND, REFUND],
        "passed",
    ),
    ("{type: tools_called, tools: [find_order], order: exact}", [FIND], "passed"),
    ("{type: tools_called, tools: [find_order], order: exact}", [FIND, REFUND], "failed"),
    ("{type: tools_called, tools: [find_order], min_calls: 2}", [FIND], "failed"),
    ("{type: tools_called, tools: [find_order], max_calls: 1}", [FIND, FIND], "failed"),
    ("{type: tools_not_called, tools: [refund]}", [FIND], "passed"),
    ("{type: tools_not_called, tools: [refund]}", [FIND, REFUND], "failed"),
    ("{type: tools_not_called, tools: [refund]}", [], "passed"),
    ("{type: tool_call_count, min: 1, max: 2}", [FIND, REFUND], "passed"),
    ("{type: tool_call_count, max: 1}", [FIND, REFUND], "failed"),
    ("{type: tool_call_count, tool: refund, min: 1}", [FIND], "failed"),
    ("{type: tool_call_sequence, sequence: [find_order, refund]}", [FIND, FIND, REFUND], "passed"),
    ("{type: tool_call_sequence, sequence: [find_order, refund]}", [REFUND, FIND], "failed"),
    ("{type: tool_no_repeat}", [FIND, REFUND], "passed"),
    ("{type: tool_no_repeat}", [FIND, REFUND, FIND], "failed"),
    ("{type: tool_no_repeat, consecutive: true}", [FIND, REFUND, FIND], "passed"),
    ("{type: tool_no_repeat, max_repeats: 2}", [FIND, FIND], "passed"),
    ("{type: tool_no_repeat}", [REFUND, FAILED], "passed"),
    ("{type: tool_no_repeat, compare: tool}", [REFUND, FAILED], "failed"),
    ("{type: tool_no_repeat, compare: tool, tools: [find_order]}", [REFUND, FAILED], "passed"),
    ("{type: no_tool_errors}", [FIND, REFUND], "passed"),
    ("{type: no_tool_errors}", [FIND, FAILED], "failed"),
    ("{type: no_tool_errors, tools: [find_order]}", [FIND, FAILED], "passed"),
    ("{type: no_tool_errors}", [], "passed"),
    ("{type: no_tool_errors}", [ASKED], "error"),
    ("{type: no_tool_errors}", [FIND, ToolCall("log", {})], "passed"),
    ("{type: tool_result_includes, tool: find_order, patterns: [Shipped, dhl]}", [FIND], "passed"),
    ("{type: tool_result_includes, patterns: [lost]}", [FIND, REFUND], "failed"),
    ("{type: tool_result_includes, patterns: [lost]}", [], "failed"),
    ("{type: tool_result_includes, patterns: [lost], not: true}", [], "failed"),
    ("{type: tool_result_includes, patterns: [shipped], occurrence: 2}", [FIND], "failed"),
    ("{type: tool_result_includes, patterns: [shipped]}", [ASKED], "error"),
    ("{type: tool_result_matches, pattern: 'ORD-[0-9]{6}'}", [FIND, REFUND], "passed"),
    ("{type: tool_result_matches, pattern: '^ORD'}", [REFUND], "failed"),
    ("{type: tool_result_matches, pattern: x}", [ASKED], "error"),
    ("{type: tool_call_f1, tools: [find_order, refund]}", [FIND, REFUND], "passed"),
    ("{type: tool_call_f1, tools: [find_order, refund]}", [FIND], "failed"),
    ("{type: tool_call_f1, tools: [find_order, refund], threshold: 0.6}", [FIND], "passed"),
    ("{type: tool_efficiency, max_calls: 2}", [ASKED, ASKED], "passed"),
    ("{type: tool_efficiency, max_calls: 1}", [FIND, REFUND], "failed"),
    ("{type: tool_efficiency, max_errors: 0}", [FIND, FAILED], "failed"),
    ("{type: tool_efficiency, max_error_rate: 0.5}", [FIND, FAILED], "passed"),
    ("{type: tool_efficiency, max_error_rate: 0.4}", [FIND, FAILED], "failed"),
    ("{type: tool_efficiency, max_errors: 0}", [ASKED], "error"),
    ("{type: tool_args, tool: refund, contains: {number: '48213'}}", [FIND, REFUND], "passed"),
    ("{type: tool_args, tool: refund, contains: {number: '1'}}", [REFUND, FAILED], "passed"),
    (
        "{type: tool_args, tool: refund, contains: {number: '1'}, call: 1}",
        [REFUND, FAILED],
        "failed",
    ),
    (
        "{type: tool_args, tool: refund, contains: {number: '1'}, call: 2}",
        [REFUND, FAILED],
        "passed",
    ),
    ("{type: tool_args, tool: refund, contains: {number: '1'}, call: last}", [FAILED], "passed"),
    (
        "{type: tool_args, tool: refund, contains: {number: '1'}, call: all}",
        [REFUND, FAILED],
        "failed",
    ),
    ("{type: tool_args, tool: refund, contains: {number: '1'}, call: 3}", [FAILED], "failed"),
    ("{type: tool_args, tool: find_order, equals: {number: '48213'}}", [FIND], "passed"),
    ("{type: tool_args, tool: refund, equals: {number: '48213'}}", [REFUND], "failed"),
    ("{type: tool_args, tool: find_order, equals: {number: 48213}}", [FIND], "failed"),
    ("{type: tool_args, tool: refund, path: amount, equals: 12.5}", [REFUND], "passed"),
    ("{type: tool_args, tool: refund, path: amount}", [FAILED], "failed"),
    ("{type: tool_args, tool: refund, path: amount, equals: null}", [FAILED], "passed"),
    ("{type: tool_args, tool: refund, path: number, matches: '^[0-9]{5}$'}", [REFUND], "passed"),
    (
        "{type: tool_args, tool: find, matches: Müller}",
        [ToolCall("find", {"name": "Müller"})],
        "passed",
    ),
    ("{type: tool_args, tool: refund, path: number, matches: '^[0-9]{5}$'}", [FAILED], "failed"),
    ("{type: tool_args, tool: refund, path: number, contains: '48'}", [REFUND], "passed"),
    ("{type: tool_args, tool: refund, schema: {required: [amount]}}", [REFUND], "passed"),
    ("{type: tool_args, tool: refund, schema: {required: [amount]}}", [FAILED], "failed"),
    ("{type: tool_args, tool: refund, path: 'nope(@)', equals: 1}", [REFUND], "error"),
    ("{type: tool_args, tool: refund, contains: {}, not: true}", [FIND], "failed"),
    ("{type: tool_args, tool: f, contains: {a: 1}}", [ToolCall("f", '{"a": 1')], "failed"),
    *(
        (
            f"{{type: tool_args, tool: f, path: to_number(p), {keys}}}",
            [ToolCall("f", {"p": given})],
            verdict,
        )
        for keys, given, verdict in (
            ("schema: {minimum: 1, maximum: 9}", "NaN", "failed"),
            ("schema: {minimum: 1, maximum: 9}", "5", "passed"),
            ("schema: {minimum: 1}", None, "failed"),
            ("schema: {type: [number, 'null'], minimum: 1}", None, "passed"),
            ("schema: true", None, "failed"),
            ("matches: '[a-z]+'", None, "failed"),
            ("equals: null", None, "passed"),
        )
    ),
    (
        "{type: tool_args, tool: f, path: 'p[?a == `1`]'}",
        [ToolCall("f", {"p": [{"a": 2}]})],
        "failed",
    ),
    ("{type: tool_args, tool: f, path: p}", [ToolCall("f", {"p": []})], "passed"),
    ("{type: tool_args, tool: f, path: 'p[*]', equals: []}", [ToolCall("f", {"p": []})], "passed"),
    ("{type: tool_args, tool: f, contains: {p: [1, 1]}}", [ToolCall("f", {"p": [1, 2]})], "failed"),
    (
        "{type: trajectory, steps: [{tool: f, arguments: {p: [1, 1]}}]}",
        [ToolCall("f", {"p": [1, 2]})],
        "failed",
    ),
    (
        '{type: tool_args, tool: f, contains: {"caf\u00e9": 1}}',
        [ToolCall("f", {"cafe\u0301": 1})],
        "passed",
    ),
    ("{type: valid_tool_calls}", [FIND], "passed"),
    ("{type: valid_tool_calls}", [FIND, REFUND], "failed"),
    ("{type: valid_tool_calls}", [ToolCall("find_order", {"number": 7})], "failed"),
    ("{type: valid_tool_calls}", [ToolCall("find_order", {"id": "7"})], "failed"),
    ("{type: valid_tool_calls}", [ToolCall("find_order", '{"num')], "failed"),
    ("{type: valid_tool_calls}", [], "failed"),
]


def trial_of(*answers: list[ToolCall], **facts: Any) -> Trial:
    responses = tuple(Response("", tool_calls=tuple(calls), **facts) for calls in answers)
    return Trial(messages=(), responses=responses, verdict="passed")


@pytest.mark.parametrize(("text", "calls", "verdict"), CASES)
def test_calls_get_their_verdict(
    text: str, calls: list[ToolCall], verdict: str, build: Any
) -> None:
    finding = evaluate(build(text), trial_of(calls), CONTEXT)
    assert finding.verdict == verdict, finding.reason


@pytest.mark.parametrize(
    "text", {text.split(",")[0].rstrip("}"): text for text, _, _ in CASES}.values()
)
def test_nothing_is_judged_where_nobody_told_which_tools_were_called(text: str, build: Any) -> None:
    finding = evaluate(build(text), trial_of([], tells_tools=False), CONTEXT)
    assert (finding.verdict, finding.reason) == (
        "error",
        "the provider does not tell which tools were called",
    )


def test_calls_are_of_no_known_tools_where_none_were_offered(build: Any) -> None:
    finding = evaluate(build("{type: valid_tool_calls}"), trial_of([FIND]), CheckContext())
    assert finding.verdict == "error"


@pytest.mark.parametrize(
    ("turn", "verdict"),
    [("1", "failed"), ("2", "passed"), ("last", "passed"), ("null", "passed"), ("3", "error")],
)
def test_one_turn_is_looked_at_or_the_whole_conversation(
    turn: str, verdict: str, build: Any
) -> None:
    assertion = build(f"{{type: tools_called, tools: [refund], turn: {turn}}}")
    finding = evaluate(assertion, trial_of([FIND], [REFUND]), CONTEXT)
    assert finding.verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("{type: tools_not_called, tools: [refund]}", "error"),
        ("{type: tools_not_called, tools: [refund], turn: 1}", "error"),
        ("{type: tools_not_called, tools: [refund], turn: 2}", "passed"),
        ("{type: tool_call_count, max: 3}", "error"),
        ("{type: no_anomaly}", "error"),
        ("{type: no_anomaly, turn: last}", "passed"),
        ("{type: tools_called, tools: [find_order]}", "passed"),
        ("{type: tools_not_called, tools: [find_order]}", "failed"),
    ],
)
def test_what_a_filter_cut_off_an_earlier_answer_could_have_held_calls(
    text: str, verdict: str, build: Any
) -> None:
    cut, whole = Response("I will", filtered=True), Response("", tool_calls=(FIND,))
    trial = Trial(messages=(), responses=(cut, whole), verdict="passed")
    assert evaluate(build(text), trial, CONTEXT).verdict == verdict


def test_a_turns_own_assertion_names_no_turn(build: Any) -> None:
    assertion = build("{type: tools_called, tools: [refund], turn: 1}")
    finding = evaluate(assertion, trial_of([REFUND]), CheckContext(turn=0))
    assert finding.verdict == "error"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "{type: tool_call_sequence, sequence: [refund, find_order]}",
            'expected find_order after refund; called: find_order({"number": "48213"}), '
            'refund({"number": "48213", "amount": 12.5})',
        ),
        ("{type: tools_called, tools: [cancel]}", "expected cancel; called: find_order"),
        (
            "{type: tool_call_count, tool: refund, max: 0}",
            "1 call of refund, over the 0 calls of refund allowed",
        ),
        ("{type: no_tool_errors, not: true}", "called: find_order"),
        (
            "{type: tool_args, tool: refund, path: amount, equals: 10}",
            '12.5 is not 10; called: refund({"number": "48213", "amount": 12.5})',
        ),
    ],
)
def test_a_reason_tells_what_was_called(text: str, reason: str, build: Any) -> None:
    finding = evaluate(build(text), trial_of([FIND, REFUND]), CONTEXT)
    assert finding.verdict == "failed"
    assert finding.reason.startswith(reason)


def test_a_hostile_call_leaves_a_short_printable_reason(build: Any) -> None:
    calls = [ToolCall("\x1b]0;x\x07" + "n" * 9_000, {"k" * 5_000: "\x00" * 5_000})] * 50
    finding = evaluate(
        build("{type: tools_not_called, tools: [x], not: true}"), trial_of(calls), CONTEXT
    )
    assert len(finding.reason) < 1_000
    assert finding.reason.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        '{type: tools_called, tools: ["search\\n"]}',
        '{type: tools_called, tools: "search\\n"}',
        '{type: tools_not_called, tools: ["search\\n"], not: true}',
        '{type: tool_call_count, tool: "search\\n", min: 1}',
    ],
)
def test_the_break_that_a_block_adds_is_no_part_of_a_tools_name(text: str, judge: Any) -> None:
    assert judge(text, "", tool_calls=(ToolCall("search", {}),)).verdict == "passed"


def test_a_tool_of_the_file_is_offered_under_all_spellings_of_a_servers_tool(build: Any) -> None:
    known = CheckContext(tools={"kb.find_order": TOOL})
    for name, verdict in (("mcp__kb__find_order", "passed"), ("find_order", "failed")):
        call = ToolCall(name, {"number": "48213"})
        assertion = build("{type: valid_tool_calls}")
        assert evaluate(assertion, trial_of([call]), known).verdict == verdict
