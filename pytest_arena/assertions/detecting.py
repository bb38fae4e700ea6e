"""Detectors as assertions: nothing may be found in any answer of the trial."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from pytest_arena.errors import ArenaError
from pytest_arena.judging.detection import Detector, Look
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.schema.guardrail import Said


class DetectingAssertion(Detector, Assertion):
    """Hold when a detector finds nothing in any answer, in a conversation in none of its turns."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        said = Said(system_prompt(trial))
        try:
            looks = [self.look(response.output, said) for response in trial.responses]
        except ArenaError as error:
            return Outcome.error(str(error))
        return self.concluded(looks)

    def concluded(self, looks: Sequence[Look]) -> Outcome:
        """Return what the looks at all answers come to."""
        several = len(looks) > 1
        for turn, look in enumerate(looks, 1):
            if look.found:
                where = f" (in answer {turn})" if several else ""
                return Outcome.of(False, look.reason + where, expected=self.nothing)
        unknown = next((look for look in looks if look.found is None), None)
        if unknown is not None:
            return Outcome.error(unknown.reason)
        return Outcome.of(True, looks[-1].reason, expected=self.nothing)


def system_prompt(trial: Trial) -> str | None:
    """Return what the system said in a trial, or None."""
    texts = [
        message["content"]
        for message in trial.messages
        if message.get("role") == "system" and isinstance(message.get("content"), str)
    ]
    return "\n".join(texts) or None
