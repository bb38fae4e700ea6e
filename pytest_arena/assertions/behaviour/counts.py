"""How many turns a conversation took, and how many calls of a model an agent."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.messages import bounded, counting
from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.assertions.tool_calls.base import untold
from pytest_arena.assertions.within_bounds import WithinBounds
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, MoreText, Outcome


class TurnCount(WithinBounds):
    """Holds when a conversation took so many turns: messages of the user that were answered.

        - type: turn_count
          max: 4

    Of use where somebody else decides how long it takes, such as a simulated user. However many
    calls an agent makes for an answer, it is one turn.

    Error: in the assertions of a single turn.
    """

    type: ClassVar[str] = "turn_count"
    needs_answer: ClassVar[bool] = False
    graded: ClassVar[bool] = True
    more_text: ClassVar[MoreText] = "nothing"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        if context.turn is not None:
            return Outcome.error(
                "turn_count counts the turns of a conversation, and this is a single turn's\n"
                "  fix: write it under the case's own assertions:"
            )
        turns = len(trial.responses)
        return bounded(turns, counting("turn"), minimum=self.min, maximum=self.max)


class LlmTurns(OfTurns, WithinBounds):
    """Holds when an agent called its model so many times.

        - type: llm_turns
          max: 5

    An agent that we run has as many as its steps tell, a model that is asked has one for each
    answer.

    Error: when nobody tells: an application that returned no trace of its calls, answers from
    somewhere else, and an answer whose tools were run though it has no steps.
    """

    type: ClassVar[str] = "llm_turns"
    graded: ClassVar[bool] = True
    more_text: ClassVar[MoreText] = "nothing"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answers = self.answers(trial, context)
        if isinstance(answers, Outcome):
            return answers
        turns = [_model_calls(answer, is_model=context.is_model) for answer in answers]
        if None in turns:
            return Outcome.error("nobody tells how often the model was called")
        total = sum(turn for turn in turns if turn is not None)
        return bounded(total, counting("model call"), minimum=self.min, maximum=self.max)


def _model_calls(answer: Response, *, is_model: bool) -> int | None:
    """Return how often a model was called for an answer; None where nobody tells."""
    if answer.steps:
        return sum(step.kind == "model" for step in answer.steps)
    ran_tools = answer.tool_calls and untold(answer.tool_calls, answer.tool_calls) is None
    return 1 if is_model and not ran_tools else None
