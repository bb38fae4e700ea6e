"""A conversation ends with the first turn that fails: its turns are checked while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_arena.assertions.evaluate import evaluate
from pytest_arena.engine.trial_checks import checks, contexts_of, found_on_loop, seen_by
from pytest_arena.loading.plans import CasePlan, CellPlan
from pytest_arena.results.trial import Finding, Trial
from pytest_arena.schema import Assertion

if TYPE_CHECKING:
    from pytest_arena.engine.judge_client import JudgeClient


class TurnChecks:
    """What the assertions of a conversation's turns find while it goes on; it ends with the first
    turn that fails."""

    def __init__(self, plan: CellPlan, root: Path, thread: Executor) -> None:
        self._plan = plan
        self._root = root
        self._thread = thread
        self.findings: dict[int, Finding] = {}
        """By the place of the assertion in `checks`."""
        self.failed_turn: int | None = None

    async def holds(
        self, trial: Trial, turn: int, make_judge_client: Callable[[], JudgeClient]
    ) -> bool:
        """Check the assertions of a turn (from 0), and return whether none of them failed."""
        every = enumerate(checks(self._plan.case, trial.dialogue, trial))
        wanted = {place: each for place, each in every if each[1] == turn}
        found = await found_on_loop(self._plan, trial, wanted, self._root, make_judge_client)
        left = {place: each for place, each in wanted.items() if place not in found}
        if left:
            loop = asyncio.get_running_loop()
            found |= await loop.run_in_executor(self._thread, self._found_in_thread, trial, left)
        self.findings |= found
        if any(_decides(wanted[place][0], finding) for place, finding in found.items()):
            self.failed_turn = turn
        return self.failed_turn is None

    def _found_in_thread(
        self, trial: Trial, wanted: Mapping[int, tuple[Assertion, int | None]]
    ) -> dict[int, Finding]:
        contexts = contexts_of(self._plan, self._root, wanted.values())
        return {
            place: evaluate(assertion, seen_by(trial, turn), contexts[turn])
            for place, (assertion, turn) in wanted.items()
        }


def ends_early(case: CasePlan, dialogue: int) -> bool:
    """Return whether a dialogue ends with a turn that fails: where that decides the trial."""
    *before, _ = case.dialogues[dialogue]
    may_fail = any(turn.assertions for turn in before)
    return may_fail and not case.continue_on_failure and case.threshold is None


def _decides(assertion: Assertion, finding: Finding) -> bool:
    if finding.weight == 0 or assertion.pass_threshold is not None:
        return False
    return finding.verdict in ("failed", "error")
