"""Which of two answers is better: whatever a judge likes of a place cancels out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.judging.llm.pairwise import AnswerPair, prefer
from pytest_arena.judging.llm.panel import Ruling
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.results import Message, Response
from pytest_arena.schema import JudgeReply, JudgeSpec, ProviderSpec

PAIR = AnswerPair((Material("message", "Hi"),), "A fine answer", "A poor answer", "budget")
Choose = Callable[[str], str]


def reply(level: str, *quotes: str) -> str:
    return json.dumps({"evidence": list(quotes), "reasoning": f"It is {level}.", "level": level})


def first(_prompt: str) -> str:
    return reply("first")


def second(_prompt: str) -> str:
    return reply("second")


def neither(_prompt: str) -> str:
    return reply("neither")


def the(word: str) -> Choose:
    """Choose the answer that holds a word, wherever it stands."""

    def choose(prompt: str) -> str:
        place = prompt.index(word)
        level = "first" if place < prompt.index("<<<second answer") else "second"
        return reply(level, word)

    return choose


def first_if_fine(prompt: str) -> str:
    return reply("first" if prompt.index("fine") < prompt.index("poor") else "neither")


def gone(_prompt: str) -> str:
    raise ProviderError(ErrorKind.SERVER, "the server fell over", attempts=1)


def judged_by(*judges: Choose, least: float = 1.0, on_unavailable: str = "error") -> Ruling:
    panel = {f"j{n}": judge for n, judge in enumerate(judges)}

    async def ask(spec: ProviderSpec, messages: list[Message], *, turn: int = 0) -> JudgeReply:
        text = panel[spec.name](messages[1]["content"])
        return JudgeReply(Response(text, cost_usd=0.1, latency_ms=5.0))

    specs = tuple(ProviderSpec(name=name, provider="mock") for name in panel)
    judge = JudgeSpec(panel=specs, on_unavailable=on_unavailable)  # type: ignore[arg-type]
    return asyncio.run(prefer(PAIR, None, judge, ask, least))


@pytest.mark.parametrize(
    ("judge", "verdict", "score", "reason"),
    [
        (
            the("fine"),
            "passed",
            1.0,
            "better than the answer of budget, in both orders: It is first.",
        ),
        (
            the("poor"),
            "failed",
            0.0,
            "worse than the answer of budget, in both orders: It is second.",
        ),
        (
            first,
            "failed",
            0.5,
            "a tie with the answer of budget: the judge prefers whichever comes first",
        ),
        (
            second,
            "failed",
            0.5,
            "a tie with the answer of budget: the judge prefers whichever comes second",
        ),
        (
            neither,
            "failed",
            0.5,
            "a tie with the answer of budget: the judge prefers neither in both orders",
        ),
        (
            first_if_fine,
            "failed",
            0.5,
            "a tie with the answer of budget: the judge prefers neither in one order",
        ),
    ],
)
def test_only_a_preference_in_both_orders_counts(
    judge: Choose, verdict: str, score: float, reason: str
) -> None:
    ruling = judged_by(judge)
    assert (ruling.verdict, ruling.score, ruling.reason) == (verdict, score, reason)
    judging = ruling.judging
    assert (judging.rival, judging.rival_output, judging.preferred) == (
        "budget",
        "A poor answer",
        score,
    )
    assert (judging.calls, judging.cost_usd) == (2, 0.2)


@pytest.mark.parametrize(("judge", "verdict"), [(first, "passed"), (the("poor"), "failed")])
def test_a_threshold_lets_ties_pass(judge: Choose, verdict: str) -> None:
    assert judged_by(judge, least=0.5).verdict == verdict


@pytest.mark.parametrize(
    ("judges", "verdict", "score"),
    [
        ((the("fine"), the("fine"), first), "passed", 1.0),
        ((the("poor"), first, the("poor")), "failed", 0.0),
        ((first, second, the("fine")), "failed", 0.5),
        ((the("fine"), the("fine"), gone), "passed", 1.0),
        ((the("fine"), the("poor"), first), "error", None),
        ((the("fine"), the("poor")), "error", None),
        ((gone,), "error", None),
    ],
)
def test_more_than_half_of_a_panel_decides(
    judges: tuple[Choose, ...], verdict: str, score: float | None
) -> None:
    ruling = judged_by(*judges)
    assert (ruling.verdict, ruling.score) == (verdict, score)
    assert ruling.judging.preferred == score


def test_a_judge_that_is_gone_may_leave_it_unsure() -> None:
    assert judged_by(gone, on_unavailable="unsure").verdict == "unsure"
    assert judged_by(the("fine"), the("poor"), on_unavailable="unsure").verdict == "error"


def test_quotes_must_stand_in_one_of_the_answers() -> None:
    assert judged_by(lambda _: reply("first", "A great answer")).reason == (
        "judge 'j0' gave no usable judgement, not even when asked again: the quote "
        "'A great answer' does not occur in the first answer, second answer"
    )
