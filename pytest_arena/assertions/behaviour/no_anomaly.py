"""The assertion that an agent got on: neither stuck, nor in a loop, nor mute, nor failing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Literal, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.behaviour import anomalies
from pytest_arena.assertions.behaviour.anomalies import Anomaly, AnomalyKind
from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.assertions.tool_calls.base import (
    Calls,
    calls_of,
    told,
    untold,
)
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, MoreText, Outcome

_ALL: tuple[AnomalyKind, ...] = get_args(AnomalyKind)


class NoAnomaly(OfTurns):
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

    anomalies: tuple[AnomalyKind, ...] = _ALL
    """The signs to look for."""
    within: Literal["conversation", "turn"] = "conversation"
    """Whether `stuck` and `loop` look at the calls of the whole conversation, or begin anew with
    each turn, as of an agent that looks at the same queue whenever it is asked."""
    stuck_threshold: int = Field(default=3, ge=2)
    """How many times the same call makes an agent stuck."""
    loop_window: int = Field(default=20, ge=4, le=1_000)
    """How many of the last calls a pattern and its repetitions are looked for in."""
    loop_min_repeats: int = Field(default=2, ge=2)
    """How many times a pattern makes a loop."""
    empty_threshold: int = Field(default=3, ge=1)
    """How many answers in a row make an agent mute."""
    empty_max_chars: int = Field(default=10, ge=0)
    """The most characters of an answer that says nothing."""
    error_window: int = Field(default=10, ge=1)
    """How many calls the share of failed ones is taken of."""
    error_rate_threshold: float = Field(default=0.5, gt=0, le=1)
    """The share of failed calls that is too much."""

    @model_validator(mode="after")
    def _can_find_something(self) -> NoAnomaly:
        if not self.anomalies:
            raise PydanticCustomError(
                "no_anomaly",
                "no_anomaly looks for nothing",
                {"expected": f"some of {', '.join(_ALL)}", "fix": "leave anomalies out: all four"},
            )
        if self.loop_window < 2 * self.loop_min_repeats:
            raise PydanticCustomError(
                "no_anomaly",
                "no loop fits into a loop_window of {window}",
                {
                    "window": self.loop_window,
                    "expected": "at least two calls for each of loop_min_repeats",
                    "fix": f"write loop_window: {2 * self.loop_min_repeats} or more",
                },
            )
        return self

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answers = self.answers(trial, context)
        if isinstance(answers, Outcome):
            return answers
        calls = calls_of(answers)
        seen = self._in_answers(answers)
        if not isinstance(calls, Outcome):
            seen += [*self._in_calls(answers), *self._in_outcomes(calls)]
        expected = f"no sign of {', '.join(self.anomalies)}"
        if seen:
            # the shortest first: three equal calls are stuck before they are half of a loop
            seen.sort(key=lambda anomaly: anomaly.number)
            reason = "; ".join(map(str, seen))
            return Outcome.of(False, reason, expected=expected)
        if (unclear := self._unclear(calls)) is not None:
            return unclear
        made = [] if isinstance(calls, Outcome) else calls
        return Outcome.of(True, told(made), expected=expected)

    def _in_answers(self, answers: Sequence[Response]) -> list[Anomaly]:
        if "empty_response" not in self.anomalies:
            return []
        replies = [answer.output for answer in answers if not _only_asks(answer)]
        found = anomalies.empty_response(replies, self.empty_threshold, self.empty_max_chars)
        return [found] if found else []

    def _in_calls(self, answers: Sequence[Response]) -> list[Anomaly]:
        """Return the first time that it was stuck, and the first loop."""
        runs = [list(answer.tool_calls) for answer in answers]
        if self.within == "conversation":
            runs = [[call for run in runs for call in run]]
        finders: dict[str, Callable[[Calls], Anomaly | None]] = {
            "stuck": lambda run: anomalies.stuck(run, self.stuck_threshold),
            "loop": lambda run: anomalies.loop(run, self.loop_window, self.loop_min_repeats),
        }
        wanted = [find for kind, find in finders.items() if kind in self.anomalies]
        return [one for find in wanted if (one := _first(find, runs)) is not None]

    def _in_outcomes(self, calls: Calls) -> list[Anomaly]:
        if "high_error_rate" not in self.anomalies:
            return []
        found = anomalies.high_error_rate(calls, self.error_window, self.error_rate_threshold)
        return [found] if found else []

    def _unclear(self, calls: Calls | Outcome) -> Outcome | None:
        """Return the error that nobody told what a sign would be seen in; None where all was."""
        if isinstance(calls, Outcome):
            return None if self.anomalies == ("empty_response",) else calls
        if "high_error_rate" not in self.anomalies or len(calls) < self.error_window:
            return None
        return untold(calls, calls)


def _first(find: Callable[[Calls], Anomaly | None], runs: Sequence[Calls]) -> Anomaly | None:
    """Return the first sign in any of these runs of calls, numbered through all of them."""
    before = 0
    for run in runs:
        if (one := find(run)) is not None:
            return replace(one, number=before + one.number)
        before += len(run)
    return None


def _only_asks(answer: Response) -> bool:
    """Return whether an answer asks for calls that nobody ran: it is no reply, and not empty."""
    return bool(answer.tool_calls) and untold(answer.tool_calls, answer.tool_calls) is not None
