"""A workflow that is ready to run: its states with their texts, tools and ways on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.schema import Guardrail, ProviderSpec

if TYPE_CHECKING:
    from pytest_arena.schema.pack import WorkflowBudget

TRANSITION = "workflow__transition"
"""The tool by which a model leaves a state."""
ARTIFACT = "workflow__set_artifact"
"""The tool by which a model hands on a text."""
CONTEXT = "workflow_context"
"""The variable that holds what the state before wanted to be known."""
OF_ARTIFACTS = "artifacts."
_SLOT = re.compile("\0([^\0]*)\0")


def slot(name: str) -> str:
    """Return what stands in a text for a value that is known when the state is entered."""
    return f"\0{name}\0"


@dataclass(frozen=True, slots=True)
class StatePlan:
    """One state: what the model is told in it, what it may call, and where events lead."""

    name: str
    parts: tuple[str, ...]
    """Its system prompt: texts and, between them, the names of what is filled in on entering."""
    agent: AgentPlan
    events: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    guardrails: tuple[Guardrail, ...] = ()
    is_final: bool = False
    is_persistent: bool = False
    """Whether what was said before it is told to it."""
    max_visits: int | None = None
    on_max_visits: str | None = None
    appends: Mapping[str, bool] = field(default_factory=dict)
    """The artifacts that it may set, and whether a text is added to what is there."""
    cannot_run: str = ""
    """Why it is one that no arena can run."""

    @property
    def transitions(self) -> Iterator[tuple[str, str]]:
        """The ways to other states, each by its event."""
        return iter(self.events.items())

    def system(self, known: Mapping[str, str]) -> str:
        """Return its system prompt with what is known on entering it."""
        return "".join(
            part if place % 2 == 0 else known.get(part, "") for place, part in enumerate(self.parts)
        )

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what is said in it."""
        return {
            "system": self.parts,
            "events": dict(self.events),
            "params": dict(self.params),
            "final": self.is_final,
            "persistent": self.is_persistent,
            "visits": [self.max_visits, self.on_max_visits],
            "artifacts": dict(self.appends),
            **self.agent.facts(variables),
        }


@dataclass(frozen=True, slots=True)
class WorkflowPlan:
    """The workflow that answers a case's turns on the model of a column."""

    name: str
    entry: str
    states: Mapping[str, StatePlan]
    budget: WorkflowBudget
    known: Mapping[str, str] = field(default_factory=dict)
    """What is filled in on entering a state before anything is handed on."""

    @property
    def most_calls(self) -> int:
        """The most calls of the model in one turn."""
        return max(state.agent.max_llm_turns for state in self.states.values())

    @property
    def has_servers(self) -> bool:
        """Whether a state may call tools of MCP servers."""
        return any(state.agent.servers for state in self.states.values())

    @property
    def providers(self) -> Iterator[ProviderSpec]:
        """Who is asked in place of the column's model: nobody."""
        return iter(())

    @property
    def guardrails(self) -> Iterator[Guardrail]:
        """The guardrails of all states."""
        return (rule for state in self.states.values() for rule in state.guardrails)

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what the workflow does."""
        return {
            "entry": self.entry,
            "states": {name: state.facts(variables) for name, state in self.states.items()},
            "budget": self.budget.model_dump(exclude_none=True),
            "known": dict(self.known),
        }


def parts_of(text: str) -> tuple[str, ...]:
    """Return a text with slots as texts and, between them, the slots' names."""
    return tuple(_SLOT.split(text))
