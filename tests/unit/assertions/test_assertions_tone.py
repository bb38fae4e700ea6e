"""The assertions `tone` and `sentiment`: offline, then a judge, then `on_unsure`."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from pytest_arena.assertions.evaluate import evaluate_async
from pytest_arena.judging.tone import VERSION
from pytest_arena.results import Finding, Message, Response, Trial
from pytest_arena.schema import Assertion, CheckContext, JudgeReply, JudgeSpec, ProviderSpec

JUDGE = JudgeSpec(panel=(ProviderSpec(name="grader", provider="mock"),))
POLITE = "Thank you for contacting us. I have reviewed your account and issued the refund."
RUDE = "Oh great, another genius who cannot read. Not our problem."
PLAIN = "Our support team will call you."
DRY = "no single cue stands out, only wording and length"


def told(reason: str) -> str:
    """Return a reason with an S for each score: their digits move with the weights."""
    return re.sub(r"\b0\.\d{3,}\b", "S", reason)


class Judge:
    def __init__(self, level: str) -> None:
        self.reply = json.dumps({"evidence": [], "reasoning": "So it is.", "level": level})
        self.asked = 0

    async def __call__(
        self, spec: ProviderSpec, messages: list[Message], *, turn: int = 0
    ) -> JudgeReply:
        self.asked += 1
        return JudgeReply(Response(self.reply))


@pytest.fixture
def find(build: Callable[[str], Assertion]) -> Callable[..., Finding]:
    def finding(text: str, answer: str, **context: Any) -> Finding:
        trial = Trial((), (Response(answer),), verdict="passed")
        return asyncio.run(evaluate_async(build(text), trial, CheckContext(**context)))

    return finding


@pytest.mark.parametrize(
    ("text", "answer", "verdict", "reason"),
    [
        (
            "{type: tone, value: professional}",
            POLITE,
            "passed",
            "professional S; for: thanks 'Thank you', acknowledgement 'for contacting', "
            "formal word 'reviewed'",
        ),
        ("{type: tone, value: Professional, min_score: 0.999}", POLITE, "failed", None),
        ("{type: tone, value: professional, threshold: 0.2}", RUDE, "failed", None),
        ("{type: tone, value: professional, not: true}", RUDE, "passed", None),
        (
            "{type: tone, value: professional}",
            PLAIN,
            "unsure",
            f"unsure: professional S; {DRY}",
        ),
        ("{type: tone, value: professional, not: true}", PLAIN, "unsure", None),
        (
            "{type: tone, value: professional, on_unsure: fail}",
            PLAIN,
            "failed",
            f"unsure: professional S; {DRY}",
        ),
        (
            "{type: tone, value: professional, on_unsure: error}",
            "Vielen Dank für Ihre Nachricht, wir melden uns bei Ihnen.",
            "error",
            "unsure: professional; the answer does not read as English: hardly any common English "
            "word is in it",
        ),
        (
            "{type: tone, value: witty}",
            POLITE,
            "error",
            "tone 'witty' cannot be judged offline\n"
            "  expected: one of professional, polite, formal, casual, friendly, empathetic, "
            "apologetic, neutral, positive, negative, or a judge\n"
            "  fix: write one of these, or configure a judge with `judge:`",
        ),
        ("{type: sentiment, range: negative}", "I hate this horrible mess.", "passed", None),
        ("{type: sentiment, range: [0.2, 1]}", "I hate this horrible mess.", "failed", None),
        (
            "{type: sentiment, range: [0.05, 1]}",
            "The bus leaves.",
            "unsure",
            "unsure: sentiment 0 (wanted: from 0.05 to 1); no single cue stands out, only "
            "wording and length; near an end of the range",
        ),
        ("{type: sentiment, range: positive, on_unsure: fail}", "", "failed", None),
    ],
)
def test_the_offline_verdict(
    text: str, answer: str, verdict: str, reason: str | None, find: Callable[..., Finding]
) -> None:
    finding = find(text, answer)
    assert (finding.verdict, finding.judge) == (verdict, None)
    assert reason is None or told(finding.reason) == reason


def test_only_what_is_unsure_goes_to_the_judge(find: Callable[..., Finding]) -> None:
    asked = Judge("fully")
    given = {"judge": JUDGE, "ask": asked}
    assert find("{type: tone, value: professional}", POLITE, **given).judge is None
    assert find("{type: tone, value: professional}", RUDE, **given).verdict == "failed"
    assert asked.asked == 0
    for text in (
        "{type: tone, value: professional, on_unsure: error}",
        "{type: tone, value: witty}",
    ):
        finding = find(text, PLAIN, **given)
        assert (finding.verdict, finding.score) == ("passed", 1)
        assert finding.judge is not None
    assert asked.asked == 2
    mood = Judge("neutral")
    finding = find("{type: sentiment, range: [0.05, 1]}", "The bus leaves.", judge=JUDGE, ask=mood)
    assert (finding.verdict, mood.asked) == ("failed", 1)


def test_a_tone_is_compared_with_the_baselines(find: Callable[..., Finding]) -> None:
    text = "{type: tone, value: professional, relative_to: baseline}"
    first = find(text, POLITE)
    assert (first.verdict, first.measure) == ("unsure", "professional tone")
    assert told(first.reason) == (
        "unsure: professional S; the baseline has no score to compare it with"
    )
    assert first.score is not None
    before = {"baseline_scores": {"professional tone": first.score}}
    assert told(find(text, POLITE, **before).reason).startswith(
        "professional S, much as the baseline's (S); for: thanks"
    )
    worse = find(text, PLAIN, **before)
    assert (worse.verdict, worse.expected) == ("failed", "as professional as the baseline's")
    assert told(worse.reason) == f"professional S, less than the baseline's (S); {DRY}"
    better = find(text, PLAIN, baseline_scores={"professional tone": 0.1})
    assert better.verdict == "passed"
    for on_unsure, verdict in (("fail", "failed"), ("error", "error")):
        found = find(text.replace("}", f", on_unsure: {on_unsure}}}"), POLITE)
        assert (found.verdict, found.measure) == (verdict, "professional tone")


def test_the_judge_hash_knows_the_scorer_and_the_judge(build: Callable[[str], Assertion]) -> None:
    tone = build("{type: tone, value: polite}")
    alone = tone.judge_facts(None)
    assert alone is not None
    assert json.loads(alone) == ["embedded tone", VERSION, None]
    assert tone.judge_facts(JUDGE) != alone


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{type: tone, value: Professional, min_score: 0.6}", "professional, 0.6 or more"),
        ("{type: tone, value: professional, threshold: 0.4}", "professional, 0.4 or more"),
        ("{type: sentiment, range: [0.3, 1]}", "sentiment from 0.3 to 1"),
    ],
)
def test_what_is_wanted_is_shown_whatever_comes_of_it(
    find: Callable[..., Finding], text: str, wanted: str
) -> None:
    level = "positive" if "sentiment" in text else "fully"
    found = [find(text, answer) for answer in (POLITE, PLAIN, RUDE)]
    found += [find(text, PLAIN, judge=JUDGE, ask=Judge(level))]
    assert {finding.expected.partition(" (score")[0] for finding in found if finding.expected} == {
        wanted
    }
    assert all(finding.expected for finding in found)
