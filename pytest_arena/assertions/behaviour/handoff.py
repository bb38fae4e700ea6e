"""The assertion that one agent gave its work to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from pytest_arena.assertions.behaviour.handoffs import (
    Handoff,
    handoffs,
    means_agent,
    names_agents,
)
from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.assertions.tool_calls.base import ToolNames, told
from pytest_arena.errors import shorten
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.printable import printable

_MOST_TOLD = 6


class Handoffs(OfTurns):
    """Holds when one agent handed over to another.

        - type: handoff
          from: triage
          to: [billing, "refund*"]

    `to` names who took over, one after another; others may stand between. With `mode: exact` these
    handoffs and no others were made, with `any_order` each of them at some time. `from` is who
    gave to the first of `to`; without `to` it may be to anybody, and without both any handoff is
    meant, so that `not: true` wants none. In names `*` stands for any text, and `Billing Agent` is
    `billing_agent`.

    Handoffs are found in the trace of an answer, where its spans name agents by OpenTelemetry's
    `gen_ai.agent.name`: an agent that ran within another was handed to by that one, else by the one
    before it. Else they are found in the agents of its steps, and else in its tool calls. There a
    call hands over that is named for it (`transfer_to_billing`, `handoff_to_…`, `delegate_to_…`) or
    names an agent in its arguments (`transfer_to_agent`, `handoff`, `delegate_work_to_coworker`,
    `task` with `subagent_type`), and each call within which others were made, by their `parent`: an
    agent called as a tool. Where `tools` are given, their calls hand over, and nothing else. A
    handoff that failed is none.

    Error: when nobody tells which tools were called or which agents took part; when who gave is
    not told, and decides; and when a trace has more spans than are kept.
    """

    type: ClassVar[str] = "handoff"
    graded: ClassVar[bool] = True

    to: ToolNames = ()
    """Who took over, one or several in their order."""
    from_: str | None = Field(default=None, alias="from", min_length=1)
    """Who gave to the first of them."""
    mode: Literal["in_order", "exact", "any_order"] = "in_order"
    """How the handoffs must follow `to`."""
    tools: ToolNames = ()
    """The tools that hand over, instead of those known for it: what `*` stands for is the agent,
    as in `ask_*`; without it an argument names it, or the tool itself."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        return (*super().tool_names, *self.tools)

    def is_shown_by_a_part(self, *, held: bool) -> bool:
        # further handoffs take nothing away from those that were made
        return held and self.mode != "exact"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answers = self.answers(trial, context)
        if isinstance(answers, Outcome):
            return answers
        if (unclear := self._untold(answers)) is not None:
            return unclear
        made = [
            one
            for one in handoffs(trial.responses, self.tools)
            if any(trial.responses[one.answer] is answer for answer in answers)
        ]
        found, wanted = self._found(made, unknown=False), max(len(self.to), 1)
        holds = found == wanted and (self.mode != "exact" or len(made) == wanted)
        if not holds and self.from_ is not None and found < self._found(made, unknown=True):
            return Outcome.error(f"nobody told who handed over: {_told(made)}")
        most = max(wanted, len(made)) if self.mode == "exact" else wanted
        calls = [call for answer in answers for call in answer.tool_calls]
        reason = _told(made) if made else f"nobody handed over; {told(calls)}"
        return Outcome.of(holds, reason, score=found / most, expected=self._expected())

    def _untold(self, answers: Sequence[Response]) -> Outcome | None:
        """Return the error that nobody told who took part; None where somebody did."""
        told_by_name = [not self.tools and names_agents(answer) for answer in answers]
        told_by_calls = [answer.tells_tools for answer in answers]
        if not all(map(any, zip(told_by_name, told_by_calls, strict=True))):
            return Outcome.error("the provider does not tell which tools were called, nor by whom")
        left_out = sum(answer.trace.left_out for answer in answers if answer.trace is not None)
        if left_out:
            return Outcome.error(f"the trace is not whole: {left_out:,} spans were too many")
        return None

    def _found(self, made: Sequence[Handoff], *, unknown: bool) -> int:
        """Return how many of the wanted handoffs are there; `unknown` givers count as right."""

        def fits(number: int, one: Handoff) -> bool:
            taken = not self.to or means_agent(self.to[number], one.taker)
            if number > 0 or self.from_ is None:
                return taken
            given = unknown if one.giver is None else means_agent(self.from_, one.giver)
            return taken and given

        numbers = range(max(len(self.to), 1))
        if self.mode == "any_order":
            return sum(any(fits(number, one) for one in made) for number in numbers)
        if self.mode == "exact":
            return sum(fits(n, one) for n, one in zip(numbers, made, strict=False))
        left, found = iter(made), 0
        for number in numbers:
            if not any(fits(number, one) for one in left):
                break
            found += 1
        return found

    def _expected(self) -> str:
        path = " → ".join((self.from_ or "any agent", *(self.to or ("another",))))
        return f"exactly {path}" if self.mode == "exact" else path


def _told(made: Sequence[Handoff]) -> str:
    shown = [printable(shorten(str(one), 80)) for one in made[:_MOST_TOLD]]
    further = f" and {len(made) - _MOST_TOLD} more" if len(made) > _MOST_TOLD else ""
    return f"{', '.join(shown)}{further}"
