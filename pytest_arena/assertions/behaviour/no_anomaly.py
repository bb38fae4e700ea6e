"""The assertion that an agent got on: neither stuck, nor in a loop, nor mute, nor failing."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.behaviour.anomalies import anomalies_in
from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.assertions.tool_calls.base import (
    Calls,
    calls_of,
    told,
    untold,
)
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema.anomalies import AnomalySigns
from pytest_arena.schema.assertion import CheckContext, MoreText, Outcome


class NoAnomaly(AnomalySigns, OfTurns):
    """Holds when an agent got on: it was not stuck, in no loop, not mute, and did not keep failing.

        - type: no_anomaly
          stuck_threshold: 3

    Four signs are looked for, each at the very call that completes it: `stuck`, the same call with
    the same arguments 3 times in a row; `loop`, a pattern of several calls that is repeated within
    20 calls (A B A B at the fourth, A B C A B C at the sixth); `empty_response`, 3 answers in a row
    of at most 10 characters; `high_error_rate`, at least half of a full window of 10 calls failed.
    Names and figures are those of Promptise's health monitor. The reason names the first sign with
    the number of the call.

    Error: when the provider does not tell which tools were called, or, of a full window, what came
    of them; a sign that is seen all the same fails.
    """

    type: ClassVar[str] = "no_anomaly"
    more_text: ClassVar[MoreText] = "harm"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answers = self.answers(trial, context)
        if isinstance(answers, Outcome):
            return answers
        calls = calls_of(answers)
        replies = [answer.output for answer in answers if not _only_asks(answer)]
        told_calls = [] if isinstance(calls, Outcome) else [a.tool_calls for a in answers]
        seen = anomalies_in(self, told_calls, replies)
        expected = f"no sign of {', '.join(self.anomalies)}"
        if seen:
            reason = "; ".join(map(str, seen))
            return Outcome.of(False, reason, expected=expected)
        if (unclear := self._unclear(calls)) is not None:
            return unclear
        made = [] if isinstance(calls, Outcome) else calls
        return Outcome.of(True, told(made), expected=expected)

    def _unclear(self, calls: Calls | Outcome) -> Outcome | None:
        """Return the error that nobody told what a sign would be seen in; None where all was."""
        if isinstance(calls, Outcome):
            return None if self.anomalies == ("empty_response",) else calls
        if "high_error_rate" not in self.anomalies or len(calls) < self.error_window:
            return None
        return untold(calls, calls)


def _only_asks(answer: Response) -> bool:
    """Return whether an answer asks for calls that nobody ran: it is no reply, and not empty."""
    return bool(answer.tool_calls) and untold(answer.tool_calls, answer.tool_calls) is not None
