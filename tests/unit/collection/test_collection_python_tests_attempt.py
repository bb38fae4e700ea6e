"""What one execution of a test says of its cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena import CheckErrored, CheckFailed, Response, ToolCall
from pytest_arena.checks.surroundings import application
from pytest_arena.collection.python_tests.attempt import OWN, Attempt
from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.results.cell import Cell
from pytest_arena.results.trial import Finding

MINI, BOT = application("mini"), application("bot")
CELL = Cell("a.py::test[bot]", "a.py", "test", "bot", None, "failed")
HELD = Finding("contains", "passed", 1.0, "found 'a'")


def attempt() -> Attempt:
    return Attempt(0, Path.cwd())


def answered(one: Attempt, *findings: Finding, case: str = OWN, column: str = "bot") -> None:
    talk = one.talk(case, application(column))
    turn = talk.answered([], Response("Hello"))
    talk.found(turn, findings)


@pytest.mark.parametrize(
    ("raised", "verdict", "said"),
    [
        (AssertionError("no"), "failed", "no"),
        (pytest.fail.Exception("by itself"), "failed", "by itself"),
        (CheckFailed(CELL), "failed", "failed: "),
        (ExceptionGroup("tasks", [AssertionError("no")]), "failed", "no"),
        (CheckErrored(CELL), "error", ""),
        (LookupError("none"), "error", "LookupError"),
        (ProviderError(ErrorKind.SERVER, "HTTP 500"), "error", "HTTP 500"),
        (ExceptionGroup("tasks", [AssertionError("no"), OSError("disk")]), "error", "OSError"),
        (pytest.skip.Exception("later"), "skipped", ""),
        (pytest.xfail.Exception("known"), "skipped", ""),
    ],
)
def test_what_a_test_raises_is_its_verdict(raised: BaseException, verdict: str, said: str) -> None:
    one = attempt()
    answered(one, HELD)
    one.end_test(raised)
    trial = one.trial(OWN, "bot")
    assert trial.verdict == verdict
    told = trial.error.message if trial.error else trial.assertions[-1].reason
    assert said in told


def test_a_time_limit_is_no_verdict() -> None:
    # pytest-timeout fails a test as the test itself would
    given: dict[str, Any] = {"__name__": "pytest_timeout", "pytest": pytest}
    exec("def stop(): pytest.fail('Timeout (>1.0s)')", given)
    one = attempt()
    answered(one, HELD)
    with pytest.raises(pytest.fail.Exception) as raised:
        given["stop"]()
    one.end_test(raised.value)
    trial = one.trial(OWN, "bot")
    assert trial.error is not None
    assert (trial.verdict, trial.error.kind) == ("error", "timeout")


@pytest.mark.parametrize("raised", [AssertionError("no"), CheckFailed(CELL)])
def test_without_an_answer_nothing_can_fail(raised: Exception) -> None:
    one = attempt()
    one.end_test(raised)
    trial = one.trial(OWN, "application")
    assert trial.verdict == "error"
    assert trial.error is not None
    assert trial.error.kind == "assertion"


def test_a_cell_that_a_test_did_not_fail_at_has_no_verdict() -> None:
    one = attempt()
    answered(one, HELD, column="first")
    answered(one, HELD, column="second")
    one.end_test(AssertionError("no"))
    assert one.trial(OWN, "second").verdict == "failed"
    first = one.trial(OWN, "first")
    assert first.verdict == "error"
    assert first.error is not None
    assert "the test ended before" in first.error.message


def test_a_check_that_failed_names_its_cell_whatever_came_after() -> None:
    one, failure = attempt(), CheckFailed(CELL)
    answered(one, Finding("contains", "failed", 0.0, "no"), column="first")
    one.talk(OWN, application("first")).raised.append(failure)
    answered(one, HELD, column="second")
    one.end_test(failure)
    assert one.trial(OWN, "first").verdict == "failed"
    assert one.trial(OWN, "second").verdict == "error"


def test_a_provider_that_only_helps_has_no_cell() -> None:
    one = attempt()
    one.talk(OWN, MINI).answered([], Response("a paraphrase"))
    assert [spec.name for spec in one.columns_of(OWN)] == ["mini"]
    answered(one, HELD)
    assert [spec.name for spec in one.columns_of(OWN)] == ["bot"]


def test_cases_end_by_themselves() -> None:
    one, failure = attempt(), AssertionError("no")
    answered(one, HELD, case="A")
    one.keep("A", failure)
    answered(one, HELD)
    one.end_test(failure)
    assert one.trial("A", "bot").verdict == "failed"
    assert one.trial(OWN, "bot").verdict == "passed"


ASKED = Response("Your Refund comes.", latency_ms=3)


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (lambda: ASKED, True),
        (lambda: Response("Your Refund comes."), True),
        (lambda: Response(" refund "), True),
        (lambda: Response(""), False),
        (lambda: Response("Your Refund comes. Or does it?"), False),
        (lambda: Response("", tool_calls=(ToolCall("look", {}),)), False),
    ],
)
def test_an_answer_is_known_by_itself_or_by_a_part_of_its_text(
    given: Callable[[], Response], known: bool
) -> None:
    one = attempt()
    one.talk(OWN, MINI).answered([], ASKED)
    assert (one.who_gave(OWN, given()) is not None) is known
    assert one.who_gave("another case", given()) is None


def test_of_two_equal_answers_the_very_one_is_meant() -> None:
    one, first, second = attempt(), Response("Yes"), Response("Yes")
    talk = one.talk(OWN, MINI)
    talk.answered([{"role": "user", "content": "One?"}], first)
    talk.answered([{"role": "user", "content": "Two?"}], second)
    for response in (first, second):
        found = one.who_gave(OWN, response)
        assert found is not None
        assert found[1].response is response
