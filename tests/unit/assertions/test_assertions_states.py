"""Where a workflow is, where it went, and in which order."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
import yaml

from pytest_arena.assertions import BUILTINS
from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.results import Response
from pytest_arena.results.step import Step
from pytest_arena.results.trial import Trial
from pytest_arena.schema import CheckContext

KINDS = {shipped.name: shipped for shipped in BUILTINS}


def visit(name: str, next: str = "", *, final: bool = False) -> Step:
    return Step("state", name=name, event="E" if next else "", next=next, final=final)


WAY = (
    Response("a", steps=(visit("intake"), Step("model"))),
    Response("b", steps=(visit("intake", "desk"), Step("tool", name="intake"))),
    Response("c", steps=(visit("desk", "intake"),)),
    Response("d", steps=(visit("intake", "closed", final=True),)),
    Response("e", steps=(visit("closed", final=True),)),
)


WENT = "it went intake → desk → intake → closed"
CAME = "it went on to 'desk', 'intake', 'closed'"


def found(written: str, *responses: Response, turn: int | None = None) -> Any:
    entry = yaml.safe_load(written)
    assertion = KINDS[entry.pop("type")].load().model_validate(entry)
    trial = Trial(messages=(), responses=responses, verdict="error")
    outcome = assertion.check(trial, CheckContext(turn=turn))
    return asyncio.run(outcome) if inspect.iscoroutine(outcome) else outcome


@pytest.mark.parametrize(
    ("written", "turns", "verdict", "reason"),
    [
        ("{type: state_is, state: closed}", 5, "passed", "the state is 'closed'"),
        ("{type: state_is, state: closed}", 4, "passed", "the state is 'closed'"),
        ("{type: state_is, state: intake}", 2, "failed", "the state is 'desk'"),
        ("{type: state_is, state: desk, turn: 2}", 5, "passed", "the state is 'desk'"),
        ("{type: transitioned_to, state: desk}", 5, "passed", CAME),
        ("{type: transitioned_to, state: intake}", 2, "failed", "it went on to 'desk'"),
        ("{type: transitioned_to, state: intake}", 1, "failed", "it went on to no other state"),
        ("{type: workflow_complete}", 5, "passed", "it ended in 'closed'"),
        ("{type: workflow_complete}", 4, "passed", "it ended in 'closed'"),
        ("{type: workflow_complete}", 3, "failed", "it has not ended: the state is 'intake'"),
        (
            "{type: workflow_path, path: [intake, desk, intake, closed]}",
            5,
            "passed",
            WENT,
        ),
        ("{type: workflow_path, path: [intake, desk]}", 5, "failed", WENT),
        ("{type: workflow_path, path: [intake, desk], match: prefix}", 5, "passed", WENT),
        ("{type: workflow_path, path: [desk, closed], match: in_order}", 5, "passed", WENT),
        ("{type: workflow_path, path: [closed, desk], match: in_order}", 5, "failed", WENT),
        ("{type: workflow_path, path: [intake]}", 1, "passed", "it went intake"),
        ("{type: transition_order, states: [desk, closed]}", 5, "passed", CAME),
        ("{type: transition_order, states: [closed, desk]}", 5, "failed", CAME),
    ],
)
def test_the_way_through_states_is_judged(
    written: str, turns: int, verdict: str, reason: str
) -> None:
    outcome = found(written, *WAY[:turns])
    assert (outcome.verdict, outcome.reason) == (verdict, reason)


@pytest.mark.parametrize(
    "written",
    [
        "{type: state_is, state: a}",
        "{type: transitioned_to, state: a}",
        "{type: workflow_complete}",
        "{type: workflow_path, path: [a]}",
        "{type: transition_order, states: [a]}",
    ],
)
def test_an_answer_without_states_is_no_workflows(written: str) -> None:
    outcome = found(written, Response("a", steps=(Step("model"),)))
    assert outcome.verdict == "error"
    assert outcome.reason == "the answer tells of no states: no workflow gave it"


def test_a_state_that_leads_to_itself_was_entered_twice() -> None:
    outcome = found(
        "{type: workflow_path, path: [a, a]}", Response("", steps=(visit("a", "a"), visit("a")))
    )
    assert outcome.verdict == "passed"


@pytest.mark.parametrize(
    ("state", "answers", "verdict", "reason"),
    [
        ("intake", 1, "passed", "found 'a'"),
        (["desk", "intake"], 1, "passed", "found 'a'"),
        ("desk", 1, "skipped", "skipped: state 'intake' gave the answer"),
        ("intake", 3, "skipped", "skipped: state 'desk' gave the answer"),
        ("intake", 0, "skipped", "skipped: no state of a workflow gave the answer"),
    ],
)
def test_a_check_may_be_for_the_answers_of_some_states(
    state: str | list[str], answers: int, verdict: str, reason: str
) -> None:
    assertion = KINDS["contains"].load().model_validate({"value": "a", "when": {"state": state}})
    said = WAY[:answers] or (Response("a"),)
    finding = evaluate(assertion, Trial((), said, verdict="error"), CheckContext())
    assert (finding.verdict, finding.reason) == (verdict, reason)
