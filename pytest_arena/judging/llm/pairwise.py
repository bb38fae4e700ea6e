"""Which of two answers is better: asked in both orders, so that a judge's liking for the first
(or the second) place cancels out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.panel import Question, Ruling, judge_key, vote_on
from pytest_arena.judging.llm.prompt import LONGEST_MATERIAL, Material, Task
from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.judging import Judging, Vote, total
from pytest_arena.schema import Asking, JudgeSpec, ProviderSpec
from pytest_arena.text.numbers import reaches

PLACES = ("first answer", "second answer")
_TIE = 0.5


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """Two answers to the same message: the one that is judged, and its rival's."""

    before: tuple[Material, ...]
    own: str
    rival: str
    name: str
    """The rival's provider, or `BASELINE`."""


def preference_form(own_first: bool) -> Levels:
    """Return how a reply is read: worth 1 where it prefers the answer that is judged."""
    first, second = (1.0, 0.0) if own_first else (0.0, 1.0)
    levels = (
        Level("first", first, "the first answer is better"),
        Level("second", second, "the second answer is better"),
        Level("neither", _TIE, "neither is better"),
    )
    return Levels(levels, PLACES, is_scale=False)


def preference_task(criteria: str | None) -> Task:
    """Return the task; without criteria the judge decides what makes an answer good."""
    by = f", by this alone: {criteria}" if criteria else ""
    return Task("preference", {"criteria": by}, "levels_reply", preference_form(True).values())


async def prefer(
    pair: AnswerPair, criteria: str | None, judge: JudgeSpec, ask: Asking, least: float
) -> Ruling:
    """Ask every judge in both orders; more than half of all judges decide.

    A judge prefers an answer that it chose in both orders; otherwise the two are a tie for it.
    The score is 1 where the judged answer is preferred, 0 where its rival is, 0.5 for a tie.
    """
    task = preference_task(criteria)
    judging = Judging(
        task.label,
        judge_key(task, judge, least),
        rival=pair.name,
        rival_output=pair.rival,
    )
    size = len(pair.own) + len(pair.rival) + sum(len(piece.text) for piece in pair.before)
    if size > LONGEST_MATERIAL:
        reason = f"{size:,} characters are too many for a judge (at most {LONGEST_MATERIAL:,})"
        return Ruling("error", reason, None, judging)
    questions = both_questions(pair, criteria, least)
    given = await asyncio.gather(*(_ballot(questions, spec, pair, ask) for spec in judge.panel))
    votes = tuple(vote for vote, _ in given)
    judging = replace(judging, votes=votes)
    score = _decided(votes)
    if score is None:
        unreached = [lost for vote, lost in given if vote.verdict == "error"]
        otherwise = judge.on_unavailable if unreached and all(unreached) else "error"
        return Ruling(otherwise, _why_undecided(votes), None, judging)
    judging = replace(judging, preferred=score)
    reason = next(vote.reason for vote in votes if vote.score == score)
    if len(votes) > 1:
        agreed = sum(vote.score == score for vote in votes)
        reason = f"{agreed} of {len(votes)} judges agree; {reason}"
    verdict = "passed" if reaches(score, least) else "failed"
    return Ruling(verdict, reason, score, judging)


def both_questions(
    pair: AnswerPair, criteria: str | None, least: float
) -> tuple[Question, Question]:
    """Return what is asked: which answer is better, in either order."""
    task = preference_task(criteria)
    return (
        _question(task, pair, least, own_first=True),
        _question(task, pair, least, own_first=False),
    )


def _question(task: Task, pair: AnswerPair, least: float, *, own_first: bool) -> Question:
    answers = (pair.own, pair.rival) if own_first else (pair.rival, pair.own)
    places = tuple(Material(name, text) for name, text in zip(PLACES, answers, strict=True))
    return Question(task, (*pair.before, *places), preference_form(own_first), least)


async def _ballot(
    questions: Sequence[Question], spec: ProviderSpec, pair: AnswerPair, ask: Asking
) -> tuple[Vote, bool]:
    """Return one judge's vote from both orders, and whether it could not be reached."""
    given = await asyncio.gather(*(vote_on(question, spec, ask) for question in questions))
    votes = [vote for vote, _, _ in given]
    failed = next(((vote, lost) for vote, _, lost in given if vote.verdict == "error"), None)
    if failed is not None:
        return _together(votes, "error", None, failed[0].reason), failed[1]
    scores = [vote.score for vote in votes]
    if scores == [1.0, 1.0]:
        reason = f"better than the answer of {pair.name}, in both orders: {votes[0].reason}"
        return _together(votes, "passed", 1.0, reason), False
    if scores == [0.0, 0.0]:
        reason = f"worse than the answer of {pair.name}, in both orders: {votes[0].reason}"
        return _together(votes, "failed", 0.0, reason), False
    return _together(votes, "failed", _TIE, _why_tie(scores, pair.name)), False


def _why_tie(scores: Sequence[float | None], rival: str) -> str:
    tie = f"a tie with the answer of {rival}"
    if scores == [1.0, 0.0]:
        return f"{tie}: the judge prefers whichever comes first"
    if scores == [0.0, 1.0]:
        return f"{tie}: the judge prefers whichever comes second"
    orders = "both orders" if scores == [_TIE, _TIE] else "one order"
    return f"{tie}: the judge prefers neither in {orders}"


def _together(
    votes: Sequence[Vote],
    verdict: Literal["passed", "failed", "error"],
    score: float | None,
    reason: str,
) -> Vote:
    tokens_in = total(vote.input_tokens for vote in votes)
    tokens_out = total(vote.output_tokens for vote in votes)
    return Vote(
        judge=votes[0].judge,
        verdict=verdict,
        reason=reason,
        score=score,
        quotes=tuple(dict.fromkeys(quote for vote in votes for quote in vote.quotes)),
        model=next((vote.model for vote in votes if vote.model), None),
        calls=sum(vote.calls for vote in votes),
        latency_ms=total(vote.latency_ms for vote in votes),
        input_tokens=None if tokens_in is None else int(tokens_in),
        output_tokens=None if tokens_out is None else int(tokens_out),
        cost_usd=total(vote.cost_usd for vote in votes),
        source=votes[0].source,
    )


def _decided(votes: Sequence[Vote]) -> float | None:
    """Return what more than half of all judges say: 1, 0.5 or 0; None where there is no such."""
    for score in (1.0, 0.0, _TIE):
        if sum(vote.score == score for vote in votes) * 2 > len(votes):
            return score
    return None


def _why_undecided(votes: Sequence[Vote]) -> str:
    if len(votes) == 1:
        return votes[0].reason
    return "the panel has no majority; " + "; ".join(f"{v.judge}: {v.reason}" for v in votes)
