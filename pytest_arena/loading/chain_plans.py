"""A prompt chain that is ready to run: its steps with their texts filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.agent_plans import AgentPlan
from pytest_arena.schema import ProviderSpec

INPUT = "{input}"


@dataclass(frozen=True, slots=True)
class FunctionPlan:
    """A function of the user's that a chain calls; `code` is the hash of what it does."""

    call: str
    root: Path
    folder: Path
    code: str
    timeout_s: float = 30.0

    def function(self) -> Callable[..., Any]:
        """Return the function; raises `UnresolvedError`."""
        from pytest_arena.loading.tool_functions import tool_function

        return tool_function(self.call, self.root, self.folder)


@dataclass(frozen=True, slots=True)
class ChainStepPlan:
    """One step of a chain: a function, or a model that is asked and may call tools."""

    name: str
    kind: Literal["text", "python", "agentic"]
    parts: tuple[str, ...] = ("",)
    """What the model is asked, or the objective: the parts between which stands what came before,
    so that an `{input}` in a variable's text stays what it is."""
    function: FunctionPlan | None = None
    agent: AgentPlan = field(default_factory=lambda: AgentPlan(""))
    """With which tools the model works, and how often it may be asked."""
    provider: ProviderSpec | None = None
    """Who is asked in place of the column's model."""

    @property
    def text(self) -> str:
        """What the model is asked, with `{input}` for what came before."""
        return INPUT.join(self.parts)

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what the step gives."""
        if self.function is not None:
            return {"python": self.function.call, "code": self.function.code}
        asked = {"model": self.provider.full_model} if self.provider is not None else {}
        return {self.kind: self.text, **asked, **self.agent.facts(variables)}


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """The chain that answers a case's turns on the model of a column."""

    name: str
    steps: tuple[ChainStepPlan, ...]
    breakers: tuple[FunctionPlan, ...] = ()
    full_history: bool = False
    store_steps: bool = True

    @property
    def has_servers(self) -> bool:
        """Whether a step may call tools of MCP servers."""
        return any(step.agent.servers for step in self.steps)

    @property
    def most_calls(self) -> int:
        """The most calls of a model in one turn."""
        return sum(step.agent.max_llm_turns for step in self.steps if step.function is None)

    def facts(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what the chain gives."""
        return {
            "steps": [step.facts(variables) for step in self.steps],
            "breakers": [[one.call, one.code] for one in self.breakers],
            "full_history": self.full_history,
        }
