"""The state that tools keep, as it stands after a turn."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.messages import shown_json
from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.assertions.value_checks import UNUSABLE, ChecksValue
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, MoreText, Outcome


class StateEquals(OfTurns, ChecksValue):
    """Holds when the tools left the state that is wanted.

        - type: state_equals
          path: orders."48213".status
          equals: refunded

    The state is what the [tools of an agent](agents.md) that we run keep, as it stands after the
    last turn, or after `turn`. `equals`, `contains`, `matches` and `schema` look at all of it, or
    at the part that `path` finds; `path` alone wants it to be there, and so do `matches` and a
    `schema` that says nothing of null.

    Error: when nobody told the state, when the path or the schema cannot be used, when a pattern
    needs more than a second.
    """

    type: ClassVar[str] = "state_equals"
    checked: ClassVar[str] = "the state"
    more_text: ClassVar[MoreText] = "nothing"

    equals: Any = Field(default=None, validation_alias=AliasChoices("equals", "value", "expected"))
    """The value itself; true is not 1."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answers = self.answers(trial, context)
        if isinstance(answers, Outcome):
            return answers
        state = answers[-1].state
        if state is None:
            return Outcome.error("nobody told the state that the tools left")
        try:
            problem = self.problem_of(state)
        except UNUSABLE as error:
            return Outcome.error(str(error))
        reason = problem or shown_json(state, 120)
        return Outcome.of(problem is None, reason, expected=self.wanted("state"))
