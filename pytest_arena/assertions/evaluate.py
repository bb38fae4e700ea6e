"""From an assertion and a trial to a finding: `when`, `threshold`, `not`, and what goes wrong."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from pytest_arena.assertions.embedding_base import Embedded
from pytest_arena.assertions.groups import Group
from pytest_arena.assertions.messages import fired
from pytest_arena.assertions.python import Python, folders_of
from pytest_arena.assertions.run_check import run_check, run_check_async
from pytest_arena.assertions.trial_verdict import conclude
from pytest_arena.errors import TransformError
from pytest_arena.judging.answer_parts import only_called
from pytest_arena.results.judging import Judging
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.schema.assertion import (
    CUT,
    Assertion,
    CellAssertion,
    CheckContext,
    MayBeUnsure,
    Outcome,
)
from pytest_arena.text.numbers import number, reaches

__all__ = [
    "conclude",
    "evaluate",
    "evaluate_async",
    "evaluate_cell",
    "evaluate_cell_async",
    "needs_loop",
]

_FLIPPED = {"passed": "failed", "failed": "passed"}


def needs_loop(assertion: Assertion, root: Path) -> bool:
    """Return whether an assertion must be evaluated on the event loop.

    True for an `async` check, for a `python` assertion with an async function (which is imported
    for that, from the root directory), and for a group with such a member.
    """
    if isinstance(assertion, Python):
        return assertion.is_async(root)
    if isinstance(assertion, Embedded):
        return assertion.embedding is not None
    if assertion.members:
        return any(needs_loop(member, root) for member in assertion.members)
    kind = type(assertion)
    return _is_async(kind.check_cell if issubclass(kind, CellAssertion) else kind.check)


@cache
def _is_async(method: Callable[..., object]) -> bool:
    """Return whether a check of a class is async: a question asked of each cell."""
    return inspect.iscoroutinefunction(method)


def evaluate(assertion: Assertion, trial: Trial, context: CheckContext) -> Finding:
    """Return what an assertion finds of a trial; whatever goes wrong in it is an `error`."""
    return _finding(assertion, _outcome(assertion, trial.as_seen, context), context)


def _outcome(assertion: Assertion, trial: Trial, context: CheckContext) -> Outcome:
    early = _without_check(assertion, trial)
    if early is not None:
        return early
    seen = _transformed(assertion, trial, context)
    if isinstance(seen, Outcome):
        return seen
    trial = seen
    if isinstance(assertion, Group):
        seen = assertion.seen(trial)
        if isinstance(seen, Outcome):
            return seen
        inner = _inside(assertion, context)
        members = [_outcome(member, seen, inner) for member in assertion.assertions]
        return _combined(assertion, members, inner)
    outcome = run_check(assertion, lambda: assertion.check(trial, context), context)
    return _concluded(assertion, trial, outcome, context)


async def evaluate_async(assertion: Assertion, trial: Trial, context: CheckContext) -> Finding:
    """Return what an assertion finds, on the event loop; checks that are not async run in a thread.

    A group's members are judged side by side.
    """
    return _finding(assertion, await _outcome_async(assertion, trial.as_seen, context), context)


async def _outcome_async(assertion: Assertion, trial: Trial, context: CheckContext) -> Outcome:
    early = _without_check(assertion, trial)
    if early is not None:
        return early
    if assertion.transform is not None:
        seen = await asyncio.to_thread(_transformed, assertion, trial, context)
        if isinstance(seen, Outcome):
            return seen
        trial = seen
    if isinstance(assertion, Group):
        seen = assertion.seen(trial)
        if isinstance(seen, Outcome):
            return seen
        inner = _inside(assertion, context)
        members = (_outcome_async(member, seen, inner) for member in assertion.assertions)
        return _combined(assertion, await asyncio.gather(*members), inner)
    outcome = await run_check_async(
        assertion, assertion.check, lambda around: assertion.check(trial, around), context
    )
    return _concluded(assertion, trial, outcome, context)


def _transformed(assertion: Assertion, trial: Trial, context: CheckContext) -> Trial | Outcome:
    """Return the trial with what the assertion's own `transform` makes of the answer; an error
    where that cannot be."""
    if assertion.transform is None or not trial.responses:
        return trial
    from pytest_arena.assertions.transforms import Surroundings, transformed_in_time

    *before, last = trial.responses
    around = Surroundings(
        context.root,
        folders_of(assertion, context.root),
        trial.last_prompt,
        context.variables,
        context.case,
        context.provider,
    )
    how = assertion.transform
    try:
        made = transformed_in_time(last, how, around)
    except TransformError as error:
        return Outcome.error(str(error))
    return replace(trial, responses=(*before, made.as_seen))


def _inside(group: Group, context: CheckContext) -> CheckContext:
    return replace(context, turned=not context.turned) if group.negate else context


def _combined(group: Group, members: Sequence[Outcome], context: CheckContext) -> Outcome:
    """Return what the members' outcomes come to; a group that fails because there was nothing to
    look at fails with `not`, too."""
    found = tuple(_finding(*each, context) for each in zip(group.assertions, members, strict=True))
    outcome = run_check(group, lambda: group.combine(found), context)
    failed = [o for m, o in zip(group.assertions, members, strict=True) if m.weight and _fails(o)]
    unseen = _fails(outcome) and group.saw_nothing(failed)
    settled = _settled(group, replace(outcome, turns=not (unseen and group.negate)))
    return replace(settled, turns=False) if unseen and _fails(settled) else settled


def _fails(outcome: Outcome) -> bool:
    return outcome.verdict == "failed"


def evaluate_cell(
    assertion: CellAssertion, trials: tuple[Trial, ...], context: CheckContext
) -> Finding:
    """Return what an assertion finds of all trials of a cell; `when` leaves out single trials."""
    kept, early = _trials_that_count(assertion, trials, context)
    if early is not None:
        return _finding(assertion, early, context)
    outcome = run_check(assertion, lambda: assertion.check_cell(kept, context), context)
    return _finding(assertion, _settled(assertion, outcome), context)


async def evaluate_cell_async(
    assertion: CellAssertion, trials: tuple[Trial, ...], context: CheckContext
) -> Finding:
    """Return what an assertion finds of all trials of a cell, on the event loop."""
    kept, early = await asyncio.to_thread(_trials_that_count, assertion, trials, context)
    if early is not None:
        return _finding(assertion, early, context)
    outcome = await run_check_async(
        assertion, assertion.check_cell, lambda around: assertion.check_cell(kept, around), context
    )
    return _finding(assertion, _settled(assertion, outcome), context)


def _without_check(assertion: Assertion, trial: Trial) -> Outcome | None:
    """Skip where `when` does not hold, err where nobody can tell whether it does; fail where there
    is no answer to look at.

    Neither is turned around by `not`: nothing was looked at.
    """
    if assertion.when is not None:
        unmet = assertion.when.unmet(trial)
        if unmet is not None:
            return unmet
    if not assertion.needs_answer:
        return None
    block = next((event for event in trial.guardrails if event.action == "block"), None)
    if block is not None:
        return Outcome.unseen(f"no answer: {fired(block)}", expected="an answer")
    if trial.output is None:
        return Outcome.unseen("no answer", expected="an answer")
    return None


def _concluded(
    assertion: Assertion, trial: Trial, outcome: Outcome, context: CheckContext
) -> Outcome:
    outcome = _without_text(assertion, trial, _settled(assertion, outcome))
    return _of_a_part(assertion, trial, outcome, context)


def _of_a_part(
    assertion: Assertion, trial: Trial, outcome: Outcome, context: CheckContext
) -> Outcome:
    """Take back what speaks for an answer that a content filter cut, where more of it could have
    spoken against it."""
    if not any(response.is_cut_by_filter for response in assertion.looked_at(trial)):
        return outcome
    speaks_for = "failed" if context.turned else "passed"
    held = (outcome.verdict == "passed") is not assertion.negate
    shown = outcome.verdict in _FLIPPED and assertion.is_shown_by_a_part(held=held)
    passes = outcome.verdict == speaks_for and outcome.turns
    if shown or not (passes or (outcome.verdict == "unsure" and assertion.lets_unsure_pass)):
        return outcome
    return replace(outcome, verdict="error", score=None, reason=f"{CUT}: {outcome.reason}")


def _without_text(assertion: Assertion, trial: Trial, outcome: Outcome) -> Outcome:
    """Say of a check on text that does not hold that there was no text, where that is why."""
    if not assertion.reads_text or assertion.negate or outcome.verdict not in ("failed", "error"):
        return outcome
    why = only_called(trial.last)
    return outcome if why is None else replace(outcome, reason=why)


def _trials_that_count(
    assertion: CellAssertion, trials: tuple[Trial, ...], context: CheckContext
) -> tuple[tuple[Trial, ...], Outcome | None]:
    """Return the trials that an assertion looks at, as it sees them, or what it comes to without
    a look."""
    kept, early = _meeting_when(assertion, tuple(trial.as_seen for trial in trials))
    if early is not None or assertion.transform is None:
        return kept, early
    seen = [_transformed(assertion, trial, context) for trial in kept]
    unmade = next((one for one in seen if isinstance(one, Outcome)), None)
    return tuple(one for one in seen if isinstance(one, Trial)), unmade


def _meeting_when(
    assertion: CellAssertion, trials: tuple[Trial, ...]
) -> tuple[tuple[Trial, ...], Outcome | None]:
    when = assertion.when
    if when is None:
        return trials, None
    found = [(trial, when.unmet(trial)) for trial in trials]
    unclear = next((unmet for _, unmet in found if unmet and unmet.verdict == "error"), None)
    if unclear is not None:
        return (), unclear
    kept = tuple(trial for trial, unmet in found if unmet is None)
    if not kept:
        return (), Outcome("skipped", "skipped: the condition held in no trial")
    return kept, None


def _settled(assertion: Assertion, outcome: Outcome) -> Outcome:
    """Apply `threshold`, then `not`; an error, a skip and a failure for want of something to look
    at stay what they are, and `on_unsure` says what becomes of an unsure one."""
    if outcome.verdict == "unsure" and isinstance(assertion, MayBeUnsure):
        if assertion.negate and outcome.score is not None:
            # more is better, here too: the score is compared with those of verdicts
            outcome = replace(outcome, score=1.0 - outcome.score)
        return _decided(assertion, outcome)
    if outcome.verdict not in _FLIPPED or not outcome.turns:
        return outcome
    score = outcome.score
    least = None if assertion.applies_threshold else assertion.threshold
    if score is not None and least is None and not assertion.negate:
        return outcome
    if score is None:
        score = 1.0 if outcome.verdict == "passed" else 0.0
    verdict, reason, expected = outcome.verdict, outcome.reason, outcome.expected
    if least is not None:
        enough = reaches(score, least)
        verdict, side = ("passed", "reaches") if enough else ("failed", "is below")
        reason = f"{reason}; the score {number(score)} {side} the threshold {number(least)}"
        wanted = f"score at least {number(least)}"
        expected = f"{expected} ({wanted})" if expected else wanted
    if assertion.negate:
        verdict, score = "failed" if verdict == "passed" else "passed", 1.0 - score
        reason = f"{reason} (turned around by `not`)"
        expected = f"not: {expected}" if expected else None
    return replace(outcome, verdict=verdict, reason=reason, score=score, expected=expected)


def _decided(assertion: MayBeUnsure, outcome: Outcome) -> Outcome:
    if assertion.on_unsure == "fail":
        return replace(outcome, verdict="failed")
    if assertion.on_unsure == "error":
        return replace(outcome, verdict="error", score=None)
    return outcome


def _calibrated(assertion: Assertion, context: CheckContext) -> Judging | None:
    """Return what is known of the accuracy of an assertion that asks nobody."""
    from pytest_arena.judging.offline_key import PROMPT, embedded_key

    key = embedded_key(assertion)
    known = context.calibrations.get(key)
    return Judging(PROMPT, key, calibration=known) if known else None


def _finding(assertion: Assertion, outcome: Outcome, context: CheckContext) -> Finding:
    return Finding(
        type=assertion.type,
        verdict=outcome.verdict,
        score=outcome.score,
        reason=outcome.reason,
        line=assertion.line,
        file=assertion.elsewhere,
        turn=context.turn,
        expected=outcome.expected,
        weight=assertion.weight,
        group=outcome.group,
        judge=outcome.judge or (_calibrated(assertion, context) if context.calibrations else None),
        measure=outcome.measure,
        predicted=outcome.predicted,
        metric=assertion.metric,
    )
