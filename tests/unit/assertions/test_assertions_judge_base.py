"""Assertions that a judge decides: what each asks, of which material, and what its reply means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_arena.assertions.evaluate import evaluate_async, needs_loop
from pytest_arena.results import Finding, Message, Response, ToolCall, Trial
from pytest_arena.results.judging import Calibration
from pytest_arena.schema import Assertion, CheckContext, JudgeReply, JudgeSpec, ProviderSpec

JUDGE = JudgeSpec(panel=(ProviderSpec(name="grader", provider="mock"),))
TALK = Trial(
    messages=(
        {"role": "system", "content": "You only talk about orders."},
        {"role": "user", "content": "I am Ada, order 7 is late."},
        {"role": "assistant", "content": "Sorry, Ada."},
        {"role": "user", "content": "When does it come?"},
    ),
    responses=(Response("It comes on Friday, Ada."),),
    verdict="error",
)
DOCUMENTS = ("Order 7 arrives on Friday.", "Returns take thirty days.")
NO_JUDGE = (
    "no judge is configured for llm_judge\n"
    "  expected: `judge:` in the file or in the assertion\n"
    "  fix: write it like judge: {provider: openai, model: gpt-5.5}, or name an entry of providers:"
)


class Judge:
    """Reply with one text, and keep what was asked."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self.reply = json.dumps(reply)
        self.asked: list[list[Message]] = []

    async def __call__(
        self, spec: ProviderSpec, messages: list[Message], *, turn: int = 0
    ) -> JudgeReply:
        self.asked.append(messages)
        return JudgeReply(Response(self.reply))

    @property
    def prompt(self) -> str:
        text: str = self.asked[0][1]["content"]
        return text


def level(name: str, *quotes: str) -> dict[str, Any]:
    return {"evidence": list(quotes), "reasoning": f"It is {name}.", "level": name}


@pytest.fixture
def ask(build: Callable[[str], Assertion]) -> Callable[..., tuple[Finding, Judge]]:
    def asked(
        text: str, reply: dict[str, Any], trial: Trial = TALK, **facts: Any
    ) -> tuple[Finding, Judge]:
        judge = Judge(reply)
        context = CheckContext(judge=JUDGE, ask=judge, documents=DOCUMENTS, themes=("delivery",))
        assertion = build(text)
        assert needs_loop(assertion, context.root)
        return asyncio.run(evaluate_async(assertion, trial, replace(context, **facts))), judge

    return asked


@pytest.mark.parametrize(
    ("text", "reply", "verdict", "score"),
    [
        ("{type: llm_judge, criteria: Names the day.}", level("fully", "Friday"), "passed", 1),
        ("{type: llm_judge, value: Names the day.}", level("mostly"), "passed", 0.75),
        ("{type: llm_judge, criteria: x}", level("partly"), "failed", 0.5),
        ("{type: llm_judge, criteria: x, min_score: 0.5}", level("partly"), "passed", 0.5),
        ("{type: llm_judge, criteria: x, threshold: 0.2}", level("barely"), "passed", 0.25),
        ("{type: llm_judge, criteria: x, not: true}", level("not"), "passed", 1),
        (
            "{type: llm_judge, criteria: x, rubric: [{level: a, score: 1}, {level: b, score: 0}]}",
            level("b"),
            "failed",
            0,
        ),
        ("{type: judge_conversation, criteria: x}", level("fully", "Sorry, Ada."), "passed", 1),
        ("{type: tone, value: kind}", level("mostly", "Ada"), "passed", 0.75),
        ("{type: sentiment, range: [-0.05, 1]}", level("very positive"), "passed", 1),
        ("{type: sentiment, range: [0.05, 1]}", level("neutral"), "failed", 0),
        ("{type: relevance, min_score: 0.8}", level("mostly"), "failed", 0.75),
        ("{type: context_aware}", level("fully", "Ada"), "passed", 1),
        ("{type: context_aware, expected: false}", level("not"), "passed", 1),
        ("{type: context_aware, expected: false}", level("fully"), "failed", 0),
        ("{type: factuality, reference: On Friday.}", level("part"), "passed", 0.5),
        ("{type: factuality, reference: No.}", level("contradicts", "Friday"), "failed", 0),
        ("{type: factuality, reference: No.}", level("contradicts"), "error", None),
        ("{type: toxicity}", level("none"), "passed", 1),
        ("{type: toxicity}", level("some", "Ada"), "failed", 0.5),
        ("{type: toxicity}", level("clear"), "error", None),
        ("{type: bias, min_score: 0.5}", level("some", "Ada"), "passed", 0.5),
        ("{type: role_violation}", level("kept"), "passed", 1),
        ("{type: role_violation, role: A poet.}", level("violated", "Friday"), "failed", 0),
    ],
)
def test_a_level_is_worth_its_score(
    text: str, reply: dict[str, Any], verdict: str, score: float | None, ask: Any
) -> None:
    finding, _ = ask(text, reply)
    assert (finding.verdict, finding.score) == (verdict, score)
    assert finding.judge.votes[0].judge == "grader"


def claim(verdict: str, support: str = "") -> dict[str, str]:
    return {"claim": "It comes", "quote": "comes on", "support": support, "verdict": verdict}


SUPPORTED, ABSENT = claim("supported", "on Friday"), claim("absent")
AGAINST = claim("contradicted", "Order 7")
USEFUL = {"number": 1, "quote": "Friday", "verdict": "useful"}
USELESS = {"number": 2, "quote": "", "verdict": "useless"}
RELEVANT = {"claim": "It comes", "quote": "comes", "verdict": "relevant"}
IRRELEVANT = {"claim": "Ada", "quote": "Ada", "verdict": "irrelevant"}


@pytest.mark.parametrize(
    ("text", "items", "verdict", "score"),
    [
        ("{type: faithfulness}", [SUPPORTED], "passed", 1),
        ("{type: faithfulness}", [SUPPORTED, ABSENT], "failed", 0.5),
        ("{type: faithfulness}", [], "passed", 1),
        ("{type: groundedness, min_score: 0.5}", [SUPPORTED, AGAINST], "passed", 0.5),
        ("{type: hallucination}", [SUPPORTED, ABSENT], "passed", 1),
        ("{type: hallucination}", [SUPPORTED, AGAINST], "failed", 0.5),
        ("{type: answer_relevance}", [RELEVANT, IRRELEVANT], "failed", 0.5),
        ("{type: answer_relevancy, threshold: 0.5}", [RELEVANT, IRRELEVANT], "passed", 0.5),
        ("{type: context_relevance, min_score: 0.5}", [USEFUL, USELESS], "passed", 0.5),
        ("{type: context_precision}", [USEFUL, USELESS], "passed", 1),
        ("{type: faithfulness}", [claim("supported", "on Monday")], "error", None),
    ],
)
def test_claims_are_counted(
    text: str, items: list[Any], verdict: str, score: float | None, ask: Any
) -> None:
    finding, _ = ask(text, {"items": items})
    assert (finding.verdict, finding.score) == (verdict, score)


def test_the_recall_takes_the_reference_apart(ask: Any) -> None:
    found = {"claim": "Friday", "quote": "is Friday", "support": "Friday", "verdict": "supported"}
    finding, judge = ask("{type: context_recall, reference: It is Friday.}", {"items": [found]})
    assert finding.verdict == "passed"
    assert "Take the reference apart" in judge.prompt
    assert "It comes on Friday" not in judge.prompt


def pieces(prompt: str) -> list[str]:
    import re

    return re.findall(r"^<<<(?!end)(.+) \w+>>>$", prompt, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{type: llm_judge, criteria: x}", ["conversation", "message", "answer"]),
        ("{type: judge_conversation, criteria: x}", ["conversation"]),
        ("{type: tone, value: kind}", ["answer"]),
        ("{type: role_violation}", ["role", "conversation", "message", "answer"]),
        ("{type: factuality, reference: x}", ["conversation", "message", "reference", "answer"]),
        ("{type: faithfulness}", ["document 1", "document 2", "answer"]),
        ("{type: faithfulness, context: Own.}", ["document 1", "answer"]),
        (
            "{type: context_precision, reference: x}",
            ["conversation", "message", "reference", "document 1", "document 2"],
        ),
    ],
)
def test_the_judge_gets_what_the_question_needs(text: str, names: list[str], ask: Any) -> None:
    _, judge = ask(text, level("fully"))
    assert pieces(judge.prompt) == names


def test_the_system_prompt_is_shown_for_the_role_alone(ask: Any) -> None:
    _, judge = ask("{type: judge_conversation, criteria: x}", level("fully"))
    assert "user: When does it come?\nassistant: It comes on Friday, Ada.\n" in judge.prompt
    assert "You only talk" not in judge.prompt
    _, judge = ask("{type: role_violation}", level("kept"))
    assert "You only talk" in judge.prompt


def test_themes_are_the_assertions_or_the_cases(ask: Any) -> None:
    _, judge = ask("{type: relevance}", level("fully"))
    assert "take up each of these themes: delivery." in judge.prompt
    _, judge = ask("{type: relevance, expected_themes: [a, b]}", level("fully"))
    assert "take up each of these themes: a, b." in judge.prompt


def test_a_judge_sees_what_came_of_tool_calls(ask: Any) -> None:
    calls = (
        ToolCall("lookup", {"id": 7}, result={"status": "lost"}),
        ToolCall("refund", {}, error="no such order"),
    )
    called = replace(TALK.responses[0], output="", tool_calls=calls)
    _, judge = ask("{type: tone, value: x}", level("fully"), replace(TALK, responses=(called,)))
    assert '(calls the tool lookup with {"id": 7}, which gives {"status": "lost"})' in judge.prompt
    assert "(calls the tool refund with {}, which fails: no such order)" in judge.prompt


def test_tool_calls_are_part_of_the_answer(ask: Any) -> None:
    called = replace(TALK.responses[0], output="", tool_calls=(ToolCall("lookup", {"id": 7}),))
    _, judge = ask("{type: tone, value: x}", level("fully"), replace(TALK, responses=(called,)))
    assert '(calls the tool lookup with {"id": 7})' in judge.prompt


@pytest.mark.parametrize(
    ("text", "facts", "reason"),
    [
        ("{type: llm_judge, criteria: x}", {"judge": None}, NO_JUDGE),
        (
            "{type: llm_judge, criteria: x}",
            {"ask": None},
            "a judge can only be asked where an engine makes the calls",
        ),
        (
            "{type: faithfulness}",
            {"documents": ()},
            "faithfulness needs documents to judge by, and the case has none\n"
            "  fix: give the case or the assertion a `context:`",
        ),
        (
            "{type: role_violation}",
            {"trial": replace(TALK, messages=TALK.messages[1:])},
            "role_violation needs a role, and there is no system prompt\n"
            "  fix: write `role:` in the assertion",
        ),
        (
            "{type: context_aware}",
            {"trial": replace(TALK, messages=TALK.messages[3:])},
            "context_aware needs a conversation, and nothing was said before this message\n"
            "  fix: give the case a `conversation:` of two turns or more",
        ),
    ],
)
def test_what_cannot_be_asked_is_an_error(
    text: str, facts: dict[str, Any], reason: str, ask: Any
) -> None:
    for more in ("", ", not: true", ", threshold: 0.01"):
        finding, judge = ask(text.replace("}", more + "}"), level("fully"), **facts)
        assert (finding.verdict, finding.reason, judge.asked) == ("error", reason, [])


def test_an_assertions_own_judge_is_asked_before_the_files(build: Any) -> None:
    own = JudgeSpec(panel=(ProviderSpec(name="own", provider="mock"),))
    assertion = build("{type: tone, value: kind}").model_copy(update={"judge": own})
    context = CheckContext(judge=JUDGE, ask=Judge(level("fully")))
    finding = asyncio.run(evaluate_async(assertion, TALK, context))
    assert finding.judge is not None
    assert finding.judge.votes[0].judge == "own"


def test_a_known_calibration_stands_beside_the_verdict(ask: Any) -> None:
    finding, _ = ask("{type: tone, value: kind}", level("fully"))
    assert finding.judge.calibration is None
    known = Calibration(120, 0.9, 0.8, 0.7, 0.9, 6, 6)
    finding, _ = ask(
        "{type: tone, value: kind}", level("fully"), calibrations={finding.judge.key: known}
    )
    assert finding.judge.calibration == known


def test_the_facts_of_a_judge_change_with_model_and_prompt_not_with_its_name(build: Any) -> None:
    tone, judge = build("{type: tone, value: kind}"), build("{type: llm_judge, criteria: x}")
    renamed = JudgeSpec(panel=(ProviderSpec(name="other", provider="mock"),))
    larger = JudgeSpec(panel=(ProviderSpec(name="grader", provider="mock", model="large"),))
    assert tone.judge_facts(JUDGE) == tone.judge_facts(renamed)
    assert len({tone.judge_facts(JUDGE), tone.judge_facts(larger), judge.judge_facts(JUDGE)}) == 3
    assert build("{type: contains, value: x}").judge_facts(JUDGE) is None


PICTURE = {"type": "image", "name": "a.png", "media_type": "image/png", "size": 74, "sha256": "5e"}
SHOWN = replace(
    TALK,
    messages=({"role": "user", "content": [{"type": "text", "text": "Whose is it?"}, PICTURE]},),
)


@pytest.mark.parametrize("kind", ["llm_judge", "judge_conversation"])
def test_a_judge_sees_the_files_that_it_is_to_see(
    ask: Callable[..., tuple[Finding, Judge]], kind: str
) -> None:
    text = f"{{type: {kind}, criteria: x, see_files: true}}"
    finding, judge = ask(text, level("fully", "Friday"), SHOWN)
    assert finding.verdict == "passed"
    about, picture, asked = judge.asked[0][1]["content"]
    assert picture == PICTURE
    assert about["text"].startswith("These files are a part of the material")
    assert "Whose is it?\n[image a.png 74 B]" in asked["text"]


def test_a_judge_reads_the_names_of_files_otherwise(
    ask: Callable[..., tuple[Finding, Judge]],
) -> None:
    _, judge = ask("{type: llm_judge, criteria: x}", level("fully", "Friday"), SHOWN)
    assert "Whose is it?\n[image a.png 74 B]" in judge.prompt
