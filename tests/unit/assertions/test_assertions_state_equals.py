"""The state that an agent's tools left: what holds of it, and where nobody told it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.results import Response, Trial
from pytest_arena.schema import CheckContext

LATE = {"orders": {"48213": {"status": "late"}}, "mails": []}
REFUNDED = {"orders": {"48213": {"status": "refunded"}}, "mails": ["ann@corp.example"]}

CASES: list[tuple[str, list[Any], str]] = [
    (
        "{type: state_equals, path: 'orders.\"48213\".status', equals: refunded}",
        [REFUNDED],
        "passed",
    ),
    ("{type: state_equals, path: 'orders.\"48213\".status', equals: refunded}", [LATE], "failed"),
    ("{type: state_equals, path: mails, value: []}", [LATE], "passed"),
    ("{type: state_equals, path: mails, expected: []}", [REFUNDED], "failed"),
    ("{type: state_equals, value: {}}", [{}], "passed"),
    ("{type: state_equals, value: {}}", [LATE], "failed"),
    ("{type: state_equals, contains: {mails: [ann@corp.example]}}", [REFUNDED], "passed"),
    ("{type: state_equals, path: mails, schema: {type: array, maxItems: 0}}", [REFUNDED], "failed"),
    ("{type: state_equals, matches: refunded}", [REFUNDED], "passed"),
    ("{type: state_equals, matches: refunded, path: orders, not: true}", [LATE], "passed"),
    ("{type: state_equals, path: orders}", [LATE], "passed"),
    ("{type: state_equals, path: invoices}", [LATE], "failed"),
    ("{type: state_equals, path: invoices, equals: null}", [LATE], "passed"),
    ("{type: state_equals, path: 'nothing(mails)'}", [LATE], "error"),
    ("{type: state_equals, path: mails, equals: []}", [REFUNDED, LATE], "passed"),
    ("{type: state_equals, path: mails, equals: [], turn: 1}", [REFUNDED, LATE], "failed"),
    ("{type: state_equals, path: mails, equals: [], turn: 3}", [REFUNDED, LATE], "error"),
    ("{type: state_equals, path: mails, equals: []}", [None], "error"),
    ("{type: state_equals, path: mails, equals: [], not: true}", [None], "error"),
    ("{type: state_equals, path: mails, equals: []}", [LATE, None], "error"),
]


@pytest.mark.parametrize(("text", "states", "verdict"), CASES)
def test_a_state_gets_its_verdict(text: str, states: list[Any], verdict: str, build: Any) -> None:
    answers = tuple(Response("done", state=state) for state in states)
    trial = Trial((), answers, verdict="error")
    assert evaluate(build(text), trial, CheckContext()).verdict == verdict


@pytest.mark.parametrize(
    ("text", "reason", "expected"),
    [
        (
            "{type: state_equals, path: 'orders.*.status', equals: [refunded]}",
            '["late"] is not ["refunded"]',
            'orders.*.status equal to ["refunded"]',
        ),
        (
            "{type: state_equals, path: orders, equals: null}",
            '{"48213": {"status": "late"}} is not null',
            "orders equal to null",
        ),
        ("{type: state_equals, path: invoices}", "invoices finds nothing", "invoices there"),
    ],
)
def test_a_reason_says_what_was_left(text: str, reason: str, expected: str, build: Any) -> None:
    trial = Trial((), (Response("done", state=LATE),), verdict="error")
    found = evaluate(build(text), trial, CheckContext())
    assert (found.reason, found.expected) == (reason, expected)
