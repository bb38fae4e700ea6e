"""The base of assertions that look at the answers of a whole conversation, or at one turn's."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from pytest_arena.errors import shorten
from pytest_arena.results.request_response import Response
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.text.numbers import counted


def one_or(*words: str) -> Any:
    """Return what makes a field's type a number that counts from 1, or one of these words."""

    def checked(value: object) -> object:
        if value in words or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        listed = ", ".join(words)
        raise PydanticCustomError(
            "one_or_word",
            "bad value {given}",
            {
                "given": shorten(repr(value), 60),
                "expected": f"a whole number from 1 on, or {listed}",
                "fix": f"write 1, or {words[0]}",
            },
        )

    schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"enum": list(words)}]}
    return PlainValidator(checked), WithJsonSchema(schema)


_TURN_CHECK, _TURN_SCHEMA = one_or("last")
Turn = Annotated[int | str, _TURN_CHECK, _TURN_SCHEMA]
"""A turn's number from 1 on, or `last`."""


class OfTurns(Assertion):
    """An assertion on all answers of a conversation, or on that of one turn."""

    turn: Turn | None = None
    """Look at this turn's answer alone, counted from 1, or `last`; without it, at those of the
    whole conversation. In a turn's own assertions it is always that turn."""

    def looked_at(self, trial: Trial) -> Sequence[Response]:
        if isinstance(self.turn, int):
            return trial.responses[self.turn - 1 : self.turn]
        return trial.responses[-1:] if self.turn == "last" else trial.responses

    def answers(self, trial: Trial, context: CheckContext) -> Sequence[Response] | Outcome:
        """Return the answers to look at; an `error` where there is no such turn."""
        if self.turn is not None and context.turn is not None:
            return Outcome.error("'turn' is for a case's assertions; a turn's own look at that one")
        came = len(trial.responses)
        if isinstance(self.turn, int) and self.turn > came:
            return Outcome.error(f"there is no turn {self.turn}: {counted(came, 'answer')} came")
        return self.looked_at(trial)
