"""Where a workflow is, how often it was in each state, and what its states hand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.workflow_plans import (
    ARTIFACT,
    CONTEXT,
    OF_ARTIFACTS,
    TRANSITION,
    StatePlan,
    WorkflowPlan,
)
from pytest_arena.results.request_response import ToolCall
from pytest_arena.text.numbers import counted


@dataclass(frozen=True, slots=True)
class Left:
    """How a state was left: by which event, to which other, or why the workflow ends there."""

    event: str = ""
    next: str = ""
    note: str = ""
    """What is to be said of it beside."""
    stopped: str = ""
    """The limit that forbids to go on."""


class Visits:
    """The way of one dialogue through a workflow."""

    def __init__(self, plan: WorkflowPlan, clock: Callable[[], float]) -> None:
        self._plan = plan
        self._clock = clock
        self._began = clock()
        self._visits = Counter([plan.entry])
        self._calls = 0
        self.known = dict(plan.known)
        self.state: StatePlan = plan.states[plan.entry]

    def leave(self, calls: Iterable[ToolCall]) -> Left:
        """Take what the model called in a turn: keep what it hands on, and go to the next state
        where it asked for that. Of several events the last one counts."""
        done = [call for call in calls if call.error is None]
        self._calls += len(done)
        for call in done:
            if call.name == ARTIFACT:
                self._keep(str(call.arguments.get("name")), str(call.arguments.get("value")))
        asked = [call for call in done if call.name == TRANSITION]
        if not asked:
            return Left()
        event = str(asked[-1].arguments.get("event"))
        target = self.state.events.get(event)
        if target is None:
            return Left(event, stopped=f"state {self.state.name!r} has no event {event!r}")
        if spent := self._spent():
            return Left(event, stopped=spent)
        note = ""
        wanted = self._plan.states[target]
        if wanted.max_visits is not None and self._visits[target] >= wanted.max_visits:
            why = f"max_visits: state {target!r} was visited {counted(wanted.max_visits, 'time')}"
            if wanted.on_max_visits is None:
                return Left(event, stopped=why)
            target, note = wanted.on_max_visits, f"{why}, so that {wanted.on_max_visits!r} follows"
        self._visits[target] += 1
        self.known[CONTEXT] = str(asked[-1].arguments.get("context") or "")
        self.state = self._plan.states[target]
        return Left(event, target, note)

    def _keep(self, name: str, value: str) -> None:
        key = f"{OF_ARTIFACTS}{name}"
        if self.state.appends.get(name) and self.known.get(key):
            value = f"{self.known[key]}\n{value}"
        self.known[key] = value

    def _spent(self) -> str:
        """Return which limit of the workflow is reached; empty where none is."""
        budget = self._plan.budget
        if budget.max_total_visits is not None and self._visits.total() >= budget.max_total_visits:
            return f"max_total_visits: {counted(budget.max_total_visits, 'visit')} of states"
        if budget.max_tool_calls is not None and self._calls >= budget.max_tool_calls:
            return f"max_tool_calls: {counted(budget.max_tool_calls, 'call')} of tools"
        seconds = budget.max_wall_time_sec
        if seconds is not None and self._clock() - self._began >= seconds:
            return f"max_wall_time_sec: {seconds:g} s have passed"
        return ""
