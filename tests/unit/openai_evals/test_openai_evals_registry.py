"""Classes of the repository openai/evals: where each holds, fails, and reaches no verdict.

The verdicts are those of that repository's own functions on the same texts.
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena import openai_evals


@pytest.mark.parametrize(
    ("name", "answer", "ideal", "verdict"),
    [
        ("match", "Paris, of course", "Paris", "passed"),
        ("match", " Paris", "Paris", "failed"),
        ("match", "paris", "Paris", "failed"),
        ("match", "B) no", ["A", "B"], "passed"),
        ("match", "anything", "", "passed"),
        ("match", "anything", [], "failed"),
        ("match", "x", 3, "error"),
        ("match", "x", ["x", None], "error"),
        ("includes", "It is Paris.", "Paris", "passed"),
        ("includes", "It is paris.", "Paris", "failed"),
        ("includes", "Kiev", ["Kyiv", "Kiev"], "passed"),
        ("includes", "x", {"a": 1}, "error"),
        ("includes_in_any_case", "It is PARIS.", "Paris", "passed"),
        ("includes_in_any_case", "Lyon", "Paris", "failed"),
        ("fuzzy_match", "The Paris!", "paris", "passed"),
        ("fuzzy_match", "It is Paris", "paris", "passed"),
        ("fuzzy_match", "Par", "Paris", "passed"),
        ("fuzzy_match", "Lyon", ["Paris", "Rome"], "failed"),
        ("fuzzy_match", "the.", "Paris", "failed"),
        ("fuzzy_match", "...", "a", "passed"),
        ("json_match", '{"a": [1, "x"]}', '{"a": [1.0, "x"]}', "passed"),
        ("json_match", '{"a": 1, "b": null}', '{"a": 1}', "failed"),
        ("json_match", "[1, 2]", "[2, 1]", "failed"),
        ("json_match", "true", "1", "passed"),
        ("json_match", "null", "null", "failed"),
        ("json_match", "no JSON", '{"a": 1}', "failed"),
        ("json_match", '{"a": 1}', ["{}", '{"a": 1}'], "passed"),
        ("json_match", '{"a": 1}', "no JSON", "error"),
        ("json_match", "[" * 100_000, "{}", "error"),
    ],
)
def test_classes_hold_where_they_hold_there(
    name: str, answer: str, ideal: Any, verdict: str
) -> None:
    check = getattr(openai_evals, name)
    assert check(answer, {"ideal": ideal}).verdict == verdict


def test_a_case_without_an_ideal_answer_is_an_error() -> None:
    outcome = openai_evals.match("x", {})
    assert (outcome.verdict, outcome.reason) == ("error", "the case has no variable `ideal`")


def test_reasons_name_the_answer_and_what_was_wanted() -> None:
    outcome = openai_evals.match("Lyon", {"ideal": ["Paris", "Rome"]})
    assert outcome.reason == "'Lyon'"
    assert outcome.expected == "begins with 'Paris' or 'Rome'"
    held = openai_evals.includes("It is Rome", {"ideal": ["Paris", "Rome"]})
    assert held.reason == "'It is Rome' contains 'Rome'"
