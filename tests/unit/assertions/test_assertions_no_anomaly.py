"""Signs that an agent does not get on: at the call that completes them, not one earlier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.results import Response, Trial
from pytest_arena.results.request_response import ToolCall
from pytest_arena.schema import CheckContext


def called(names: str) -> list[ToolCall]:
    """Make calls of tools that are a letter each; a small one's call failed."""
    return [
        ToolCall(letter.upper(), {}, error="no" if letter.islower() else None, result="ok")
        for letter in names
    ]


def trial_of(*answers: Sequence[ToolCall], texts: Sequence[str] = ()) -> Trial:
    said = texts or ["All is done, thank you."] * len(answers)
    responses = tuple(
        Response(text, tool_calls=tuple(calls)) for calls, text in zip(answers, said, strict=True)
    )
    return Trial(messages=(), responses=responses, verdict="passed")


@pytest.mark.parametrize(
    ("text", "names", "at"),
    [
        ("{}", "AAA", "stuck at call 3"),
        ("{}", "BAAA", "stuck at call 4"),
        ("{stuck_threshold: 2}", "ABB", "stuck at call 3"),
        ("{}", "ABAB", "loop at call 4"),
        ("{}", "ABCABC", "loop at call 6"),
        ("{}", "XABCABC", "loop at call 7"),
        ("{}", "AABAAB", "loop at call 6"),
        ("{loop_min_repeats: 3}", "ABABAB", "loop at call 6"),
        ("{loop_window: 6}", "ABCABC", "loop at call 6"),
        ("{}", "ABCDEFGHIJABCDEFGHIJ", "loop at call 20"),
        ("{}", "aBcDeFgHiJ", "high_error_rate at call 10"),
        ("{}", "ABCDEFghijk", "high_error_rate at call 11"),
        ("{error_window: 2}", "Ab", "high_error_rate at call 2"),
        ("{error_rate_threshold: 0.7}", "abcdefgHIJ", "high_error_rate at call 10"),
        ("{error_window: 3, error_rate_threshold: 0.34}", "abC", "high_error_rate at call 3"),
    ],
)
def test_a_sign_is_seen_at_the_call_that_completes_it(
    text: str, names: str, at: str, build: Any
) -> None:
    assertion = build(f"{{type: no_anomaly, {text[1:]}")
    finding = evaluate(assertion, trial_of(called(names)), CheckContext())
    assert finding.verdict == "failed"
    assert finding.reason.startswith(f"{at}: ")
    earlier = evaluate(assertion, trial_of(called(names[:-1])), CheckContext())
    assert earlier.verdict == "passed", earlier.reason


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{}", "AABAA"),
        ("{}", "ABA"),
        ("{}", "ABBAB"),
        ("{stuck_threshold: 5}", "AAAA"),
        ("{loop_window: 5}", "ABCABC"),
        ("{}", "ABCDEFGHIJKABCDEFGHIJK"),
        ("{anomalies: [stuck]}", "ABAB"),
        ("{anomalies: [loop]}", "AAA"),
        ("{anomalies: [stuck, loop, empty_response]}", "abcdefghij"),
        ("{}", "abcdEFGHIJ"),
        ("{}", "abcdefghi"),
    ],
)
def test_what_only_looks_like_a_sign_is_none(text: str, names: str, build: Any) -> None:
    assertion = build(f"{{type: no_anomaly, {text[1:]}")
    finding = evaluate(assertion, trial_of(called(names)), CheckContext())
    assert finding.verdict == "passed", finding.reason


def test_the_same_tool_with_other_arguments_is_another_call(build: Any) -> None:
    calls = [ToolCall("search", {"page": page}, result="") for page in (1, 2, 3)]
    assert (
        evaluate(build("{type: no_anomaly}"), trial_of(calls), CheckContext()).verdict == "passed"
    )
    same = [ToolCall("search", given, result="") for given in ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
    finding = evaluate(
        build("{type: no_anomaly, stuck_threshold: 2}"), trial_of(same), CheckContext()
    )
    assert finding.reason == 'stuck at call 2: search({"b": 2, "a": 1}) 2 times in a row'


def test_the_first_sign_is_told_first_and_the_others_after_it(build: Any) -> None:
    finding = evaluate(build("{type: no_anomaly}"), trial_of(called("ABABBB")), CheckContext())
    assert finding.reason == (
        "loop at call 4: A → B, 2 times in a row; stuck at call 6: B({}) 3 times in a row"
    )


def test_turns_are_one_conversation_unless_each_is_to_be_looked_at_alone(build: Any) -> None:
    trial = trial_of(called("A"), called("A"), called("AB"))
    finding = evaluate(build("{type: no_anomaly}"), trial, CheckContext())
    assert finding.reason.startswith("stuck at call 3")
    alone = build("{type: no_anomaly, within: turn}")
    assert evaluate(alone, trial, CheckContext()).verdict == "passed"
    later = trial_of(called("A"), called("BBB"))
    assert evaluate(alone, later, CheckContext()).reason.startswith("stuck at call 4")


@pytest.mark.parametrize(
    ("texts", "at"),
    [
        (["Ok.", "0123456789", ""], "empty_response at answer 3"),
        (["Ok.", "0123456789a", ""], None),
        (["Ok.", " Ok. \n"], None),
        (["I have found your order.", "Ok.", "Ok.", "Ok."], "empty_response at answer 4"),
    ],
)
def test_answers_that_say_nothing_are_counted_in_a_row(
    texts: list[str], at: str | None, build: Any
) -> None:
    trial = trial_of(*[[] for _ in texts], texts=texts)
    finding = evaluate(build("{type: no_anomaly}"), trial, CheckContext())
    assert finding.verdict == ("passed" if at is None else "failed")
    assert at is None or finding.reason.startswith(at)


def test_an_answer_that_only_asks_for_calls_is_no_empty_one(build: Any) -> None:
    asked = [[ToolCall(name, {})] for name in "ABC"]
    trial = trial_of(*asked, texts=["", "", ""])
    assert evaluate(build("{type: no_anomaly}"), trial, CheckContext()).verdict == "passed"


def test_what_came_of_a_full_window_of_calls_must_be_told(build: Any) -> None:
    asked = [ToolCall(name, {}) for name in "ABCDEFGHIJ"]
    finding = evaluate(build("{type: no_anomaly}"), trial_of(asked), CheckContext())
    assert finding.verdict == "error"
    assert finding.reason.startswith("nobody told what came of the calls")
    fewer = evaluate(build("{type: no_anomaly}"), trial_of(asked[:9]), CheckContext())
    assert fewer.verdict == "passed"
    other = evaluate(
        build("{type: no_anomaly, anomalies: [stuck]}"), trial_of(asked), CheckContext()
    )
    assert other.verdict == "passed"


def test_a_sign_that_is_seen_fails_though_the_rest_is_not_told(build: Any) -> None:
    responses = tuple(Response("Ok.", tells_tools=False) for _ in range(3))
    trial = Trial(messages=(), responses=responses, verdict="passed")
    assert evaluate(build("{type: no_anomaly}"), trial, CheckContext()).verdict == "failed"
    only = build("{type: no_anomaly, anomalies: [empty_response], empty_threshold: 4}")
    assert evaluate(only, trial, CheckContext()).verdict == "passed"


def test_a_part_of_an_answer_shows_a_sign_and_never_that_there_is_none(build: Any) -> None:
    for names, verdict in (("AAA", "failed"), ("A", "error")):
        cut = Response("Well", tool_calls=tuple(called(names)), finish_reason="content_filter")
        trial = Trial(messages=(), responses=(cut,), verdict="passed")
        assert evaluate(build("{type: no_anomaly}"), trial, CheckContext()).verdict == verdict
