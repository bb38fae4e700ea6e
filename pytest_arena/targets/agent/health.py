"""Whether an agent gets on, looked at after each of its calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from pytest_arena.assertions.behaviour.anomalies import anomalies_in
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import BY_HEALTH
from pytest_arena.results.request_response import ToolCall
from pytest_arena.schema import HealthSpec


@dataclass(slots=True)
class Health:
    """What one trial's agent has done so far, and the signs of trouble that were told of it."""

    spec: HealthSpec | None
    _turns: list[list[ToolCall]] = field(default_factory=list)
    _replies: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    @property
    def ends(self) -> bool:
        """Whether a sign ends what the agent does."""
        return self.spec is not None and self.spec.on_anomaly != "note"

    def begin_turn(self) -> None:
        self._turns.append([])

    def called(self, calls: Sequence[ToolCall]) -> list[str]:
        """Take calls that have ended; return the signs that came with them, the first one first."""
        self._turns[-1] += calls
        return self._new_signs()

    def replied(self, text: str) -> list[str]:
        """Take an answer; return the signs that came with it."""
        self._replies.append(text)
        return self._new_signs()

    def _new_signs(self) -> list[str]:
        if self.spec is None:
            return []
        found = anomalies_in(self.spec, self._turns, self._replies)
        new = [one for one in found if one.kind not in self._told]
        self._told.update(one.kind for one in new)
        return [f"{BY_HEALTH}{one}" for one in new]
