"""Asking judges: one repair, majorities, what cannot be decided, and what it cost."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.panel import Question, Ruling, rule
from pytest_arena.judging.llm.prompt import Material, Task
from pytest_arena.results import Message, Response
from pytest_arena.schema import JudgeReply, JudgeSpec, ProviderSpec

FORM = Levels((Level("full", 1.0), Level("half", 0.5), Level("none", 0.0)))
QUESTION = Question(
    Task("criteria", {"criteria": "Is short."}, "levels_reply", FORM.values()),
    (Material("answer", "Yes."),),
    FORM,
    0.7,
)
DOWN = ProviderError(ErrorKind.RATE_LIMIT, "too many requests (after 3 attempts)", attempts=3)


def level(name: str) -> str:
    return json.dumps({"evidence": ["Yes."], "reasoning": f"It is {name}.", "level": name})


class Judges:
    """Reply by a script for each judge; keep what was asked."""

    def __init__(self, **scripts: list[str | ProviderError]) -> None:
        self.scripts = scripts
        self.asked: list[tuple[str, int, list[Message]]] = []

    async def __call__(
        self, spec: ProviderSpec, messages: list[Message], *, turn: int = 0
    ) -> JudgeReply:
        self.asked.append((spec.name, turn, messages))
        step = self.scripts[spec.name][turn]
        if isinstance(step, ProviderError):
            raise step
        facts: dict[str, Any] = {"latency_ms": 10.0, "input_tokens": 5, "output_tokens": 2}
        return JudgeReply(Response(step, cost_usd=0.25, model="m", attempts=1, **facts))

    def rule(self, on_unavailable: str = "error") -> Ruling:
        panel = [ProviderSpec(name=name, provider="mock") for name in self.scripts]
        judge = JudgeSpec(panel=tuple(panel), on_unavailable=on_unavailable)  # type: ignore[arg-type]
        return asyncio.run(rule(QUESTION, judge, self))


def test_one_judge_decides_with_its_reason_quotes_and_price() -> None:
    ruling = Judges(a=[level("half")]).rule()
    assert (ruling.verdict, ruling.score, ruling.reason) == ("failed", 0.5, "It is half.")
    vote = ruling.judging.votes[0]
    assert (vote.quotes, vote.calls, vote.cost_usd, vote.latency_ms) == (("Yes.",), 1, 0.25, 10.0)
    assert ruling.judging.prompt == "criteria/1"
    assert ruling.judging.models == ("m",)


def test_a_bad_reply_is_mended_once_and_both_calls_are_counted() -> None:
    judges = Judges(a=["It is full.", level("full")])
    ruling = judges.rule()
    assert ruling.verdict == "passed"
    assert (ruling.judging.calls, ruling.judging.cost_usd) == (2, 0.5)
    _, turn, messages = judges.asked[1]
    assert turn == 1
    assert messages[-2:] == [
        {"role": "assistant", "content": "It is full."},
        {
            "role": "user",
            "content": "Your reply cannot be used: it is not a JSON object (Expecting value: line "
            "1 column 1 (char 0)). Reply again, with the corrected JSON object alone.",
        },
    ]


def test_a_second_bad_reply_is_an_error() -> None:
    ruling = Judges(a=["It is full.", level("fullest")]).rule("unsure")
    assert ruling.verdict == "error"
    assert ruling.reason == (
        "judge 'a' gave no usable judgement, not even when asked again: "
        "'level' is 'fullest', not one of full, half, none"
    )
    assert ruling.judging.calls == 2


@pytest.mark.parametrize(("on_unavailable", "verdict"), [("error", "error"), ("unsure", "unsure")])
def test_a_judge_that_cannot_be_reached(on_unavailable: str, verdict: str) -> None:
    ruling = Judges(a=[DOWN]).rule(on_unavailable)
    assert ruling.verdict == verdict
    assert ruling.reason == "judge 'a' gave no judgement: too many requests (after 3 attempts)"
    assert ruling.judging.calls == 3


@pytest.mark.parametrize(
    ("replies", "verdict", "score"),
    [
        (["full", "full", "none"], "passed", 1.0),
        (["full", "none", "half"], "failed", 0.5),
        (["full", "full", "down"], "passed", 1.0),
        (["none", "down", "none"], "failed", 0.0),
        (["full", "none", "down"], "error", None),
        (["full", "none"], "error", None),
        (["full", "down"], "error", None),
        (["full", "full", "none", "none"], "error", None),
    ],
)
def test_more_than_half_of_a_panel_decides(
    replies: list[str], verdict: str, score: float | None
) -> None:
    scripts: dict[str, list[str | ProviderError]] = {
        name: [DOWN if reply == "down" else level(reply)]
        for name, reply in zip("abcd", replies, strict=False)
    }
    ruling = Judges(**scripts).rule()
    assert (ruling.verdict, ruling.score) == (verdict, score)


def test_a_split_panel_says_how_and_is_never_unsure() -> None:
    ruling = Judges(a=[level("full")], b=[level("none")]).rule("unsure")
    assert (ruling.verdict, ruling.reason) == (
        "error",
        "the panel is split: 1 passed, 1 failed; a: passed, It is full.; b: failed, It is none.",
    )


def test_texts_that_are_too_long_are_not_cut_but_refused() -> None:
    question = Question(QUESTION.task, (Material("answer", "x" * 200_001),), FORM, 0.7)
    judge = JudgeSpec(panel=(ProviderSpec(name="a", provider="mock"),))
    ruling = asyncio.run(rule(question, judge, Judges(a=[])))
    assert (ruling.verdict, ruling.reason) == (
        "error",
        "200,001 characters are too many for a judge (at most 200,000)",
    )


@pytest.mark.parametrize(("answer", "on_loop"), [("Yes.", True), ("Yes." * 10_000, False)])
def test_quotes_are_looked_for_in_long_texts_in_a_thread(answer: str, on_loop: bool) -> None:
    threads: list[threading.Thread] = []

    class Watched(Levels):
        def judgement(self, value: Any) -> Any:
            threads.append(threading.current_thread())
            return Levels.judgement(self, value)

    form = Watched(FORM.levels)
    question = replace(QUESTION, material=(Material("answer", answer),), form=form)
    judge = JudgeSpec(panel=(ProviderSpec(name="a", provider="mock"),))
    ruling = asyncio.run(rule(question, judge, Judges(a=[level("full")])))
    assert ruling.verdict == "passed"
    assert {thread is threading.main_thread() for thread in threads} == {on_loop}


def test_the_key_changes_with_model_criteria_and_threshold_only() -> None:
    from pytest_arena.judging.llm.panel import judge_key

    spec = ProviderSpec(name="a", provider="openai", model="x")
    judge = JudgeSpec(panel=(spec,))
    key = judge_key(QUESTION.task, judge, 0.7)
    renamed = JudgeSpec(panel=(spec.model_copy(update={"name": "b", "timeout": 9.0}),))
    assert judge_key(QUESTION.task, renamed, 0.7) == key
    other = JudgeSpec(panel=(spec.model_copy(update={"model": "y"}),))
    assert len({key, judge_key(QUESTION.task, other, 0.7), judge_key(QUESTION.task, judge, 1)}) == 3
