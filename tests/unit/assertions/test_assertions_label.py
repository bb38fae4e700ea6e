"""The label of an answer: where it stands, what is the same label, and what is none."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.assertions.label import IsLabel
from pytest_arena.results.request_response import Response, ToolCall
from pytest_arena.results.trial import Finding, GuardrailEvent, Trial
from pytest_arena.schema.assertion import CheckContext


def finding(answer: str, value: Any = "billing", predicted: Any = None, **more: Any) -> Finding:
    assertion = IsLabel.model_validate({"value": value, "predicted": predicted, **more})
    trial = Trial((), (Response(answer),), verdict="passed")
    return evaluate(assertion, trial, CheckContext())


@pytest.mark.parametrize(
    "answer", ["billing", "Billing.", ' "billing"\n', "**Billing**", "`billing`", "[BILLING]"]
)
def test_the_whole_answer_is_the_label_but_for_what_stands_around_it(answer: str) -> None:
    assert finding(answer).verdict == "passed"


@pytest.mark.parametrize(
    ("answer", "predicted", "found"),
    [
        ('{"category": "Billing"}', "category", "Billing"),
        ('Sure!\n```json\n{"a": {"b": ["x", "billing"]}}\n```', "a.b[1]", "billing"),
        ("Category: billing, I think", r"Category: (\w+)", "billing"),
        ("Category: billing, I think", {"pattern": r"Category: (\w+)"}, "billing"),
        ("It is about technical billing.", "billing|technical|other", "technical"),
        ("It is about technical billing.", "(billing|refund)", "billing"),
        ("This is untrue: False.", "true|false", "False"),
        ("A feature request, I think", "feature | feature request", "feature request"),
        ("<b>x</b> or billing", r"<i>(\w+)</i>|or (\w+)", "billing"),
        ('{"score": 5}', "score", "5"),
        ('{"spam": true}', {"path": "spam"}, "true"),
    ],
)
def test_a_path_or_a_pattern_says_where_the_label_stands(
    answer: str, predicted: Any, found: str
) -> None:
    assert finding(answer, predicted=predicted).predicted == found


@pytest.mark.parametrize(
    ("value", "answer"),
    [(True, "True"), (False, "false"), ("5", "5.0"), ("don't know", "Don’t know"), ("C++", "c++")],
)
def test_labels_are_the_same_in_every_spelling(value: Any, answer: str) -> None:
    assert finding(answer, value).verdict == "passed"


@pytest.mark.parametrize(
    ("value", "answer"), [("C#", "C"), ("-1", "1"), ("spam", "not spam"), ("5", "5.5")]
)
def test_labels_that_differ_are_not_the_same(value: str, answer: str) -> None:
    found = finding(answer, value)
    assert found.verdict == "failed"
    assert found.predicted == answer
    assert found.reason == f"the label is '{answer}'"
    assert found.expected == f"label '{value}'"


@pytest.mark.parametrize(
    ("answer", "predicted", "why"),
    [
        (
            "I do not know",
            "category",
            "no label: there is no JSON object or list in the answer for the path 'category'",
        ),
        ('{"kind": "billing"}', "category", "no label: there is none"),
        ('{"category": ["billing"]}', "category", 'no label: a list is no label: ["billing"]'),
        ('{"category": ""}', "category", "no label: it is empty"),
        ("billing", r"Category: (\w+)", r"no label: 'Category: (\\w+)' matches nowhere"),
        ("word " * 40, None, "no label: 199 characters are no label"),
    ],
)
@pytest.mark.parametrize("negate", [False, True])
def test_an_answer_without_a_label_is_wrong_with_not_too(
    answer: str, predicted: Any, why: str, negate: bool
) -> None:
    found = finding(answer, predicted=predicted, **{"not": negate})
    assert (found.verdict, found.predicted) == ("failed", None)
    assert found.reason.startswith(why)


def test_not_turns_a_label_around_and_keeps_what_was_given() -> None:
    found = finding("refund", **{"not": True})
    assert (found.verdict, found.predicted) == ("passed", "refund")


@pytest.mark.parametrize(
    ("answer", "predicted"),
    [
        ("a" * 60 + "!", {"pattern": r"^(a|aa)+$"}),
        ("[" * 100_000 + "]" * 100_000, "[0]"),
        ('{"a": 1}', "no_such_function(a)"),
    ],
    ids=["a slow pattern", "deep JSON", "an unknown function"],
)
def test_what_nobody_can_tell_is_an_error(answer: str, predicted: Any) -> None:
    found = finding(answer, predicted=predicted)
    assert (found.verdict, found.predicted) == ("error", None)


def test_a_blocked_answer_has_no_label_and_one_that_calls_a_tool_says_so() -> None:
    label = IsLabel(value="billing")
    block = GuardrailEvent("pii", "output", "block", "an address")
    blocked = Trial((), (Response("billing"),), guardrails=(block,), verdict="passed")
    assert evaluate(label, blocked, CheckContext()).verdict == "failed"
    called = Trial((), (Response("", tool_calls=(ToolCall("find", {}),)),), verdict="passed")
    found = evaluate(label, called, CheckContext())
    assert (found.verdict, found.predicted) == ("failed", None)
    assert "called tools and gave no text" in found.reason


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"path": "a[", "pattern": None}, "bad JMESPath expression"),
        ({"pattern": "("}, "bad regular expression"),
        ({"path": "a", "pattern": "b"}, "both a path and a pattern"),
        ("Category: (", "bad regular expression"),
    ],
)
def test_a_place_that_is_none_is_refused(given: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        IsLabel.model_validate({"value": "a", "predicted": given})
