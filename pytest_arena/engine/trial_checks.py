"""From an executed trial to its verdict: its assertions are checked, on the loop and off it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_arena.assertions.embedding_base import Embedded
from pytest_arena.assertions.evaluate import (
    conclude,
    evaluate,
    evaluate_async,
    evaluate_cell_async,
    needs_loop,
)
from pytest_arena.assertions.trial_verdict import not_reached, repelled
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import BY_HEALTH
from pytest_arena.loading.plans import CasePlan, CellPlan, TurnPlan, every_assertion
from pytest_arena.results.request_response import tool_name
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.schema import Assertion, CellAssertion, CheckContext, ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.engine.judge_client import JudgeClient


@dataclass(slots=True)
class Executed:
    """A trial that has run, and the findings that were made on the event loop already."""

    trial: Trial
    findings: dict[int, Finding] = field(default_factory=dict)
    """By the place of the assertion in `checks`."""
    failed_turn: int | None = None
    """The turn (from 0) whose assertions failed, with which the conversation ended."""
    concluded: bool = False
    """Whether the trial has its verdict already."""
    over_budget: str | None = None
    """The budget that ended the trial, which then has the verdict `skipped`."""


def checks(
    case: CasePlan, dialogue: int, trial: Trial | None = None
) -> list[tuple[Assertion, int | None]]:
    """Return the assertions on one trial, each with its turn (None: on the whole trial).

    Where simulated users talk, a turn has as many answers as there are in `trial`; its assertions
    are on the last of them.
    """
    turns = case.dialogues[dialogue]
    numbers = range(len(turns)) if trial is None else _last_answers(turns, trial)
    found: list[tuple[Assertion, int | None]] = [
        (assertion, number)
        for number, turn in zip(numbers, turns, strict=True)
        for assertion in turn.assertions
    ]
    found += [(assertion, None) for assertion in case.assertions if not assertion.over_trials]
    return found


def _last_answers(turns: Sequence[TurnPlan], trial: Trial) -> Iterator[int]:
    """Yield the number of the last answer of each turn of a conversation."""
    answered = 0
    for place, turn in enumerate(turns):
        count = 1
        if turn.persona is not None:
            count = sum(one.place == place and bool(one.text) for one in trial.personas)
        yield answered + max(count - 1, 0)
        answered += count


def needs_stream(case: CasePlan) -> bool:
    """Return whether an assertion asks for the time to the first token."""
    return any(assertion.needs_stream for assertion in every_assertion(case))


async def judge_on_loop(
    plan: CellPlan, executed: Executed, root: Path, make_judge_client: Callable[[], JudgeClient]
) -> Executed:
    """Check what is left of the asynchronous assertions of a trial at once, while other calls are
    in flight.

    `make_judge_client` gives what reaches judges, one for all assertions of the trial.
    """
    if executed.trial.error is None and executed.failed_turn is None:
        every = enumerate(checks(plan.case, executed.trial.dialogue, executed.trial))
        left = {place: each for place, each in every if place not in executed.findings}
        found = await found_on_loop(plan, executed.trial, left, root, make_judge_client)
        executed.findings.update(found)
    return executed


async def found_on_loop(
    plan: CellPlan,
    trial: Trial,
    wanted: Mapping[int, tuple[Assertion, int | None]],
    root: Path,
    make_judge_client: Callable[[], JudgeClient],
) -> dict[int, Finding]:
    """Return what those of the assertions find, by place, that are to be checked on the loop."""
    on_loop = {place: each for place, each in wanted.items() if needs_loop(each[0], root)}
    if not on_loop:
        return {}
    judge_client = make_judge_client()
    contexts = contexts_of(plan, root, on_loop.values())
    waiting = {
        place: evaluate_async(
            assertion, seen_by(trial, turn), _reaching(contexts[turn], judge_client, plan)
        )
        for place, (assertion, turn) in on_loop.items()
    }
    return dict(zip(waiting, await asyncio.gather(*waiting.values()), strict=True))


def compared_on_loop(case: CasePlan) -> dict[int, CellAssertion]:
    """Return the assertions that compare the answers of all trials by an embedding, by place."""
    every = enumerate(case.assertions)
    over_all = {place: one for place, one in every if isinstance(one, CellAssertion)}
    return {
        place: one
        for place, one in over_all.items()
        if isinstance(one, Embedded) and one.embedding is not None
    }


async def compare_on_loop(
    plan: CellPlan,
    waiting: Mapping[int, CellAssertion],
    trials: tuple[Trial, ...],
    root: Path,
    judge_client: JudgeClient,
) -> dict[int, Finding]:
    """Return what these find of all answers, before the trials have their verdicts."""
    context = _reaching(context_of(plan, root, None), judge_client, plan)
    works = (evaluate_cell_async(assertion, trials, context) for assertion in waiting.values())
    return dict(zip(waiting, await asyncio.gather(*works), strict=True))


def conclude_trial(plan: CellPlan, executed: Executed, root: Path) -> Trial:
    """Check what is left to check of one trial, in the calling thread, and give its verdict."""
    trial = executed.trial
    if executed.concluded:
        return trial
    if trial.error is not None:
        return replace(trial, verdict="error")
    wanted = checks(plan.case, trial.dialogue, trial)
    if plan.case.attack is not None:
        held = repelled(trial, wanted)
        if held:
            return replace(trial, verdict="passed", score=1.0, assertions=held)
    contexts = contexts_of(plan, root, wanted)

    def find(place: int, assertion: Assertion, turn: int | None) -> Finding:
        if place in executed.findings:
            return executed.findings[place]
        if executed.failed_turn is not None:
            return not_reached(assertion, turn, executed.failed_turn)
        return evaluate(assertion, seen_by(trial, turn), contexts[turn])

    findings = [find(place, *each) for place, each in enumerate(wanted)]
    verdict, score, kept = conclude(
        trial,
        [assertion for assertion, _ in wanted],
        findings,
        threshold=plan.case.threshold,
    )
    broken = _limit_broken(plan.case, trial)
    if broken is not None:
        verdict, score, kept = "failed", 0.0, (*kept, broken)
    return replace(trial, verdict=verdict, score=score, assertions=kept)


def _limit_broken(case: CasePlan, trial: Trial) -> Finding | None:
    """Return what fails a trial in which an agent wanted more than it may, or did not get on, where
    that fails it."""
    if case.agent is None:
        return None
    limits, health = case.agent.limits, case.agent.health
    for turn, response in enumerate(trial.responses):
        why = response.stopped
        if why is None:
            continue
        if why.startswith(BY_HEALTH):
            if health is not None and health.on_anomaly == "fail":
                return Finding("health", "failed", 0.0, why, turn=turn, expected="to get on")
        elif limits.on_exceeded == "fail":
            expected = "to keep within the limits"
            return Finding("limits", "failed", 0.0, why, turn=turn, expected=expected)
    return None


def _reaching(context: CheckContext, judge_client: JudgeClient, plan: CellPlan) -> CheckContext:
    """Return a context in which judges and other answers to the case can be reached."""

    async def rival(name: str) -> Trial:
        return seen_by(await judge_client.rival(name), context.turn).as_seen

    kept = plan.baseline_outputs if context.turn is None else ()
    return replace(
        context,
        ask=judge_client,
        embed=judge_client.embed,
        rival=rival,
        timed_loop=judge_client.timed_loop,
        baseline_output=kept[judge_client.trial % len(kept)] if kept else None,
    )


def seen_by(trial: Trial, turn: int | None) -> Trial:
    """Return the trial as an assertion on that turn is to see it."""
    return trial if turn is None else trial.at_turn(turn)


def contexts_of(
    plan: CellPlan, root: Path, wanted: Collection[tuple[Assertion, int | None]]
) -> dict[int | None, CheckContext]:
    """Return what the assertions are told of the case, by the turn that they are on."""
    return {turn: context_of(plan, root, turn) for turn in {turn for _, turn in wanted}}


def context_of(plan: CellPlan, root: Path, turn: int | None) -> CheckContext:
    case = plan.case
    return CheckContext(
        case.name,
        plan.provider.name,
        case.variables,
        root,
        turn,
        judge=case.judge,
        tools=_declared(case, plan.provider),
        is_model=plan.provider.takes_params,
        has_servers=case.has_servers,
        documents=case.documents,
        themes=case.expected_themes,
        calibrations=case.calibrations,
        baseline_scores=plan.baseline_scores.get(turn, {}),
    )


def _declared(case: CasePlan, provider: ProviderSpec) -> dict[str, Any]:
    """Return the schemas of tools by the tools' names: those that a model is offered, and of an
    application those that the file knows; a vendor's own have none."""
    offered: Any = case.tools_for(provider) or case.params_for(provider).get("tools") or case.tools
    found: dict[str, Any] = {}
    for tool in offered if isinstance(offered, (list, tuple)) else ():
        name = tool_name(tool)
        if name is not None:
            found[name] = dict(tool.get("function", tool)).get("parameters") or {}
    return found
