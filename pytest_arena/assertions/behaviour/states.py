"""Assertions on the way that a workflow, or a chain of tasks, took from state to state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from pydantic import AliasChoices, Field

from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.results.step import Step
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, MoreText, Outcome
from pytest_arena.schema.base import SomeTexts


class _OfStates(OfTurns):
    """An assertion on the visits of states that the answers tell of."""

    needs_answer: ClassVar[bool] = False
    more_text: ClassVar[MoreText] = "nothing"

    def visits(self, trial: Trial, context: CheckContext) -> list[Step] | Outcome:
        """Return the visits of states, in their order; an `error` where nobody tells of any."""
        answers = self.answers(trial, context)
        if isinstance(answers, Outcome):
            return answers
        found = [step for answer in answers for step in answer.steps if step.kind == "state"]
        return found or Outcome.error("the answer tells of no states: no workflow gave it")


class StateIs(_OfStates):
    """Holds when the workflow is in this state at the end.

        - type: state_is
          state: closed

    In the assertions of a turn it is the state after that turn.

    Error: when the answer is no workflow's.
    """

    type: ClassVar[str] = "state_is"

    state: str = Field(min_length=1, validation_alias=AliasChoices("state", "value"))
    """The state."""

    @property
    def named_states(self) -> tuple[str, ...]:
        return (self.state, *super().named_states)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        visits = self.visits(trial, context)
        if isinstance(visits, Outcome):
            return visits
        now = visits[-1].next or visits[-1].name
        return Outcome.of(
            now == self.state, f"the state is {now!r}", expected=f"the state {self.state!r}"
        )


class TransitionedTo(_OfStates):
    """Holds when the workflow went on to this state, at any time.

        - type: transitioned_to
          state: specialist

    Error: when the answer is no workflow's.
    """

    type: ClassVar[str] = "transitioned_to"

    state: str = Field(min_length=1, validation_alias=AliasChoices("state", "value"))
    """The state."""

    @property
    def named_states(self) -> tuple[str, ...]:
        return (self.state, *super().named_states)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        visits = self.visits(trial, context)
        if isinstance(visits, Outcome):
            return visits
        came = [step.next for step in visits if step.next]
        told = f"it went on to {_listed(came)}" if came else "it went on to no other state"
        return Outcome.of(self.state in came, told, expected=f"a transition to {self.state!r}")


class WorkflowComplete(_OfStates):
    """Holds when the workflow has come to an end: to a state that is `terminal`.

        - type: workflow_complete

    Error: when the answer is no workflow's.
    """

    type: ClassVar[str] = "workflow_complete"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        visits = self.visits(trial, context)
        if isinstance(visits, Outcome):
            return visits
        last = visits[-1]
        now = last.next or last.name
        told = f"it ended in {now!r}" if last.final else f"it has not ended: the state is {now!r}"
        return Outcome.of(last.final, told, expected="a state at which the workflow ends")


class WorkflowPath(_OfStates):
    """Holds when the workflow took this way through its states.

        - type: workflow_path
          path: [intake, specialist, closed]

    The way begins with the first state; one that answers several turns is told once, unless it was
    left and entered again. `match: prefix` lets more states follow, `match: in_order` lets others
    stand between.

    Error: when the answer is no workflow's.
    """

    type: ClassVar[str] = "workflow_path"

    path: SomeTexts = Field(validation_alias=AliasChoices("path", "states", "value"))
    """The states, in their order."""
    match: Literal["exact", "prefix", "in_order"] = "exact"
    """Whether other states may follow, or stand between."""

    @property
    def named_states(self) -> tuple[str, ...]:
        return (*self.path, *super().named_states)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        visits = self.visits(trial, context)
        if isinstance(visits, Outcome):
            return visits
        way = _way(visits)
        wanted = list(self.path)
        if self.match == "in_order":
            holds = _stand_in_order(wanted, way)
        else:
            holds = (way[: len(wanted)] if self.match == "prefix" else way) == wanted
        return Outcome.of(holds, f"it went {' → '.join(way)}", expected=" → ".join(wanted))


class TransitionOrder(_OfStates):
    """Holds when the workflow went on to these states in this order; others may stand between.

        - type: transition_order
          states: [specialist, closed]

    The state that it begins in was not gone on to.

    Error: when the answer is no workflow's.
    """

    type: ClassVar[str] = "transition_order"
    aliases: ClassVar[tuple[str, ...]] = ("workflow_transition_order",)

    states: SomeTexts = Field(
        validation_alias=AliasChoices("states", "order", "transitions", "value")
    )
    """The states, in their order."""

    @property
    def named_states(self) -> tuple[str, ...]:
        return (*self.states, *super().named_states)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        visits = self.visits(trial, context)
        if isinstance(visits, Outcome):
            return visits
        came = [step.next for step in visits if step.next]
        told = f"it went on to {_listed(came)}" if came else "it went on to no other state"
        holds = _stand_in_order(self.states, came)
        return Outcome.of(holds, told, expected=f"{_listed(self.states)}, in this order")


def _way(visits: Iterable[Step]) -> list[str]:
    """Return the states that were entered, in their order."""
    way: list[str] = []
    for step in visits:
        if not way or way[-1] != step.name:
            way.append(step.name)
        if step.next:
            way.append(step.next)
    return way


def _stand_in_order(wanted: Sequence[str], found: Sequence[str]) -> bool:
    left = iter(found)
    return all(name in left for name in wanted)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
