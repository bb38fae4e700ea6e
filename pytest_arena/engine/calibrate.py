"""Judge labelled answers with one assertion, as a run would judge them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_arena.assertions.evaluate import evaluate_async
from pytest_arena.engine.engine import Engine
from pytest_arena.engine.trial_checks import context_of
from pytest_arena.errors import BudgetSpent
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.request_response import Message, Response
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.schema import Assertion

_AT_ONCE = 64
"""Answers that are judged side by side; how many calls are in flight is the engine's business."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled answer: what was asked, what was answered, and whether it should pass.

    `assertion` is the one to judge it by, `row` its number in the file of labels, from 1.
    """

    row: int
    output: str
    label: bool
    assertion: Assertion
    prompt: str = ""
    documents: tuple[str, ...] | None = None


def judge_labelled(
    plan: CellPlan,
    labelled: Sequence[Labelled],
    engine: Engine,
    root: Path,
) -> list[Finding]:
    """Return what the assertion finds of each answer, in order.

    `plan` is a cell that has the assertion: its variables, documents and judge are taken.
    """

    async def all_of_them() -> list[Finding]:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(example: Labelled) -> Finding:
            async with places:
                return await _judge(plan, example, engine, root)

        return list(await asyncio.gather(*(one(example) for example in labelled)))

    return engine.wait(all_of_them())


async def _judge(plan: CellPlan, example: Labelled, engine: Engine, root: Path) -> Finding:
    judge_client = engine.judge_client(plan, example.row - 1)
    context = replace(
        context_of(plan, root, None),
        ask=judge_client,
        timed_loop=judge_client.timed_loop,
        # what is about to be measured is not taken for known
        calibrations={},
    )
    if example.documents is not None:
        context = replace(context, documents=example.documents)
    messages: list[Message] = []
    if plan.case.system is not None:
        messages.append({"role": "system", "content": plan.case.system})
    messages.append({"role": "user", "content": example.prompt})
    trial = Trial(
        messages=tuple(messages),
        responses=(Response(example.output, finish_reason="stop"),),
        verdict="error",
    )
    asked = example.assertion
    try:
        return await evaluate_async(asked, trial, context)
    except BudgetSpent as spent:
        return Finding(asked.type, "error", None, f"budget: {spent}", line=asked.line)
