"""A judge's prompt in a file's own words: what is asked, and what a reply comes to."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arena.assertions.evaluate import evaluate_async
from pytest_arena.assertions.llm_judge import LlmJudge
from pytest_arena.results import Finding, Message, Response, Trial
from pytest_arena.schema import CheckContext, JudgeReply, JudgeSpec, ProviderSpec

JUDGE = JudgeSpec(panel=(ProviderSpec(name="grader", provider="mock"),))
TRIAL = Trial(({"role": "user", "content": "Hi"},), (Response("Hello {{ you }}"),), verdict="error")


def judged(reply: Any, **keys: Any) -> tuple[Finding, list[Message]]:
    asked: list[list[Message]] = []

    async def ask(spec: ProviderSpec, messages: list[Message], *, turn: int = 0) -> JudgeReply:
        asked.append(messages)
        return JudgeReply(Response(reply if isinstance(reply, str) else json.dumps(reply)))

    context = CheckContext("case", "mini", {"tone": "warm"}, judge=JUDGE, ask=ask)
    keys = {"judge_prompt": "Grade {{ output }}: {{ criteria }}, {{ tone }}", **keys}
    assertion = LlmJudge.model_validate({"criteria": "greets", **keys})
    return asyncio.run(evaluate_async(assertion, TRIAL, context)), asked[0] if asked else []


def test_the_prompt_is_asked_as_it_is_written() -> None:
    _, asked = judged({"pass": True})
    assert asked == [{"role": "user", "content": "Grade Hello {{ you }}: greets, warm"}]
    messages = [
        {"role": "system", "content": "Be {{ tone }}."},
        {"role": "user", "content": "{{ output }}"},
    ]
    _, asked = judged({"pass": True}, judge_prompt=messages)
    assert [one["content"] for one in asked] == ["Be warm.", "Hello {{ you }}"]


@pytest.mark.parametrize(
    ("reply", "keys", "verdict", "score"),
    [
        ({"pass": True, "score": 0.3, "reason": "fine"}, {}, "passed", 0.3),
        ({"pass": False, "score": 0.9, "reason": "no"}, {}, "failed", 0.9),
        ({"pass": True, "score": 0.3}, {"min_score": 0.5}, "failed", 0.3),
        ({"pass": True, "score": 0.5}, {"min_score": 0.5}, "passed", 0.5),
        ({"pass": False, "score": 1}, {"min_score": 0.5}, "failed", 1.0),
        ({"score": 0.6}, {"min_score": 0.5}, "passed", 0.6),
        ({"score": 0.6}, {}, "error", None),
        ({"pass": True}, {}, "passed", 1.0),
        ({"pass": False}, {"threshold": 0.1}, "failed", 0.0),
        ({"pass": "yes"}, {}, "passed", 1.0),
        ({"pass": 0, "score": 0.9}, {"min_score": 0.5}, "failed", 0.9),
        ({"pass": "FAIL", "score": 0.9}, {"min_score": 0.5}, "failed", 0.9),
        ({"pass": "**Pass**", "passed": True, "verdict": "PASS"}, {}, "passed", 1.0),
        ({"pass": None, "score": 0.9}, {"min_score": 0.5}, "passed", 0.9),
        ({"pass": True, "verdict": "no", "result": "It holds."}, {}, "passed", 1.0),
        ({"pass": "maybe", "score": 0.9}, {"min_score": 0.5}, "error", None),
        ({"pass": [], "score": 0.9}, {"min_score": 0.5}, "error", None),
        ({"pass": 2, "score": 0.9}, {"min_score": 0.5}, "error", None),
        ({"pass": True, "passed": False}, {}, "error", None),
        ({"pass": True, "verdict": "FAIL"}, {}, "error", None),
        ({"verdict": "FAIL", "score": 0.9}, {"min_score": 0.5}, "failed", 0.9),
        ({"pass": True, "score": float("nan")}, {}, "error", None),
        ("{pass: true, score: NaN}", {}, "error", None),
        ({"pass": False, "score": 0.2}, {"not": True}, "passed", 0.8),
        ({"pass": True, "score": 7}, {}, "error", None),
        ({"pass": True, "score": 10**400}, {}, "error", None),
        ({"verdict": "good"}, {}, "error", None),
        ("No idea.", {}, "error", None),
        ('```json\n{"pass": true, "reason": "ok"}\n```', {}, "passed", 1.0),
        ('{"pass": true} {"pass": false}', {}, "error", None),
    ],
)
def test_a_reply_passes_by_pass_and_score(
    reply: Any, keys: dict[str, Any], verdict: str, score: float | None
) -> None:
    finding, _ = judged(reply, **keys)
    assert (finding.verdict, finding.score) == (verdict, score), finding.reason


def test_a_name_that_is_no_variable_is_an_error() -> None:
    finding, asked = judged({"pass": True}, judge_prompt="{{ output }} {{ typo }}")
    assert (finding.verdict, asked) == ("error", [])
    assert finding.reason.startswith("judge_prompt: ")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"judge_prompt": "Grade it."}, "a judge_prompt that does not show the answer"),
        ({"judge_prompt": "{{ output }}", "see_files": True}, "see_files beside judge_prompt"),
        ({"judge_prompt": ""}, "judge_prompt"),
        ({"judge_prompt": [{"role": "tool", "content": "{{ output }}"}]}, "judge_prompt"),
    ],
)
def test_prompts_that_cannot_be_asked_are_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LlmJudge.model_validate({"criteria": "greets", **keys})
