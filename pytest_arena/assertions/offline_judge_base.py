"""What assertions share that are judged offline first, and by a judge only where that is unsure."""

import json

from pytest_arena.assertions.judge_base import JudgedAssertion
from pytest_arena.judging.tone import VERSION
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.schema.judge import JudgeSpec


class JudgedOffline(JudgedAssertion):
    """An assertion that judges offline, and asks a judge, if there is one, where it is unsure."""

    def surely_asks(self, context: CheckContext) -> bool:
        return False

    async def settled(
        self, reason: str, trial: Trial, context: CheckContext, *, score: float | None = None
    ) -> Outcome:
        """Return what becomes of an unsure verdict: a judge's word where there is one."""
        if self.judge or context.judge:
            return await super().check(trial, context)
        return Outcome("unsure", f"unsure: {reason}", score, self._expected())

    def judge_facts(self, judge: JudgeSpec | None) -> str | None:
        asked = super().judge_facts(judge) if self.judge or judge else None
        return json.dumps(["embedded tone", VERSION, asked])
