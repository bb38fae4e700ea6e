"""When a cell's outcome cannot change any more, so that its other trials need not be started."""

from __future__ import annotations

from pytest_arena.assertions.trial_verdict import least_passed
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CasePlan, every_assertion
from pytest_arena.results.trial import Verdict


@dataclass(slots=True)
class EarlyStop:
    """The trials of one cell, counted as they get their verdicts."""

    total: int
    pass_threshold: float
    passed: int = 0
    finished: int = 0

    def count(self, verdict: Verdict) -> None:
        self.finished += 1
        self.passed += verdict == "passed"

    @property
    def decided(self) -> bool:
        """Whether enough trials passed, or too few are left for that."""
        needed = least_passed(self.total, self.pass_threshold)
        return self.passed >= needed or self.passed + self.total - self.finished < needed


def may_stop_early(case: CasePlan) -> bool:
    """Return whether a case's outcome hangs on its trials' verdicts alone.

    Assertions over all trials, those with a `pass_threshold` of their own, and the figures of
    labels need every trial.
    """
    every = [*case.assertions]
    every += [check for turns in case.dialogues for turn in turns for check in turn.assertions]
    if any(check.rivals for check in every_assertion(case)):
        # which trials another provider's cell wants to compare with, this one cannot know
        return False
    if case.label is not None:
        return False
    return not any(check.over_trials or check.pass_threshold is not None for check in every)
