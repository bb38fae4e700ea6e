"""A check and a question of the fixture `arena` that are under way, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pytest_arena.checks.checker import raise_unless_passed
from pytest_arena.checks.failures import CheckErrored, CheckFailed
from pytest_arena.checks.planned import PlannedCheck
from pytest_arena.collection.python_tests.talk import Talk, Turn
from pytest_arena.engine.trial_checks import Executed, conclude_trial
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Finding, Trial

_ENDED_BY = frozenset(("guardrail", "limits", "health"))
"""The findings that fail a question whatever its answer is held to."""


class Held(NamedTuple):
    """A check under way, and whose answer it is on."""

    check: PlannedCheck
    talk: Talk
    turn: Turn

    def conclude(self, judged: Trial) -> tuple[Finding, ...]:
        """Keep what was found, and raise unless all of it holds."""
        __tracebackhide__ = True
        self.talk.found(self.turn, _told_at(self.check.plan, judged.assertions))
        _raise_unless_passed(self.talk, self.check.plan, judged)
        return judged.assertions


class Asking(NamedTuple):
    """A question under way, and the cell that it is of."""

    plan: CellPlan
    talk: Talk
    case: str

    def conclude(self, asked: Trial, root: Path) -> Response:
        """Keep the answer; raise where a guardrail kept it back, or a limit fails the agent."""
        __tracebackhide__ = True
        talk = self.talk
        turn = talk.hear(self.plan.case, asked)
        blocked = conclude_trial(self.plan, Executed(asked), root)
        found = blocked.assertions
        if turn is not None:
            # an empty answer is for a check to judge
            found = tuple(one for one in found if one.type in _ENDED_BY)
        if found:
            talk.found(turn, found)
            _raise_unless_passed(talk, self.plan, blocked)
        assert turn is not None  # noqa: S101  # or it has been raised
        return turn.response


def _told_at(plan: CellPlan, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with lines of the test's own file alone."""
    if plan.case.source == plan.file:
        return tuple(findings)
    return tuple(replace(finding, line=None) for finding in findings)


def _raise_unless_passed(talk: Talk, plan: CellPlan, judged: Trial) -> None:
    __tracebackhide__ = True
    try:
        raise_unless_passed(plan, judged)
    except (CheckFailed, CheckErrored) as error:
        talk.raised.append(error)
        raise
