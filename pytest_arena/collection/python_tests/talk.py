"""What one execution of a test asked and checked of one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_arena.assertions.trial_verdict import weighted_score
from pytest_arena.collection.python_tests.ending import Ending
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.plans import CasePlan
from pytest_arena.results.request_response import Message, Response
from pytest_arena.results.trial import Finding, GuardrailEvent, Trial
from pytest_arena.schema import ProviderSpec


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer, and what was said before it."""

    messages: tuple[Message, ...]
    response: Response
    asked: CasePlan | None = None
    """What was asked, where the fixture did."""

    def gave(self, text: str) -> bool:
        """Return whether a text is the answer, or a part of it that a test took out."""
        part = text.strip().casefold()
        return bool(part) and part in self.response.output.casefold()


class Talk:
    """The answers of a cell in one trial, in order, and what was found of each."""

    def __init__(self, column: ProviderSpec) -> None:
        self.column = column
        self.turns: list[Turn] = []
        self._findings: list[tuple[int, Finding]] = []
        self._events: list[GuardrailEvent] = []
        self._said: tuple[Message, ...] = ()
        self.raised: list[BaseException] = []
        """The failures of its own checks, whatever became of them."""
        self.unanswered: Ending | None = None
        """How the newest question came out, if it got no answer."""

    def hear(self, plan: CasePlan, asked: Trial) -> Turn | None:
        """Take what a provider was asked and answered; None where a guardrail kept it back."""
        place = len(self.turns)
        self._events += [replace(event, turn=place) for event in asked.guardrails]
        if not asked.responses:
            self._said = asked.messages
            return None
        return self.answered(asked.messages, asked.responses[0], plan)

    def answered(
        self, messages: Sequence[Message], response: Response, asked: CasePlan | None = None
    ) -> Turn:
        """Take an answer; one that is there already is the same turn."""
        for turn in self.turns:
            if turn.response is response:
                return turn
        self.turns.append(Turn(tuple(messages), response, asked))
        return self.turns[-1]

    def found(self, turn: Turn | None, findings: Sequence[Finding]) -> None:
        """Take what was found of an answer."""
        place = self.turns.index(turn) if turn is not None else len(self.turns)
        self._findings += [(place, finding) for finding in findings]

    @property
    def asked(self) -> CasePlan | None:
        """What was asked first; None where the fixture asked nothing, or nobody answered."""
        return next((turn.asked for turn in self.turns if turn.asked is not None), None)

    @property
    def size(self) -> int:
        """How many answers and findings it has."""
        return len(self.turns) + len(self._findings)

    @property
    def was_judged(self) -> bool:
        """Whether anything was found of it."""
        return bool(self._findings)

    def trial(self, ending: Ending, index: int) -> Trial:
        """Return the trial as it ended."""
        several = len(self.turns) > 1
        findings = [
            replace(finding, turn=place) if several else finding
            for place, finding in self._findings
        ]
        if ending.verdict == "passed" and any(f.verdict == "error" for f in findings):
            # the test went on, but nobody can expect what nobody could tell
            ending = Ending("error")
        elif ending.verdict == "passed" and self.unanswered is not None and not self.size:
            # the test caught it, and has nothing of this cell that could have passed
            ending = self.unanswered
        if ending.verdict == "passed":
            # the test expected it, as with pytest.raises
            findings = [replace(f, weight=0.0) if f.verdict == "failed" else f for f in findings]
        own = ending.finding_of_test(judged=any(f.weight > 0 for f in findings))
        every = (*findings, *own)
        return Trial(
            tuple(self._messages()),
            tuple(turn.response for turn in self.turns),
            verdict=ending.verdict,
            assertions=every,
            guardrails=tuple(self._events),
            error=ending.error,
            index=index,
            score=weighted_score(every),
        )

    def _messages(self) -> list[Message]:
        said: list[Message] = []
        for number, turn in enumerate(self.turns):
            if number:
                said.append(
                    {"role": "assistant", "content": self.turns[number - 1].response.output}
                )
            said += turn.messages
        return [*said, *self._said]
