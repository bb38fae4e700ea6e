"""What judges will be asked of a cell, before any call: how often, and in how many tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.engine.calling.provider_state import CHARACTERS_PER_TOKEN, input_tokens
from pytest_arena.engine.load_test.runner import MOST_ERRORS, MOST_KEPT
from pytest_arena.engine.trial_checks import checks, context_of
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.content import content_of
from pytest_arena.results.request_response import Message, Request, Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema import Assertion, CheckContext, ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.assertions.judge_base import JudgedAssertion

_MOST_JUDGED = MOST_KEPT - MOST_ERRORS
_LEAST_JUDGED = (_MOST_JUDGED + 2) // 2
"""What is left of an even sample that was just thinned out."""


@dataclass(frozen=True, slots=True)
class JudgeCall:
    """One call of a judge about one trial; `surely`, or only where the answer asks for it."""

    spec: ProviderSpec
    input_tokens: float
    surely: bool


def judge_calls(plan: CellPlan, dialogue: int, answer_tokens: float) -> list[JudgeCall]:
    """Return the calls of judges about one trial of a dialogue, whose answers have so many tokens.

    What two assertions ask alike is asked once. A second call, after a reply that cannot be used,
    is not among them.
    """
    found: dict[tuple[int, str], JudgeCall] = {}
    trial: Trial | None = None
    for assertion, turn in checks(plan.case, dialogue):
        for judged, surely in _judged(assertion, surely=True):
            trial = trial or _likely_trial(plan, dialogue, answer_tokens)
            context = context_of(plan, Path(), turn)
            seen = trial if turn is None else trial.at_turn(turn)
            surely = surely and judged.surely_asks(context)
            for spec, messages in _asked(judged, seen, context):
                key = (id(spec), json.dumps(messages))
                known = found.get(key)
                tokens = input_tokens(Request(messages))
                found[key] = JudgeCall(spec, tokens, surely or bool(known and known.surely))
    return list(found.values())


def judged_rounds(rounds: float, total: float, *, load: bool) -> tuple[float, float]:
    """Return how many of so many trials are judged, at least and at most.

    A load case, of whose `total` trials these are a part, has a sample of them judged.
    """
    if not load or total <= _MOST_JUDGED:
        return rounds, rounds
    return rounds * _LEAST_JUDGED / total, rounds * _MOST_JUDGED / total


def _judged(assertion: Assertion, *, surely: bool) -> Iterator[tuple[JudgedAssertion, bool]]:
    from pytest_arena.assertions.judge_base import JudgedAssertion

    surely = surely and assertion.when is None
    if isinstance(assertion, JudgedAssertion):
        yield assertion, surely
    for member in assertion.members:
        yield from _judged(member, surely=surely)


def _asked(
    judged: JudgedAssertion, trial: Trial, context: CheckContext
) -> Iterable[tuple[ProviderSpec, list[Message]]]:
    for question in judged.questions(trial, context):
        messages = question.messages
        for spec in judged.asks(context.judge):
            yield spec, messages


def _likely_trial(plan: CellPlan, dialogue: int, answer_tokens: float) -> Trial:
    """Return a trial as it may come out, with answers of that length."""
    answer = "x" * round(answer_tokens * CHARACTERS_PER_TOKEN)
    said: list[Message] = []
    if plan.case.system is not None:
        said.append({"role": "system", "content": plan.case.system})
    turns = plan.case.dialogues[dialogue]
    for number, turn in enumerate(turns):
        if number:
            said.append({"role": "assistant", "content": answer})
        said += [*turn.before, {"role": "user", "content": content_of(turn.user)}]
    responses = tuple(Response(output=answer) for _ in turns)
    return Trial(messages=tuple(said), responses=responses, verdict="error", dialogue=dialogue)
